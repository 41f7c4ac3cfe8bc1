export { type LineFile, type LineFileOptions, openLineFile } from './line-file.ts'
