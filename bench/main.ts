/**
 * Compares Berth with zot and distribution on this machine, in one run; see bench/README.md.
 *
 *   npm run bench -- --zot PATH --distribution PATH --zb PATH [--only TEXT] [--rounds N]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { accuracy } from './accuracy/accuracy.ts'
import { access } from './bounds/access.ts'
import { advisories } from './bounds/advisories.ts'
import { audit } from './bounds/audit.ts'
import type { Bound } from './bounds/bound.ts'
import { inventory } from './bounds/inventory.ts'
import { memory, memoryOf } from './bounds/memory.ts'
import { processes } from './bounds/processes.ts'
import { pullsWhileScanning } from './bounds/pulls-while-scanning.ts'
import { quotas } from './bounds/quotas.ts'
import { retention } from './bounds/retention.ts'
import { scale } from './bounds/scale.ts'
import { blobs } from './comparisons/blobs.ts'
import { lists } from './comparisons/lists.ts'
import { manifests } from './comparisons/manifests.ts'
import { mix } from './comparisons/mix.ts'
import { uploads } from './comparisons/uploads.ts'
import { zb } from './comparisons/zb.ts'
import { type Compared, compare } from './measure.ts'
import { type Registry, startBerth, startDistribution, startZot } from './registries.ts'
import { contests } from './scaled-out/comparisons.ts'
import { type Place, startPlace } from './scaled-out/place.ts'
import { replicas } from './scaled-out/replicas.ts'
import { seedTags } from './seed-tags.ts'
import { boundTable, comparisonTable, costTable, failureList, misses } from './table.ts'

interface Flags {
  readonly zot?: string
  readonly distribution?: string
  readonly zb?: string
  readonly syft?: string
  readonly osvScanner?: string
  readonly advisories: string
  readonly only?: string
  readonly rounds: string
  readonly folder: string
}

/** Parts of what is published. */
const ADVISORIES = join(import.meta.dir, '../test/advisories/published')

const flags = new Command()
  .name('bench')
  .option('--zot <path>', 'zot (default: found on PATH)')
  .option('--distribution <path>', 'the registry command of CNCF distribution (default: "registry" on PATH)')
  .option('--zb <path>', "zot's benchmark (default: found on PATH)")
  .option('--syft <path>', 'syft, for accuracy and inventory (default: found on PATH)')
  .option('--osv-scanner <path>', 'osv-scanner, for accuracy (default: found on PATH)')
  .option('--advisories <path>', 'folder with Go.zip and PyPI.zip of OSV, for accuracy', ADVISORIES)
  .option('--only <text>', 'only what has this in its name')
  .option('--rounds <count>', 'how often each is measured', '5')
  .option('--folder <path>', 'on the disk to be measured; needs some 30 GiB', tmpdir())
  .parse()
  .opts<Flags>()

const rounds = Number(flags.rounds)
const folder = await mkdtemp(join(flags.folder, 'berth-bench-'))
const wanted = ({ name }: { readonly name: string }) => flags.only === undefined || name.includes(flags.only)

try {
  // Downloads and makes images for half an hour: only when it is asked for.
  if (flags.only === 'accuracy')
    await accuracy({
      syft: find('syft', flags.syft, 'accuracy'),
      osvScanner: find('osv-scanner', flags.osvScanner, 'findings'),
      advisories: flags.advisories,
    })
  else await comparisonsAndBounds()
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function comparisonsAndBounds(): Promise<void> {
  const compared = [...(await runComparisons()), ...(await runContests())]
  const bounds = [...(await runBounds()), ...(await runScaledBounds())]
  for (const table of [comparisonTable(compared), costTable(compared), boundTable(bounds)]) console.log(`${table}\n`)
  for (const failure of failureList(compared)) console.log(failure)
  const missed = misses(compared, bounds)
  console.log(missed.length === 0 ? 'Every aim was reached.' : `Missed: ${missed.join('; ')}.`)
}

async function runComparisons(): Promise<Compared[]> {
  const zbBinary = find('zb', flags.zb, 'the zb rows')
  const comparisons = [
    ...manifests,
    ...lists,
    ...blobs(folder),
    ...uploads(folder),
    ...mix,
    ...(zbBinary === undefined ? [] : zb(zbBinary, folder)),
  ].filter(wanted)
  if (comparisons.length === 0) return []
  await using stack = new AsyncDisposableStack()
  const registries: Registry[] = []
  for (const start of contestants()) {
    if (comparisons.some(({ name }) => name.includes('100,000'))) await seedTags(start)
    registries.push(stack.use(await start()))
  }
  const compared: Compared[] = []
  for (const comparison of comparisons) {
    progress(comparison.name)
    compared.push(await compare(comparison, registries, folder, rounds))
  }
  return compared
}

async function runContests(): Promise<Compared[]> {
  const distribution = find('registry', flags.distribution, 'distribution, PostgreSQL and S3')
  const compared: Compared[] = []
  for (const { comparisons, contestants: starts } of contests(folder, distribution ?? '')) {
    const asked = comparisons.filter(wanted)
    if (asked.length === 0 || distribution === undefined) continue
    await using stack = new AsyncDisposableStack()
    const place = stack.use(await startPlace())
    const registries: Registry[] = []
    for (const start of starts(place)) registries.push(stack.use(await start()))
    for (const comparison of asked) {
      progress(comparison.name)
      compared.push(await compare(comparison, registries, folder, rounds))
    }
  }
  return compared
}

async function runScaledBounds(): Promise<Bound[]> {
  const measured: Bound[] = []
  const memoryOnS3 = async (at: string, _: number, place: Place) => memoryOf(', S3', at, await place.berth())
  for (const [name, run] of Object.entries({ replicas, 'memory on S3': memoryOnS3 })) {
    if (!wanted({ name })) continue
    progress(name)
    await using place = await startPlace()
    measured.push(...(await run(folder, rounds, place)))
  }
  return measured
}

async function runBounds(): Promise<Bound[]> {
  const measured: Bound[] = []
  const inventories = (at: string, times: number) =>
    inventory(at, times, find('syft', flags.syft, "inventories in syft's time"))
  const runs = {
    scale,
    memory,
    processes,
    access,
    audit,
    quotas,
    retention,
    advisories,
    inventory: inventories,
    'pulls while scanning': pullsWhileScanning,
  }
  for (const [name, run] of Object.entries(runs)) {
    if (!wanted({ name })) continue
    progress(name)
    measured.push(...(await run(folder, rounds)))
  }
  return measured
}

function contestants(): (() => Promise<Registry>)[] {
  const zot = find('zot', flags.zot, 'zot')
  const distribution = find('registry', flags.distribution, 'distribution')
  return [
    () => startBerth(join(folder, 'berth')),
    ...(zot === undefined ? [] : [() => startZot(zot, join(folder, 'zot'))]),
    ...(distribution === undefined ? [] : [() => startDistribution(distribution, join(folder, 'distribution'))]),
  ]
}

/** What is missing is named, so that a table without it is not taken for the whole. */
function find(command: string, flag: string | undefined, what: string): string | undefined {
  const path = flag ?? Bun.which(command) ?? undefined
  if (path === undefined)
    console.error(`NOT MEASURED: ${what}, as there is no "${command}" on PATH and no flag for it.`)
  return path
}

function progress(name: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${name}`)
}
