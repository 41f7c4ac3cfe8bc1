import { createHmac } from 'node:crypto'
import type { Clock } from '../../../platform/clock/index.ts'
import type { Emitter } from './formats/emitter.ts'
import type { Outbound } from './outbound.ts'
import { revealed } from './revealed.ts'
import type { HttpsSettings } from './settings.ts'
import { ALL_TAKEN, type AuditSink } from './sink.ts'
import { textOf } from './syslog-sink.ts'
import { post } from './transports/post.ts'

const BATCH = 500

/** A POST of JSON, signed: whoever knows the secret can tell that it is ours, whole and not an old one again. */
export function httpsSink(settings: HttpsSettings, outbound: Outbound, emitter: Emitter, clock: Clock): AuditSink {
  const { name, url, secret, format, headers, tls } = settings
  const text = textOf(format, emitter)
  return {
    name,
    batch: BATCH,
    async send(records, signal) {
      const body = `{"records":[${records.map(record => text(record)).join(',')}]}`
      const signed = {
        ...revealed(headers),
        'Content-Type': 'application/json',
        'Berth-Signature': signatureOf(secret.reveal(), Math.floor(clock() / 1000), body),
      }
      await post(outbound, { url, headers: signed, body, signal, ...(tls ? { tls } : {}) })
      return ALL_TAKEN
    },
  }
}

/** `t=<seconds>,v1=<hex>`: HMAC-SHA256 of the seconds, a full stop and the body. */
export function signatureOf(secret: string, seconds: number, body: string): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`
}
