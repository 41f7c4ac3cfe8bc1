import type { Clock } from '../../../platform/clock/index.ts'
import type { LineFile } from '../../../stores/line-files/index.ts'
import { fileSink } from './file-sink.ts'
import type { Emitter } from './formats/emitter.ts'
import { httpsSink } from './https-sink.ts'
import { otlpSink } from './otlp-sink.ts'
import type { Outbound } from './outbound.ts'
import type { FileSettings, SinkSettings } from './settings.ts'
import type { AuditSink } from './sink.ts'
import { splunkSink } from './splunk-sink.ts'
import { syslogSink } from './syslog-sink.ts'

export interface SinkParts {
  readonly outbound: Outbound
  readonly emitter: Emitter
  readonly clock: Clock
  /** Opens nothing before the first line. */
  readonly openFile: (settings: Pick<FileSettings, 'path' | 'maxBytes' | 'keep'>) => LineFile
}

export function createSink(settings: SinkSettings, { outbound, emitter, clock, openFile }: SinkParts): AuditSink {
  switch (settings.type) {
    case 'syslog':
      return syslogSink(settings, outbound, emitter)
    case 'splunk':
      return splunkSink(settings, outbound, emitter)
    case 'otlp':
      return otlpSink(settings, outbound, emitter, clock)
    case 'https':
      return httpsSink(settings, outbound, emitter, clock)
    case 'file':
      return fileSink(settings, openFile(settings), emitter)
  }
}
