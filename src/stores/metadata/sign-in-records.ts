import type { Engine, Queries } from './engine.ts'

/** Times are milliseconds since the epoch. */
export interface SignInRecord {
  /** What the attempts have in common, hashed by the caller. */
  readonly subject: string
  readonly failures: number
  /** The last one; 0 when there was none. */
  readonly failedAt: number
  readonly blockedUntil: number
  readonly succeededAt: number | undefined
  readonly forgottenAt: number
}

/** What is known of earlier attempts to sign in, for all replicas. */
export interface SignInRecords {
  /** By subject. */
  find(subjects: readonly string[]): Promise<ReadonlyMap<string, SignInRecord>>
  /**
   * Replaces what is known of these subjects by what `change` makes of it, in one transaction. `change` may be called
   * several times.
   */
  change(
    subjects: readonly string[],
    change: (found: ReadonlyMap<string, SignInRecord>) => readonly SignInRecord[],
  ): Promise<void>
  /** Removes at most so many that say nothing any more. Gives how many. */
  removeForgotten(now: number, most: number): Promise<number>
}

export function createSignInRecords(engine: Engine): SignInRecords {
  return {
    find: subjects => findRecords(engine.db, subjects),
    async change(subjects, change) {
      await engine.write(
        async queries => {
          const records = change(await findRecords(queries, subjects))
          if (records.length > 0) await replaceRecords(queries, records)
        },
        { durable: false },
      )
    },
    removeForgotten: (now, most) =>
      engine.write(
        async queries => {
          const { numDeletedRows } = await queries
            .deleteFrom('sign_in_records')
            .where('subject', 'in', over =>
              over
                .selectFrom('sign_in_records')
                .select('subject')
                .where('forgotten_at', '<=', now)
                .orderBy('forgotten_at')
                .limit(most),
            )
            .executeTakeFirst()
          return Number(numDeletedRows)
        },
        { durable: false },
      ),
  }
}

async function findRecords(queries: Queries, subjects: readonly string[]): Promise<ReadonlyMap<string, SignInRecord>> {
  if (subjects.length === 0) return new Map()
  const rows = await queries
    .selectFrom('sign_in_records')
    .selectAll()
    .where('subject', 'in', [...subjects])
    .execute()
  return new Map(
    rows.map(({ subject, failures, failed_at, blocked_until, succeeded_at, forgotten_at }) => [
      subject,
      {
        subject,
        failures,
        failedAt: failed_at,
        blockedUntil: blocked_until,
        succeededAt: succeeded_at ?? undefined,
        forgottenAt: forgotten_at,
      },
    ]),
  )
}

async function replaceRecords(queries: Queries, records: readonly SignInRecord[]): Promise<void> {
  await queries
    .insertInto('sign_in_records')
    .values(
      records
        .toSorted((one, other) => (one.subject < other.subject ? -1 : 1))
        .map(({ subject, failures, failedAt, blockedUntil, succeededAt, forgottenAt }) => ({
          subject,
          failures,
          failed_at: failedAt,
          blocked_until: blockedUntil,
          succeeded_at: succeededAt ?? null,
          forgotten_at: forgottenAt,
        })),
    )
    .onConflict(conflict =>
      conflict.column('subject').doUpdateSet(({ ref }) => ({
        failures: ref('excluded.failures'),
        failed_at: ref('excluded.failed_at'),
        blocked_until: ref('excluded.blocked_until'),
        succeeded_at: ref('excluded.succeeded_at'),
        forgotten_at: ref('excluded.forgotten_at'),
      })),
    )
    .execute()
}
