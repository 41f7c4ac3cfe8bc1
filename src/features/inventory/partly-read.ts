import type { FoundPackage } from './package.ts'

/** A file of which some was read: what was found counts, and the message says what is missing. */
export class PartlyRead extends Error {
  readonly packages: readonly FoundPackage[]

  constructor(message: string, packages: readonly FoundPackage[]) {
    super(message)
    this.name = 'PartlyRead'
    this.packages = packages
  }
}
