import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { Secret } from '../../platform/secrets/index.ts'

/** `'value'`, `{ file: path }` (without its last line end) or `{ env: NAME }`. */
const secret = z
  .union([z.string().min(1), z.strictObject({ file: z.string().min(1) }), z.strictObject({ env: z.string().min(1) })])
  .transform((given, context) => {
    if (typeof given === 'string') return new Secret(given)
    const text = 'file' in given ? readText(given.file, context).replace(/\r?\n$/, '') : process.env[given.env]
    if (text) return new Secret(text)
    context.addIssue({ code: 'custom', message: `there is nothing in ${'file' in given ? given.file : given.env}` })
    return z.NEVER
  })

/** PEM, or the path of a file of it. */
const pem = z
  .string()
  .min(1)
  .transform((given, context) => (given.includes('-----BEGIN') ? given : readText(given, context)))

function readText(path: string, context: z.RefinementCtx): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    context.addIssue({ code: 'custom', message: `cannot be read: ${error instanceof Error ? error.message : error}` })
    return ''
  }
}

/** Trust in a CA of one's own, and a certificate to be known by. */
const tls = z
  .strictObject({ ca: pem.optional(), certificate: pem.optional(), key: pem.optional() })
  .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), 'a certificate needs its key')
  .transform(({ ca, certificate, key }) => ({
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
  }))
const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected lower-case letters, digits and hyphens')
const url = z.url({ protocol: /^https?$/, error: 'expected a URL, such as https://siem.example/audit' })
const headers = z.record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/), secret).default({})
const textFormat = z.enum(['json', 'cef', 'ocsf']).default('json')

const syslog = z
  .strictObject({
    name,
    type: z.literal('syslog'),
    host: z.string().min(1),
    port: z.number().int().min(1).max(65_535),
    transport: z.enum(['tls', 'tcp']).default('tls'),
    tls: tls.optional(),
    serverName: z.string().optional(),
    format: textFormat,
    confirmed: z.boolean().default(true),
    enterpriseNumber: z.number().int().min(1).default(32_473),
    maxBytes: z.number().int().min(2048).max(1_048_576).default(8192),
  })
  .transform(({ transport, tls: files, serverName, ...rest }) => ({
    ...rest,
    ...(transport === 'tcp' ? {} : { tls: { ...files, ...(serverName === undefined ? {} : { serverName }) } }),
  }))
const splunk = z.strictObject({
  name,
  type: z.literal('splunk'),
  url,
  token: secret,
  source: z.string().min(1).default('berth'),
  sourcetype: z.string().min(1).default('berth:audit'),
  index: z.string().min(1).optional(),
  acknowledged: z.boolean().default(false),
  tls: tls.optional(),
})
const otlp = z.strictObject({ name, type: z.literal('otlp'), url, headers, tls: tls.optional() })
const https = z.strictObject({
  name,
  type: z.literal('https'),
  url,
  secret,
  format: z.enum(['json', 'ocsf']).default('json'),
  headers,
  tls: tls.optional(),
})
const file = z.strictObject({
  name,
  type: z.literal('file'),
  path: z.string().min(1),
  format: textFormat,
  maxBytes: z
    .number()
    .int()
    .min(1024)
    .default(100 * 1024 * 1024),
  keep: z.number().int().min(0).max(1000).default(10),
})

const sink = z.discriminatedUnion('type', [syslog, splunk, otlp, https, file])

/** The settings of the audit log, to be put under `audit`. */
export const auditSettings = z
  .strictObject({
    /** manifests: a pull is recorded when its manifest is read; none: pulls are not. */
    pulls: z.enum(['manifests', 'none']).default('manifests'),
    retentionDays: z.number().min(1).max(36_600).default(400),
    /** So much longer than that, records wait for a sink that does not have them. */
    undeliveredDays: z.number().min(0).max(36_600).default(30),
    checkpointMinutes: z.number().min(0.1).max(10_080).default(60),
    checkpointRecords: z.number().int().min(10).max(10_000_000).default(10_000),
    sinks: z
      .array(sink)
      .default([])
      .refine(sinks => new Set(sinks.map(each => each.name)).size === sinks.length, 'two sinks have one name'),
  })
  .prefault({})

export type AuditSettings = Readonly<z.output<typeof auditSettings>>
