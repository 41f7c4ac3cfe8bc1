import { z } from 'zod'
import { wholeNumber } from './setting-kinds.ts'

const GIB = 1024 ** 3

/** How images are read for what they hold. */
export const scanningSettings = z
  .strictObject({
    enabled: z.union([z.boolean(), z.stringbool()]).default(true),
    /** Images that are read at once, each in a process of its own. */
    workers: wholeNumber(1, 64).default(1),
    /** Of such a process. */
    memoryMiB: wholeNumber(128, 65_536).default(512),
    /** For one image. */
    seconds: wholeNumber(1, 86_400).default(900),
    /** Of all layers of one image. */
    unpackedBytes: wholeNumber(1, Number.MAX_SAFE_INTEGER).default(64 * GIB),
    /** In which formats what an image holds is attached to it. */
    attachSbom: z.enum(['none', 'cyclonedx', 'spdx', 'both']).default('none'),
  })
  .prefault({})
