import { isCopyright, licencesIn, parseRelease, RELEASE_PATHS, SYSTEM_READERS } from '../distributions/index.ts'
import type { FileReader, LayerFile } from '../file-reader.ts'
import { PartlyRead } from '../partly-read.ts'
import type { Budget } from './budget.ts'
import type { Contents } from './found-file.ts'
import { shown } from './paths.ts'

const RELEASES: ReadonlySet<string> = new Set(RELEASE_PATHS)

/** Who wants to see a file. */
export interface Interest {
  readonly isRelease: boolean
  readonly isCopyright: boolean
  readonly system: typeof SYSTEM_READERS
  readonly files: readonly FileReader[]
}

/** Asks everybody who finds packages. */
export class Readers {
  readonly #files: readonly FileReader[]

  constructor(files: readonly FileReader[]) {
    this.#files = files
  }

  /** Undefined when nobody wants it. */
  interestIn(file: LayerFile): Interest | undefined {
    const interest: Interest = {
      isRelease: RELEASES.has(file.path),
      isCopyright: isCopyright(file.path, file.sizeBytes),
      system: SYSTEM_READERS.filter(reader => reader.wants(file.path)),
      files: this.#files.filter(reader => reader.wants(file)),
    }
    return interest.isRelease || interest.isCopyright || interest.system.length + interest.files.length > 0
      ? interest
      : undefined
  }

  /**
   * Fills in what a file tells; what a reader cannot read is told to `problem`, and the others read on. Of a package manager's
   * database it is told of the image as a whole: then nothing is known of most of it.
   */
  async read(
    interest: Interest,
    file: LayerFile & { readonly bytes: Uint8Array },
    into: Contents,
    budget: Budget,
    problem: (path: string, reason: string) => void,
  ): Promise<void> {
    const told = (name: string, error: unknown) => `${name}: ${error instanceof Error ? error.message : String(error)}`
    if (interest.isCopyright) into.licences = licencesIn(file.bytes)
    if (interest.isRelease) into.release = parseRelease(file.path, file.bytes)
    for (const reader of interest.system) {
      try {
        into.system = [...into.system, ...reader.read(file.bytes)]
      } catch (error) {
        problem(
          '',
          `The database of installed packages ${shown(file.path)} cannot be read: ${told(reader.name, error)}`,
        )
      }
    }
    for (const reader of interest.files) {
      try {
        into.packages = [...into.packages, ...(await reader.read(file))]
      } catch (error) {
        problem(file.path, told(reader.name, error))
        if (error instanceof PartlyRead) into.packages = [...into.packages, ...error.packages]
      }
    }
    budget.packages(into.system.length + into.packages.length)
  }
}

/** Whether a name is where a package manager has its database: another name of the same file does not count. */
export function isSystemPath(path: string): boolean {
  return SYSTEM_READERS.some(reader => reader.wants(path))
}
