import type { Digest } from '../../oci/index.ts'

/** OCI image layouts to be written once, one for each repository, in a folder or a tar file. */
export interface ArchiveWriter extends AsyncDisposable {
  /**
   * Writes one file of the repository's layout, such as `index.json`. When `bytes` fail, or are not as many as declared,
   * that failure is thrown, nothing of the file is left and the next can be written.
   */
  write(repository: string, file: string, sizeBytes: number, bytes: AsyncIterable<Uint8Array>): Promise<void>
  /** Is it there, with this size? Then it need not be written again. */
  has(repository: string, file: string, sizeBytes: number): Promise<boolean>
  /** The archive is whole. One that is disposed without this is not there, or can be continued. */
  close(): Promise<void>
}

/** One manifest that stands in the archive by itself, and the tags it has. */
export interface ArchiveRoot {
  readonly digest: Digest
  readonly mediaType: string | undefined
  readonly tags: readonly string[]
}

/** Repositories in files that something else wrote; nothing in it is believed. */
export interface ArchiveReader extends AsyncDisposable {
  /** Names of the repositories; undefined stands for the one repository of an archive that does not name it. */
  readonly repositories: readonly (string | undefined)[]
  roots(repository: string | undefined): AsyncIterable<ArchiveRoot>
  /** The bytes of a blob or manifest; undefined when they are not there. */
  open(
    repository: string | undefined,
    digest: Digest,
  ): Promise<{ readonly sizeBytes: number; readonly bytes: AsyncIterable<Uint8Array> } | undefined>
  /** What was seen and cannot be taken, such as a link that is no digest. */
  readonly faults: readonly string[]
}

/** Where a tar file is unpacked. */
export interface Scratch {
  /** Made when missing. */
  readonly folder: string
  /** Takes the lock on a file, which is made; it is free when the process has ended, however. Undefined when taken. */
  lock(file: string): { release(): void } | undefined
}
