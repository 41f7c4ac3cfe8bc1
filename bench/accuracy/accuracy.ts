import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_INVENTORY_LIMITS, LANGUAGE_READERS, readInventory } from '../../src/features/inventory/index.ts'
import { run } from './commands.ts'
import { type Compared, compare, type Told } from './differences.ts'
import { type BothCompared, type FindingRounds, findingRounds } from './finding-rounds.ts'
import { findingTables } from './finding-tables.ts'
import { missingTools, type Recipe, recipes, workshop } from './images.ts'
import { blobIn, type Layer, writeLayout } from './oci-layout.ts'
import { table } from './table.ts'

interface Measured {
  readonly name: string
  readonly compared: readonly Compared[]
  readonly ownMs: number
  readonly otherMs: number
  readonly problems: readonly string[]
  readonly findings?: BothCompared | undefined
}

export interface Others {
  readonly syft: string | undefined
  readonly osvScanner: string | undefined
  /** Go.zip and PyPI.zip, as OSV publishes them. */
  readonly advisories: string
}

/** What the first image of these trees takes is minutes: they are kept here. */
const KEPT = join(tmpdir(), 'berth-accuracy')

/**
 * Compares what Berth and syft find in real images, made here, and what Berth and osv-scanner know of that. Prints
 * tables; needs root, a way to the archives of Debian, npm, PyPI, Go, Maven and crates.io, and these programs on PATH:
 * see `missingTools`.
 */
export async function accuracy({ syft, osvScanner, advisories }: Others): Promise<void> {
  const missing = [...missingTools(), ...(syft === undefined ? ['syft'] : [])]
  if (syft === undefined || missing.length > 0) {
    console.error(`NOT MEASURED: accuracy, as there is no ${missing.join(', no ')} on PATH.`)
    return
  }
  const shop = workshop(KEPT)
  const auditable = await shop.tree('cargo-auditable', folder =>
    run(['cargo', 'install', '--quiet', '--locked', 'cargo-auditable', '--root', folder]).then(() => undefined),
  )
  await using rounds = osvScanner === undefined ? undefined : await findingRounds(osvScanner, advisories)
  const measured: Measured[] = []
  for (const recipe of recipes(join(auditable, 'bin'))) {
    console.error(`${new Date().toISOString().slice(11, 19)} ${recipe.name}`)
    try {
      measured.push(await measure(recipe, syft, rounds))
    } catch (error) {
      console.error(`NOT MEASURED: ${recipe.name}: ${(error as Error).message}`)
    }
  }
  console.log(`${imageTable(measured)}\n\n${ecosystemTable(measured)}\n\n${differenceList(measured)}`)
  const named = measured.flatMap(({ name, findings }) => (findings ? [{ name, findings }] : []))
  if (named.length > 0) console.log(`\n${findingTables(named)}`)
}

async function measure(
  { name, layers: treesOf }: Recipe,
  syft: string,
  rounds: FindingRounds | undefined,
): Promise<Measured> {
  const layout = join(KEPT, 'layout')
  const layers = await writeLayout(layout, await treesOf(workshop(KEPT)))
  const [own, ownMs] = await timed(() => inventoryOf(layout, layers))
  const [theirs, otherMs] = await timed(() => syftOf(layout, syft))
  // It reads no locks: where those are all there is, it finds nothing.
  const purls = (theirs.length > 0 ? theirs : own.packages).map(({ purl }) => purl)
  const findings = await rounds?.compare(layout, own.packages, purls)
  return { name, compared: compare(own.told, theirs), ownMs, otherMs, problems: own.problems, findings }
}

async function timed<Result>(work: () => Promise<Result>): Promise<[Result, number]> {
  const start = performance.now()
  return [await work(), performance.now() - start]
}

async function inventoryOf(layout: string, layers: readonly Layer[]) {
  const open = async (digest: Layer['digest']) => Bun.file(blobIn(layout, digest)).stream()
  const options = { readers: LANGUAGE_READERS, limits: DEFAULT_INVENTORY_LIMITS, signal: new AbortController().signal }
  const { packages, problems } = await readInventory({ layers, open }, options)
  return {
    packages,
    told: packages.map(({ purl, path, isDeclared }): Told => ({ purl, path, isDeclared: isDeclared === true })),
    problems: problems.map(({ path, reason }) => `${path}: ${reason}`),
  }
}

interface Artifact {
  readonly purl?: string
  readonly locations: readonly { readonly path: string }[]
  readonly metadata?: { readonly virtualPath?: string }
}

async function syftOf(layout: string, syft: string): Promise<readonly Told[]> {
  const document = JSON.parse(await run([syft, 'scan', `oci-dir:${layout}`, '-q', '-o', 'syft-json'])) as {
    readonly artifacts: readonly Artifact[]
  }
  return document.artifacts.flatMap(({ purl, locations, metadata }): readonly Told[] => {
    const path = metadata?.virtualPath ?? locations[0]?.path ?? ''
    return purl ? [{ purl, path: path.replace(/^\//, '').replaceAll(':', '!/'), isDeclared: false }] : []
  })
}

function imageTable(measured: readonly Measured[]): string {
  const rows = measured.map(({ name, compared, ownMs, otherMs }) => {
    const of = (count: (one: Compared) => number) => compared.reduce((sum, one) => sum + count(one), 0)
    const theirs = of(one => one.theirs)
    const found = of(one => one.both + one.namedOtherwise.length)
    const share = theirs === 0 ? '' : `${((found / theirs) * 100).toFixed(1)} %`
    return [
      name,
      theirs,
      of(one => one.ours),
      of(one => one.missing.length),
      of(one => one.extra.length),
      share,
      seconds(otherMs),
      seconds(ownMs),
    ]
  })
  return table(['image', 'syft', 'Berth', 'missing', 'more', "of syft's", 'syft took', 'Berth took'], rows)
}

function ecosystemTable(measured: readonly Measured[]): string {
  const all = measured.flatMap(({ compared }) => compared)
  const rows = [...Map.groupBy(all, ({ ecosystem }) => ecosystem)].sort().map(([ecosystem, those]) => {
    const of = (count: (one: Compared) => number) => those.reduce((sum, one) => sum + count(one), 0)
    return [
      ecosystem,
      of(one => one.theirs),
      of(one => one.ours),
      of(one => one.both),
      of(one => one.namedOtherwise.length),
      of(one => one.missing.length),
      of(one => one.extra.length),
    ]
  })
  return table(['kind of package', 'syft', 'Berth', 'same', 'named otherwise', 'missing', 'more'], rows)
}

const MOST_TOLD = 60

function differenceList(measured: readonly Measured[]): string {
  return measured
    .flatMap(({ name, compared, problems }) => [
      ...compared.flatMap(one => [
        ...one.missing.map(each => `- ${name}: missing ${each.ecosystem} ${each.package} (${each.path})`),
        ...one.extra
          .slice(0, MOST_TOLD)
          .map(each => `- ${name}: more ${each.ecosystem} ${each.package} (${each.path})`),
        ...one.namedOtherwise.map(
          each => `- ${name}: named otherwise ${each.ecosystem} ${each.package} (${each.path})`,
        ),
      ]),
      ...problems.map(problem => `- ${name}: not read ${problem}`),
    ])
    .join('\n')
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`
