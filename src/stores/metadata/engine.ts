import type { Compilable, Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/** Queries of one transaction, or reads outside of one. */
export type Queries = Kysely<Schema>

/** A query compiled once; each call only binds its parameters. */
export type Prepared<Parameters, Row> = (parameters: Parameters) => Promise<readonly Row[]> | readonly Row[]

/** Stands where a parameter of a prepared query will be. */
export type Placeholders<Parameters> = <Name extends keyof Parameters & string>(name: Name) => Parameters[Name]

/** Builds a prepared query; called once. */
export type PreparedBuild<Parameters, Row> = (db: Queries, parameter: Placeholders<Parameters>) => Compilable<Row>

/** What the table groups need of a database; each engine is one of these. */
export interface Engine {
  /** Reads of what is committed, outside of any transaction. */
  readonly db: Queries
  /**
   * @param options.hot asked so often that an engine may keep its answers, for as long as they are what is committed.
   * @param options.staleMs an engine that cannot know that may keep a hot query's answers for so long.
   */
  prepare<Parameters extends object, Row>(
    build: PreparedBuild<Parameters, Row>,
    options?: { readonly hot?: boolean; readonly staleMs?: number },
  ): Prepared<Parameters, Row>
  /**
   * Runs `work` in a transaction that sees no half of another; resolves when it is committed.
   * `work` awaits nothing but its own queries: other transactions may wait in line behind it. It changes nothing but
   * by them: an engine may have to run it again.
   * @throws OutcomeUnknown, Unavailable, Moved.
   * @param options.durable false when losing it to a power cut loses nothing that was acknowledged; default true.
   */
  write<Result>(work: (queries: Queries) => Promise<Result>, options?: { readonly durable?: boolean }): Promise<Result>
  /** Reads of one moment, for as long as `work` takes; writers go on meanwhile. @throws Unavailable. */
  snapshot<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result>
  /** The same number for as long as hot answers stay the same; another one tells nothing. */
  moment(): number
  close(): Promise<void>
}
