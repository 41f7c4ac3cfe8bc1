import type { InventoryLimits } from '../limits.ts'
import { Refused } from '../refused.ts'

/** What reading an image has taken so far, held against its limits. Each method throws Refused once one is passed. */
export class Budget {
  readonly limits: InventoryLimits
  unpackedBytes = 0
  entries = 0
  #filesBytes = 0
  #linkBytes = 0
  #packages = 0

  constructor(limits: InventoryLimits) {
    this.limits = limits
  }

  unpack(bytes: number): void {
    this.unpackedBytes += bytes
    this.#check('unpackedBytes', this.unpackedBytes, 'unpacked bytes')
  }

  /** Of one layer so far. */
  ratio(unpacked: number, compressed: number): void {
    const { ratio, ratioFromBytes } = this.limits
    if (unpacked > ratioFromBytes && unpacked > compressed * ratio)
      throw new Refused(
        `A layer unpacks to more than ${ratio} times its size (${unpacked} bytes from ${compressed}): it may be made to fill disks.`,
      )
  }

  entry(): void {
    this.#check('entries', ++this.entries, 'files and folders')
  }

  file(bytes: number): void {
    this.#filesBytes += bytes
    this.#check('filesBytes', this.#filesBytes, 'bytes of files to look for packages in')
  }

  link(bytes: number): void {
    this.#linkBytes += bytes
    this.#check('linkBytes', this.#linkBytes, 'bytes of links')
  }

  packages(count: number): void {
    this.#packages += count
    this.#check('packages', this.#packages, 'packages')
  }

  #check(limit: keyof InventoryLimits, value: number, what: string): void {
    if (value > this.limits[limit]) throw new Refused(`The image has more than ${this.limits[limit]} ${what}.`)
  }
}
