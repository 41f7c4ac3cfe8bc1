import type { LineFile } from '../../../stores/line-files/index.ts'
import type { Emitter } from './formats/emitter.ts'
import type { FileSettings } from './settings.ts'
import { ALL_TAKEN, type AuditSink } from './sink.ts'
import { textOf } from './syslog-sink.ts'

const BATCH = 1000

/** Lines in a file, for a collector that reads along. */
export function fileSink({ name, format }: FileSettings, file: LineFile, emitter: Emitter): AuditSink {
  const text = textOf(format, emitter)
  return {
    name,
    batch: BATCH,
    async send(records) {
      await file.append(records.map(record => text(record)))
      return ALL_TAKEN
    },
  }
}
