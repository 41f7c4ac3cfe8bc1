import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FoundPackage } from '../../src/features/inventory/index.ts'
import { edgeZips, publishedZips, writtenZips, type Zips } from './advisory-zips.ts'
import { type ComparedFindings, compareFindings } from './compare-findings.ts'
import { writeArchive } from './oci-layout.ts'
import { scanWithOsvScanner, subjectOf, writeZips } from './osv-scanner.ts'
import { type OwnFindings, ownFindings } from './own-findings.ts'

export interface BothCompared {
  /** By what is known: published advisories and written ones. */
  readonly known: ComparedFindings
  /** By advisories made at the edges of the versions that are there. */
  readonly edges: ComparedFindings
}

export interface FindingRounds extends AsyncDisposable {
  /**
   * Findings of the image in a layout by both programs, by the same advisories.
   * @param purls the edges are made of these: what syft finds there, as far as it finds anything.
   */
  compare(layout: string, packages: readonly FoundPackage[], purls: readonly string[]): Promise<BothCompared>
}

/** @param published folder with Go.zip and PyPI.zip, as OSV publishes them. */
export async function findingRounds(osvScanner: string, published: string): Promise<FindingRounds> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'berth-osv-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const archive = join(folder, 'image.tar')
  const known: Side = { database: join(folder, 'known'), own: stack.use(await ownFindings()) }
  const edges: Side = { database: join(folder, 'edges'), own: stack.use(await ownFindings()) }
  await give(known, new Map([...(await publishedZips(published)), ...writtenZips()]))
  const kept = stack.move()
  return {
    async compare(layout, packages, purls) {
      await writeArchive(layout, archive)
      await give(edges, edgeZips(purls))
      const compared = async ({ database, own }: Side) =>
        compareFindings(
          { packages: subjectsOf(packages), findings: await own.of(packages) },
          await scanWithOsvScanner(osvScanner, archive, database),
          subjectsOf(packages.filter(({ version, source }) => source && source.version !== version)),
        )
      return { known: await compared(known), edges: await compared(edges) }
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** The same advisories for both programs. */
interface Side {
  readonly database: string
  readonly own: OwnFindings
}

/** Of each ecosystem the newest zip counts. */
async function give({ database, own }: Side, zips: Zips): Promise<void> {
  await writeZips(database, zips)
  if (zips.size > 0) await own.takeIn(zips)
}

const subjectsOf = (packages: readonly FoundPackage[]) =>
  packages.map(({ ecosystem, name, version }) => subjectOf(ecosystem, name, version))
