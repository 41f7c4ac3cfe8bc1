import type { TlsFiles } from './outbound.ts'

/** A secret that nothing prints by mistake. */
export interface SecretText {
  reveal(): string
}

/** How a record is written as one line. */
export type TextFormat = 'json' | 'cef' | 'ocsf'

export interface SyslogSettings {
  readonly type: 'syslog'
  readonly name: string
  readonly host: string
  readonly port: number
  /** TCP without TLS when absent. */
  readonly tls?: TlsFiles & { readonly serverName?: string }
  readonly format: TextFormat
  /** Whether the receiver closes the connection when it has read all. */
  readonly confirmed: boolean
  readonly enterpriseNumber: number
  readonly maxBytes: number
}

export interface SplunkSettings {
  readonly type: 'splunk'
  readonly name: string
  /** Such as https://splunk.example:8088. */
  readonly url: string
  readonly token: SecretText
  readonly source: string
  readonly sourcetype: string
  readonly index?: string
  /** Waits until the events are indexed; the token must have it switched on. */
  readonly acknowledged: boolean
  readonly tls?: TlsFiles
}

export interface OtlpSettings {
  readonly type: 'otlp'
  readonly name: string
  /** The whole address, such as https://collector.example:4318/v1/logs. */
  readonly url: string
  readonly headers: Readonly<Record<string, SecretText>>
  readonly tls?: TlsFiles
}

export interface HttpsSettings {
  readonly type: 'https'
  readonly name: string
  readonly url: string
  /** What requests are signed with. */
  readonly secret: SecretText
  readonly format: 'json' | 'ocsf'
  readonly headers: Readonly<Record<string, SecretText>>
  readonly tls?: TlsFiles
}

export interface FileSettings {
  readonly type: 'file'
  readonly name: string
  readonly path: string
  readonly format: TextFormat
  /** Then the next file is begun. */
  readonly maxBytes: number
  /** How many full ones are kept. */
  readonly keep: number
}

export type SinkSettings = SyslogSettings | SplunkSettings | OtlpSettings | HttpsSettings | FileSettings
