import { sql } from 'kysely'
import type { Engine, Queries } from '../engine.ts'
import type { Used } from '../schema-usage.ts'
import { nameOf, type Scope, USAGE_KINDS } from './scope.ts'

export interface UsageSample extends Used {
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** What was used when, for a plot: a row whenever it had changed, so that between two rows the first one holds. */
export interface UsageHistory {
  /** Oldest first; before `until`, exclusive. */
  read(
    scope: Scope,
    page: { readonly from: number; readonly until: number; readonly limit: number },
  ): Promise<readonly UsageSample[]>
  /** Writes down what every project and the registry use, where it is not what was written last. Gives how many. */
  sample(now: number): Promise<number>
  /** Of days before `daysBefore` one row each is kept, the last; none from before `before`. Gives how many went. */
  thin(limits: { readonly daysBefore: number; readonly before: number }): Promise<number>
}

const DAY_MS = 86_400_000
const AT_ONCE = 200
const forgettable = { durable: false }

export function createUsageHistory(engine: Engine): UsageHistory {
  return {
    async read(scope, { from, until, limit }) {
      const name = nameOf(scope)
      return engine.db
        .selectFrom('usage_history')
        .select(['at', ...USAGE_KINDS])
        .$if(name === undefined, query => query.where('project_id', '=', 0))
        .$if(name !== undefined, query =>
          query.where('project_id', '=', ({ selectFrom }) =>
            selectFrom('projects')
              .select('id')
              .where('name', '=', name as string),
          ),
        )
        .where('at', '>=', from)
        .where('at', '<', until)
        .orderBy('at')
        .limit(limit)
        .execute()
    },
    async sample(now) {
      let written = 0
      for (let after = -1; ; ) {
        const ids = await engine.db
          .selectFrom('usage')
          .select('project_id')
          .distinct()
          .where('project_id', '>', after)
          .orderBy('project_id')
          .limit(AT_ONCE)
          .execute()
        const last = ids.at(-1)
        if (last === undefined) return written
        const range = { after, upTo: last.project_id, now }
        written += await engine.write(queries => sampleSome(queries, range), forgettable)
        after = last.project_id
      }
    },
    thin: limits => engine.write(queries => thin(queries, limits), forgettable),
  }
}

async function sampleSome(
  queries: Queries,
  { after, upTo, now }: { readonly after: number; readonly upTo: number; readonly now: number },
): Promise<number> {
  const columns = sql.join(USAGE_KINDS.map(kind => sql.ref(kind)))
  const sums = sql.join(USAGE_KINDS.map(kind => sql`cast(sum(${sql.ref(kind)}) as bigint) as ${sql.ref(kind)}`))
  const { numAffectedRows } = await sql`
    insert into usage_history (project_id, at, ${columns})
    select n.project_id, cast(${now} as bigint), ${columns} from (
      select project_id, ${sums} from usage where project_id > ${after} and project_id <= ${upTo} group by project_id
    ) n where not exists (
      select 1 from usage_history h where h.project_id = n.project_id
        and h.at = (select max(l.at) from usage_history l where l.project_id = n.project_id)
        and ${sql.join(
          USAGE_KINDS.map(kind => sql`h.${sql.ref(kind)} = n.${sql.ref(kind)}`),
          sql` and `,
        )}
    ) on conflict (project_id, at) do nothing`.execute(queries)
  return Number(numAffectedRows ?? 0n)
}

async function thin(
  queries: Queries,
  { daysBefore, before }: { readonly daysBefore: number; readonly before: number },
): Promise<number> {
  const old = await queries.deleteFrom('usage_history').where('at', '<', before).executeTakeFirst()
  const spare = await sql`delete from usage_history where at < ${daysBefore} and exists (
    select 1 from usage_history l where l.project_id = usage_history.project_id and l.at > usage_history.at
      and l.at < (usage_history.at / ${sql.lit(DAY_MS)} + 1) * ${sql.lit(DAY_MS)})`.execute(queries)
  return Number(old.numDeletedRows) + Number(spare.numAffectedRows ?? 0n)
}
