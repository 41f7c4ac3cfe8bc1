import type { Engine, Queries } from './engine.ts'

/** What a replica asks for: up to `tokens` of the `limit` that all of them share. */
export interface TokenRequest {
  readonly bucket: string
  readonly tokens: number
  readonly limit: number
  readonly windowMs: number
}

export interface RateWindow {
  /** Milliseconds since the epoch, by the clock of the replica that began it. */
  readonly startedAt: number
  readonly endsAt: number
  /** Handed out to replicas so far, spent or not. */
  readonly granted: number
}

export interface TokenGrant extends RateWindow {
  /** What this replica may spend until the window ends: from 0 to what it asked for. */
  readonly tokens: number
}

export interface UnspentTokens {
  readonly bucket: string
  /** Of the window they are of; when that is over they count for nothing. */
  readonly startedAt: number
  readonly tokens: number
}

/** Windows of a limit, each from its first use on; what is handed out in one never exceeds the limit. */
export interface RateWindows {
  /** For each request, in their order; a window that is over begins anew. A bucket is named once. */
  take(requests: readonly TokenRequest[], now: number): Promise<readonly TokenGrant[]>
  giveBack(unspent: readonly UnspentTokens[]): Promise<void>
  /** By bucket; those that are over, too. */
  find(buckets: readonly string[]): Promise<ReadonlyMap<string, RateWindow>>
  /** Removes at most so many windows that are over. Gives how many. */
  removeExpired(now: number, most: number): Promise<number>
}

/** Losing the last moments to a power cut only lets somebody begin a window anew. */
const PASSING = { durable: false }

export function createRateWindows(engine: Engine): RateWindows {
  return {
    take: (requests, now) =>
      engine.write(async queries => {
        const found = await findWindows(
          queries,
          requests.map(({ bucket }) => bucket),
        )
        const grants = requests.map(request => grantOf(request, found.get(request.bucket), now))
        const changed = requests.flatMap(({ bucket }, index) => {
          const { tokens, startedAt, endsAt, granted } = grants[index] as TokenGrant
          return tokens === 0 ? [] : [{ bucket, started_at: startedAt, ends_at: endsAt, granted }]
        })
        if (changed.length > 0) await replaceWindows(queries, changed)
        return grants
      }, PASSING),
    async giveBack(unspent) {
      await engine.write(async queries => {
        for (const { bucket, startedAt, tokens } of unspent.toSorted((one, other) =>
          one.bucket < other.bucket ? -1 : 1,
        )) {
          await queries
            .updateTable('rate_windows')
            .set(({ eb }) => ({ granted: eb('granted', '-', tokens) }))
            .where('bucket', '=', bucket)
            .where('started_at', '=', startedAt)
            .execute()
        }
      }, PASSING)
    },
    find: buckets => findWindows(engine.db, buckets),
    removeExpired: (now, most) =>
      engine.write(async queries => {
        const { numDeletedRows } = await queries
          .deleteFrom('rate_windows')
          .where('bucket', 'in', over =>
            over.selectFrom('rate_windows').select('bucket').where('ends_at', '<=', now).orderBy('ends_at').limit(most),
          )
          .executeTakeFirst()
        return Number(numDeletedRows)
      }, PASSING),
  }
}

function grantOf({ tokens, limit, windowMs }: TokenRequest, found: RateWindow | undefined, now: number): TokenGrant {
  const window = found && found.endsAt > now ? found : { startedAt: now, endsAt: now + windowMs, granted: 0 }
  const given = Math.max(0, Math.min(tokens, limit - window.granted))
  return { ...window, granted: window.granted + given, tokens: given }
}

async function findWindows(queries: Queries, buckets: readonly string[]): Promise<ReadonlyMap<string, RateWindow>> {
  if (buckets.length === 0) return new Map()
  const rows = await queries
    .selectFrom('rate_windows')
    .selectAll()
    .where('bucket', 'in', [...buckets])
    .execute()
  return new Map(
    rows.map(({ bucket, started_at: startedAt, ends_at: endsAt, granted }) => [bucket, { startedAt, endsAt, granted }]),
  )
}

async function replaceWindows(
  queries: Queries,
  rows: readonly { bucket: string; started_at: number; ends_at: number; granted: number }[],
): Promise<void> {
  await queries
    .insertInto('rate_windows')
    // In one order everywhere, so that transactions wait for each other and not in a circle.
    .values(rows.toSorted((one, other) => (one.bucket < other.bucket ? -1 : 1)))
    .onConflict(conflict =>
      conflict.column('bucket').doUpdateSet(({ ref }) => ({
        started_at: ref('excluded.started_at'),
        ends_at: ref('excluded.ends_at'),
        granted: ref('excluded.granted'),
      })),
    )
    .execute()
}
