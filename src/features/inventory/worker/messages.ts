import { z } from 'zod'
import { type Digest, isDigest } from '../../../oci/index.ts'
import type { ImageLayer } from '../image-layers.ts'
import type { InventoryLimits } from '../limits.ts'

/** The image that a worker is to read, as JSON in its own frame. */
export interface ImageRequest {
  readonly layers: readonly ImageLayer[]
  readonly limits: InventoryLimits
}

const digest = z.string().refine((text): text is Digest => isDigest(text))
const source = z.object({ name: z.string(), version: z.string() })
const placed = z.object({
  ecosystem: z.string(),
  name: z.string(),
  version: z.string(),
  source: source.optional(),
  purl: z.string(),
  licences: z.array(z.string()),
  isDeclared: z.literal(true).optional(),
  path: z.string(),
  layer: digest,
})

/** A line that a worker writes. What it says is checked: it reads what strangers made. */
export const FROM_WORKER = z.union([
  z.object({ kind: z.literal('open'), digest }),
  z.object({
    kind: z.literal('progress'),
    progress: z.object({ layer: z.number(), layers: z.number(), unpackedBytes: z.number(), entries: z.number() }),
  }),
  z.object({ kind: z.literal('package'), package: placed }),
  z.object({ kind: z.literal('problem'), problem: z.object({ path: z.string(), reason: z.string() }) }),
  z.object({
    kind: z.literal('done'),
    distribution: z.object({ id: z.string(), version: z.string(), name: z.string().optional() }).optional(),
  }),
  z.object({ kind: z.literal('refused'), reason: z.string() }),
])

export type FromWorker = z.infer<typeof FROM_WORKER>
