export type { BlobFailure, CopyOptions, CopyTarget } from './copy.ts'
export { Interrupted } from './copy.ts'
export { type Move, type MoveReport, moveRegistry } from './move-registry.ts'
