import { z } from 'zod'

const address = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^:[\]]+):\d{1,5}$/, 'expected host:port, such as 127.0.0.1:5000 or [::]:5000')
const listener = z.union([
  address.transform(value => ({ address: value, tls: undefined })),
  z.strictObject({
    address,
    tls: z.strictObject({ certificate: z.string().min(1), key: z.string().min(1) }).optional(),
  }),
])
const seconds = z.coerce.number().nonnegative()
const bytes = z.coerce.number().int().positive()
const list = <Item extends z.ZodType>(item: Item) =>
  z.preprocess(
    value =>
      typeof value === 'string'
        ? value
            .split(',')
            .map(part => part.trim())
            .filter(Boolean)
        : value,
    z.array(item),
  )

/**
 * Every setting, its default and what it takes. The path of a setting is its name in berth.yaml; its environment
 * variable is BERTH_ and the path in capitals (`limits.manifestBytes`: BERTH_LIMITS_MANIFEST_BYTES).
 */
export const configSchema = z.strictObject({
  listen: z
    .preprocess(value => (typeof value === 'object' && !Array.isArray(value) ? [value] : value), list(listener))
    .default([{ address: '127.0.0.1:5000', tls: undefined }]),
  data: z.string().min(1).default('./data'),
  auth: z.enum(['none'], { error: 'expected "none" (no authentication; on loopback addresses only)' }).optional(),
  processes: z.coerce.number().int().min(1).max(256).default(1),
  limits: z
    .strictObject({
      manifestBytes: bytes.default(4 * 1024 * 1024),
      blobBytes: bytes.default(1024 ** 4),
      nameLength: z.coerce.number().int().min(1).max(255).default(255),
      pageSize: z.coerce.number().int().min(1).max(10_000).default(10_000),
    })
    .prefault({}),
  manifests: z.strictObject({ sparse: z.enum(['refuse', 'allow']).default('refuse') }).prefault({}),
  http: z
    .strictObject({
      idleTimeoutSeconds: z.coerce.number().int().min(1).max(255).default(120),
      trustedProxies: list(z.string()).default([]),
      certificateCheckSeconds: seconds.default(10),
    })
    .prefault({}),
  gc: z
    .strictObject({
      intervalSeconds: seconds.default(600),
      graceSeconds: seconds.default(24 * 3600),
      uploadSeconds: seconds.default(24 * 3600),
      removalDelaySeconds: seconds.default(5),
      untagged: z.enum(['keep', 'delete']).default('keep'),
    })
    .prefault({}),
  shutdown: z.strictObject({ drainSeconds: seconds.default(0), timeoutSeconds: seconds.default(30) }).prefault({}),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
      requests: z.enum(['all', 'changes', 'none']).default('changes'),
    })
    .prefault({}),
})

export type Config = Readonly<z.output<typeof configSchema>>
