import type { Digest } from '../../oci/index.ts'

/** A tree of files to be written once, such as OCI image layouts: a folder or a tar file. */
export interface ArchiveWriter {
  /** @param path components separated by "/", each of which the caller vouches for. */
  write(path: string, sizeBytes: number, bytes: AsyncIterable<Uint8Array>): Promise<void>
  /** Is it there, with this size? Then it need not be written again. */
  has(path: string, sizeBytes: number): Promise<boolean>
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
  repositories(): AsyncIterable<string | undefined>
  roots(repository: string | undefined): AsyncIterable<ArchiveRoot>
  /** The bytes of a blob or manifest; undefined when they are not there. */
  open(
    repository: string | undefined,
    digest: Digest,
  ): Promise<{ readonly sizeBytes: number; readonly bytes: AsyncIterable<Uint8Array> } | undefined>
  /** What was seen and cannot be taken, such as a link that is no digest. */
  readonly faults: readonly string[]
}
