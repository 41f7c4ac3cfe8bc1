/** How much of an image is read before it is refused. */
export interface InventoryLimits {
  /** Of all layers together, after decompression. */
  readonly unpackedBytes: number
  /** Bytes that one compressed byte may become; asked only of layers that become more than `ratioFromBytes`. */
  readonly ratio: number
  readonly ratioFromBytes: number
  /** Files, folders and links of all layers together. */
  readonly entries: number
  readonly pathBytes: number
  /** Folders inside each other. */
  readonly pathDepth: number
  /** Of one file that packages are looked for in. */
  readonly fileBytes: number
  /** Of all such files together. */
  readonly filesBytes: number
  /** Names and targets of all symbolic links together: they are held in memory. */
  readonly linkBytes: number
  readonly packages: number
  readonly timeMs: number
}

const MEBIBYTE = 1024 ** 2

export const DEFAULT_INVENTORY_LIMITS: InventoryLimits = {
  unpackedBytes: 64 * 1024 * MEBIBYTE,
  ratio: 250,
  ratioFromBytes: 512 * MEBIBYTE,
  entries: 2_000_000,
  pathBytes: 4096,
  pathDepth: 256,
  fileBytes: 256 * MEBIBYTE,
  filesBytes: 4096 * MEBIBYTE,
  linkBytes: 64 * MEBIBYTE,
  packages: 200_000,
  timeMs: 15 * 60_000,
}
