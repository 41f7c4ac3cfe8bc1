export type {
  JobFact,
  JobHandler,
  JobObserver,
  JobOutcome,
  JobQueue,
  JobRun,
  Jobs,
  NewJob,
  Queue,
} from './jobs.ts'
export { openPostgresJobs } from './postgres/open.ts'
export { openSqliteJobs } from './sqlite/open.ts'
