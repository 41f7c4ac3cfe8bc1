export { BadFile } from './bad-file.ts'
export type { Document } from './document.ts'
export { documentsOf } from './documents.ts'
export { openSpool, type Spool, type SpooledFile } from './spool.ts'
