import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { randomBlob } from '../content.ts'
import { pushImage } from '../load/transfers.ts'
import { median, settle } from '../measure.ts'
import { processorSeconds } from '../process-figures.ts'
import { type Registry, startBerth } from '../registries.ts'
import type { Bound } from './bound.ts'

const IMAGES = 300
const AT_ONCE = 4
const LAYER_BYTES = 10_000
const FAR_AWAY = 1e15
/** The differences are small beside what a machine does by itself. */
const ROUNDS_FOR_ONE = 4

/** What it costs a push that quotas of the project and of the registry are met; and that usage is counted besides. */
export async function quotas(folder: string, rounds: number): Promise<Bound[]> {
  const [limited, unlimited, uncounted] = [
    join(folder, 'limited'),
    join(folder, 'unlimited'),
    join(folder, 'uncounted'),
  ]
  await prepare(limited, setQuotas)
  await prepare(unlimited, () => undefined)
  await prepare(uncounted, countNothing)
  await using checked = await startBerth(limited)
  await using counted = await startBerth(unlimited)
  await using bare = await startBerth(uncounted)
  const all = [checked, counted, bare]
  const rows: (readonly Cost[])[] = []
  for (let round = -1; round < rounds * ROUNDS_FOR_ONE; round += 1) {
    const costs = new Map<Registry, Cost>()
    // Each is first, second and last as often as the others.
    const turn = (round + all.length) % all.length
    for (const registry of [...all.slice(turn), ...all.slice(0, turn)])
      costs.set(registry, await push(registry, `bench/round${round + 1}`))
    // The first round warms up.
    if (round >= 0) rows.push(all.map(registry => costs.get(registry) as Cost))
  }
  const ratio = (of: number, to: number, figure: keyof Cost) =>
    median(rows.map(row => (row[of] as Cost)[figure] / (row[to] as Cost)[figure]))
  const bound = (name: string, figure: number): Bound => ({ name, figure, unit: '×', most: 1.03 })
  return [
    bound('push with quotas: time to that of a push without any', ratio(0, 1, 'seconds')),
    bound('push with quotas: processor time to the same', ratio(0, 1, 'processorSeconds')),
    bound('push with quotas: time to that of a push that is not even counted', ratio(0, 2, 'seconds')),
    bound('push with quotas: processor time to that', ratio(0, 2, 'processorSeconds')),
  ]
}

interface Cost {
  readonly seconds: number
  readonly processorSeconds: number
}

async function push(registry: Registry, repository: string): Promise<Cost> {
  await settle()
  const began = performance.now()
  const before = processorSeconds(registry.pid)
  let next = 0
  const pushing = Array.from({ length: AT_ONCE }, async () => {
    for (let number = next++; number < IMAGES; number = next++)
      await pushImage(registry, repository, randomBlob(LAYER_BYTES), [`v${number}`])
  })
  await Promise.all(pushing)
  return {
    seconds: (performance.now() - began) / 1000,
    processorSeconds: processorSeconds(registry.pid) - before,
  }
}

/** A registry of one image, changed while nobody serves it. */
async function prepare(folder: string, change: (database: Database) => void): Promise<void> {
  const registry = await startBerth(folder)
  await pushImage(registry, 'bench/first', randomBlob(100), ['first'])
  await registry.stop()
  using database = new Database(join(folder, 'data', 'berth.db'))
  change(database)
}

/** On everything that can be limited, of the project and of the registry (project 0). */
function setQuotas(database: Database): void {
  database.run(
    `insert into quotas (project_id, kind, hard_limit, soft_limit, passed)
      select projects.id, kinds.kind, ?1, ?1, 'nothing'
      from (select id from projects where name = 'bench' union all select 0) as projects,
        (select 'bytes' as kind union all select 'repositories' union all select 'tags' union all select 'manifests') as kinds`,
    [FAR_AWAY],
  )
}

/** Berth as it would be without the figures. */
function countNothing(database: Database): void {
  const triggers = database
    .query<{ name: string }, []>("select name from sqlite_master where type = 'trigger' and name like 'berth_usage_%'")
    .all()
  if (triggers.length === 0) throw new Error('There are no triggers that count: this would compare the same.')
  for (const { name } of triggers) database.run(`drop trigger "${name}"`)
}
