export { BadRecord } from './bad-record.ts'
export { type Heard, readDocument } from './read-document.ts'
