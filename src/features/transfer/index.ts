export { type ExportOptions, type ExportReport, exportRegistry } from './export-registry.ts'
export type { TransferFailure } from './failure.ts'
export { type ImportOptions, type ImportReport, importRegistry } from './import-registry.ts'
