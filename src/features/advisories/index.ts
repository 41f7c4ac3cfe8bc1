export {
  type AdvisoryAdministration,
  type AdvisoryQuestion,
  listSources,
  receiveFiles,
  searchAdvisories,
  startUpdate,
  type TellUpdate,
  type UpdateLine,
} from './administering.ts'
export type { Advising, AdvisorySettings, ConfiguredSource } from './advising.ts'
export { judgePackage } from './matching/judge.ts'
export { type SourceStatus, sourceStatuses } from './status.ts'
export { fromRecord, type KeptAdvisory } from './stored-record.ts'
export type { Used } from './updating/edition-writer.ts'
export { type Fetched, fetchSources } from './updating/fetch-sources.ts'
export { type Matched, matchChanges, matchPackages } from './updating/match-changes.ts'
export { type TakenIn, takeIn } from './updating/take-in.ts'
export { forgetEndedFindings } from './upkeep.ts'
export { orderOf } from './versions/index.ts'
