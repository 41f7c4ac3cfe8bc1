import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { answer } from '../../src/features/access/index.ts'
import { userPrincipal } from '../../src/features/identity/index.ts'
import { parseRepositoryName } from '../../src/oci/index.ts'
import { openSqliteMetadata } from '../../src/stores/metadata/index.ts'
import { randomBlob } from '../content.ts'
import { loadRequests } from '../load/requests.ts'
import { pushImage } from '../load/transfers.ts'
import { median } from '../measure.ts'
import { startBerth } from '../registries.ts'
import type { Bound } from './bound.ts'

const REPOSITORY = 'bench/access'
const PASSWORD = 'of the bench and nobody else'

/** What it costs to ask who is calling and what they may do. */
export async function access(folder: string, rounds: number): Promise<Bound[]> {
  return [...(await checkedTokens(folder, rounds)), ...(await decisions(folder, rounds))]
}

/** Two servers, one that asks and one that does not, in turn on the same load. */
async function checkedTokens(folder: string, rounds: number): Promise<Bound[]> {
  await using open = await startBerth(join(folder, 'open'))
  await using closed = await startBerth(join(folder, 'closed'), {
    BERTH_AUTH: 'required',
    BERTH_ADMIN_PASSWORD: PASSWORD,
    BERTH_TOKENS_LIFETIME_SECONDS: '3600',
  })
  const basic = `Basic ${btoa(`admin:${PASSWORD}`)}`
  await pushImage(open, REPOSITORY, randomBlob(1000), ['latest'])
  await pushImage(closed, REPOSITORY, randomBlob(1000), ['latest'], basic)
  const scope = `repository:${REPOSITORY}:pull`
  const issued = await fetch(`${closed.url}/token?scope=${scope}`, { headers: { Authorization: basic } })
  const { token } = (await issued.json()) as { token: string }
  const paths = [`/v2/${REPOSITORY}/manifests/latest`]
  const ratios: number[] = []
  for (let round = -1; round < rounds; round += 1) {
    const without = await loadRequests(open, { paths })
    const checked = await loadRequests(closed, { paths, authorization: `Bearer ${token}` })
    // The first round warms up.
    if (round >= 0) ratios.push(checked.amount / checked.seconds / (without.amount / without.seconds))
  }
  return [{ name: 'manifest GET with a token checked, to none', figure: median(ratios), unit: '×', least: 0.85 }]
}

const SMALL = { users: 1000, projects: 100, grants: 10_000 }
const LARGE = { users: 100_000, projects: 10_000, grants: 1_000_000 }
const ASKED = 1000
const NOW = 1_700_000_000_000

/** Decisions that are made anew, in a registry of few and one of many. */
async function decisions(folder: string, rounds: number): Promise<Bound[]> {
  const [small, large] = [join(folder, 'small.db'), join(folder, 'large.db')]
  await seed(small, SMALL)
  await seed(large, LARGE)
  const ratios: number[] = []
  const firstRatios: number[] = []
  for (let round = -1; round < rounds; round += 1) {
    const few = await timeOf(small, SMALL)
    const many = await timeOf(large, LARGE)
    if (round < 0) continue
    ratios.push(many.again / few.again)
    firstRatios.push(many.first / few.first)
  }
  return [
    { name: 'a decision, 1,000,000 grants to 10,000', figure: median(ratios), unit: '×', most: 1.3 },
    {
      name: 'the first decision about somebody since the start, the same',
      figure: median(firstRatios),
      unit: '×',
      most: 3,
    },
  ]
}

interface Size {
  readonly users: number
  readonly projects: number
  readonly grants: number
}

async function seed(file: string, { users, projects, grants }: Size): Promise<void> {
  const { metadata } = await openSqliteMetadata(file)
  await metadata.close()
  using database = new Database(file)
  database.run('pragma synchronous = off')
  const numbers = (most: number) =>
    `with recursive number(n) as (select 1 union all select n + 1 from number where n < ${most})`
  database.run(
    `insert into users (id, name, source, state, created_at) ${numbers(users)} select n, 'user-' || n, 'local', 'active', ${NOW} from number`,
  )
  database.run(
    `insert into projects (id, name, visibility, pushers, created_at) ${numbers(projects)} select n, 'p' || n, 'private', 'members', ${NOW} from number`,
  )
  // Each user has the same number of grants in both, each in another project.
  database.run(
    `insert into grants (project_id, subject_kind, subject_id, role, repositories, tags, created_at) ${numbers(grants)}
    select 1 + (((n - 1) % ${users}) * 7 + (n - 1) / ${users} * 13) % ${projects}, 'user', 1 + (n - 1) % ${users}, 'developer', '**', '*', ${NOW} from number`,
  )
  database.run('analyze')
}

/** Milliseconds for one: when nobody was asked about yet, and when something was changed since. */
async function timeOf(file: string, { users, projects }: Size): Promise<{ first: number; again: number }> {
  const { engine, metadata } = await openSqliteMetadata(file)
  const way = {
    mode: 'closed',
    facts: metadata.identities.accessFacts,
    clock: () => NOW,
    networkRefusal: () => undefined,
    makeProject: async () => undefined,
    refused: () => undefined,
  } as const
  const origin = { address: '192.0.2.1' }
  const asked = Array.from({ length: ASKED }, (_, index) => {
    const user = 1 + ((index * 48_271) % users)
    const project = 1 + (((user - 1) * 7 + (index % 10) * 13) % projects)
    const resource = { repository: parseRepositoryName(`p${project}/app`) }
    return { principal: userPrincipal(user, `user-${user}`), action: 'pull', resource, origin } as const
  })
  const askAll = async () => {
    const began = performance.now()
    let allowed = 0
    for (const each of asked) if ((await answer(way, each)).decision.isAllowed) allowed += 1
    const took = performance.now() - began
    if (allowed !== ASKED) throw new Error(`${ASKED - allowed} of ${ASKED} decisions refused what was granted.`)
    return took / ASKED
  }
  const first = await askAll()
  // A change forgets every answer that is remembered.
  await engine.write(queries => queries.updateTable('users').set({ signed_in_at: NOW }).where('id', '=', 1).execute())
  const again = await askAll()
  await metadata.close()
  return { first, again }
}
