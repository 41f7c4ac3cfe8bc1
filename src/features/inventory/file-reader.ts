import type { FoundPackage } from './package.ts'

/** A regular file in a layer. */
export interface LayerFile {
  /** From the root of the image, without the first slash. */
  readonly path: string
  readonly sizeBytes: number
  /** Permission bits. */
  readonly mode: number
  /** Its first bytes, as many as 512. */
  readonly head: Uint8Array
}

/** Finds packages in one kind of file. */
export interface FileReader {
  readonly name: string
  /** Whether it has to see the whole file, decided by path and first bytes; asked for every file, so quick. */
  wants(file: LayerFile): boolean
  /**
   * All packages that the file tells of. Never writes, never asks for other files, ends in time linear in the size.
   * @throws PartlyRead when something in the file could not be read, with what was found in the rest.
   * @throws Error with what is wrong with the file, for a person to read; the rest of the image is read all the same.
   */
  read(file: LayerFile & { readonly bytes: Uint8Array }): readonly FoundPackage[] | Promise<readonly FoundPackage[]>
}
