import { z } from 'zod'
import { Secret } from '../../platform/secrets/index.ts'
import { BlobsAddressError, parseBlobsAddress } from '../../stores/blobs/index.ts'
import { advisorySettings } from './advisory-settings.ts'
import { auditSettings } from './audit-settings.ts'
import { identitySettings } from './identity-settings.ts'
import { rateSettings } from './limits-settings.ts'
import { networkSettings, servesSetting } from './network-settings.ts'
import { outboundSettings } from './outbound-settings.ts'
import { scanningSettings } from './scanning-settings.ts'
import { listOf, number, ranges, wholeNumber } from './setting-kinds.ts'

const address = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^:[\]]+):\d{1,5}$/, 'expected host:port, such as 127.0.0.1:5000 or [::]:5000')
  .refine(value => Number(value.slice(value.lastIndexOf(':') + 1)) <= 65_535, 'a port is at most 65535')
const listener = z.union([
  address.transform(value => ({ address: value, tls: undefined, serves: undefined })),
  z.strictObject({
    address,
    tls: z.strictObject({ certificate: z.string().min(1), key: z.string().min(1) }).optional(),
    serves: servesSetting,
  }),
])
/** What a timer takes: 2^31 - 1 milliseconds. */
const pause = number(z.number().min(0).max(2_147_483))
const age = number(
  z
    .number()
    .min(0)
    .max(100 * 366 * 24 * 3600),
)
const bytes = wholeNumber(1, Number.MAX_SAFE_INTEGER)
/** Not printed with the rest of the settings. */
const secret = (schema: z.ZodType<string>) => schema.transform(value => new Secret(value))

function checkBlobsAddress(address: string, context: z.RefinementCtx): void {
  try {
    parseBlobsAddress(address)
  } catch (error) {
    if (!(error instanceof BlobsAddressError)) throw error
    context.addIssue({ code: 'custom', message: error.message })
  }
}

/** A section whose `url` may stand for the whole of it. */
const orUrl = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.preprocess(
    value => (typeof value === 'string' ? { url: value } : value),
    z.strictObject(shape).prefault({} as never),
  )

/**
 * Every setting, its default and what it takes. The path of a setting is its name in berth.yaml; its environment
 * variable is BERTH_ and the path in capitals (`limits.manifestBytes`: BERTH_LIMITS_MANIFEST_BYTES).
 */
export const configSchema = z.strictObject({
  listen: z
    .preprocess(value => (typeof value === 'object' && !Array.isArray(value) ? [value] : value), listOf(listener, 1))
    .default([{ address: '127.0.0.1:5000', tls: undefined, serves: undefined }]),
  data: z.string().min(1).default('./data'),
  database: orUrl({
    url: z
      .string()
      .regex(/^postgres(ql)?:\/\/./, 'expected postgres://user:password@host:5432/database')
      .optional(),
    maxConnections: wholeNumber(1, 1000).default(10),
    connectTimeoutSeconds: pause.default(10),
    statementTimeoutSeconds: pause.default(60),
  }),
  blobs: orUrl({
    url: z.string().superRefine(checkBlobsAddress).optional(),
    /** Clients in these networks fetch blobs from the object storage itself. */
    redirect: ranges.default([]),
    redirectSeconds: wholeNumber(1, 604_800).default(600),
    cacheBytes: wholeNumber(0, Number.MAX_SAFE_INTEGER).default(10 * 1024 ** 3),
    claimSeconds: pause.default(30),
  }),
  auth: z
    .enum(['required', 'none'], {
      error: 'expected "required", or "none" (no authentication; on loopback addresses only)',
    })
    .default('required'),
  admin: z
    .strictObject({
      /** Of the administrator that the first start makes. */
      password: secret(z.string().min(12, 'expected 12 characters at least')).optional(),
    })
    .prefault({}),
  secrets: z
    .strictObject({
      /** Seals keys and passwords of other systems; the same for all replicas. */
      key: secret(
        z.string().refine(value => Buffer.from(value, 'base64').length === 32, 'expected 32 random bytes in Base64'),
      ).optional(),
      keyFile: z.string().min(1).optional(),
    })
    .prefault({}),
  tokens: z
    .strictObject({
      lifetimeSeconds: wholeNumber(60, 3600).default(300),
      refreshDays: wholeNumber(1, 365).default(30),
      longestDays: wholeNumber(1, 3660).default(365),
    })
    .prefault({}),
  processes: wholeNumber(1, 256).default(1),
  limits: z
    .strictObject({
      manifestBytes: bytes.default(4 * 1024 * 1024),
      blobBytes: bytes.default(1024 ** 4),
      nameLength: wholeNumber(1, 255).default(255),
      pageSize: wholeNumber(1, 10_000).default(10_000),
    })
    .prefault({}),
  network: networkSettings,
  rates: rateSettings,
  outbound: outboundSettings,
  identity: identitySettings,
  audit: auditSettings,
  advisories: advisorySettings,
  scanning: scanningSettings,
  manifests: z.strictObject({ sparse: z.enum(['refuse', 'allow']).default('refuse') }).prefault({}),
  http: z
    .strictObject({
      /** How clients reach this registry; by each request's own words when absent. */
      publicUrl: z
        .string()
        .regex(/^https?:\/\/[^/?#@\s]+$/, 'expected a scheme and a host, such as https://registry.example.com')
        .optional(),
      idleTimeoutSeconds: wholeNumber(1, 255).default(120),
      trustedProxies: ranges.default([]),
      certificateCheckSeconds: pause.default(10),
    })
    .prefault({}),
  gc: z
    .strictObject({
      intervalSeconds: pause.default(600),
      graceSeconds: age.default(24 * 3600),
      uploadSeconds: age.default(24 * 3600),
      removalDelaySeconds: pause.default(5),
      untagged: z.enum(['keep', 'delete']).default('keep'),
    })
    .prefault({}),
  /** How often what is used is written down, and for how long. */
  usage: z
    .strictObject({
      sampleSeconds: wholeNumber(1, 86_400).default(3600),
      historyDays: wholeNumber(1, 3660).default(400),
    })
    .prefault({}),
  retention: z.strictObject({ recordPullsSeconds: pause.default(15) }).prefault({}),
  /** How long what is deleted can be restored; 0: not at all. */
  history: z
    .strictObject({
      days: number(z.number().min(1).max(3660)).default(365),
      changesPerTag: wholeNumber(1, 10_000).default(200),
    })
    .prefault({}),
  trash: z.strictObject({ days: number(z.number().min(0).max(3660)).default(7) }).prefault({}),
  shutdown: z.strictObject({ drainSeconds: pause.default(0), timeoutSeconds: pause.default(30) }).prefault({}),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
      requests: z.enum(['all', 'changes', 'none']).default('changes'),
    })
    .prefault({}),
})

export type Config = Readonly<z.output<typeof configSchema>>
