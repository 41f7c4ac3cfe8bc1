export type { ArchiveReader, ArchiveRoot, ArchiveWriter, Scratch } from './archive.ts'
export { type FoundArchive, findArchive } from './find-archive.ts'
export { openArchiveWriter } from './open-writer.ts'
