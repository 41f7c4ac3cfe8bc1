import { type Digest, matchesGlob } from '../../../oci/index.ts'
import type { RetentionReading } from '../../../stores/metadata/index.ts'
import type { Selection } from '../policy.ts'
import { type Entries, NO, UNKNOWN, YES } from './entries.ts'
import { fallbackTagPages } from './pages.ts'
import type { Relations } from './relations.ts'
import type { RuleHere } from './rules-here.ts'

/** For each manifest of the repository NO, UNKNOWN or YES. */
type Fact = Uint8Array

/**
 * The selections, which so far say what tags say, narrowed by what is known of the images. What is not known stays
 * UNKNOWN: what that means is for the rule to say.
 */
export async function narrowByFacts(
  reading: RetentionReading,
  entries: Omit<Entries, 'selection'>,
  rules: readonly RuleHere[],
  selections: readonly Uint8Array[],
): Promise<Entries['selection']> {
  const narrowed: (Uint8Array | undefined)[] = []
  for (const [at, { index, rule }] of rules.entries()) {
    const selection = selections[at] as Uint8Array
    narrowed[index] = selection
    for (const fact of await factsOf(reading, entries, rule.select)) {
      for (let entry = 0; entry < selection.length; entry += 1)
        selection[entry] = Math.min(selection[entry] as number, fact[entries.imageOf[entry] as number] as number)
    }
  }
  return narrowed
}

async function factsOf(
  reading: RetentionReading,
  { repository, relations }: Pick<Entries, 'repository' | 'relations'>,
  select: Selection,
): Promise<readonly Fact[]> {
  const here = { reading, repositoryId: repository.id, relations }
  const { artifactTypes, annotations, platforms, labels, isSigned, isInIndex, hasCriticalFindings } = select
  const facts: Fact[] = []
  if (artifactTypes) facts.push(await typesMatch(here, artifactTypes))
  for (const [key, glob] of Object.entries(annotations ?? {})) facts.push(await annotationMatches(here, key, glob))
  if (platforms) facts.push(await platformsMatch(here, platforms))
  for (const [key, glob] of Object.entries(labels ?? {})) facts.push(await labelMatches(here, key, glob))
  if (isSigned !== undefined) facts.push(wanted(isSigned, await signed(here)))
  if (isInIndex !== undefined) facts.push(wanted(isInIndex, inIndex(here)))
  if (hasCriticalFindings !== undefined) facts.push(wanted(hasCriticalFindings, await critical(here)))
  return facts
}

interface Here {
  readonly reading: RetentionReading
  readonly repositoryId: number
  readonly relations: Relations
}

function wanted(isWanted: boolean, fact: Fact): Fact {
  return isWanted ? fact : fact.map(known => YES - known)
}

async function typesMatch({ reading, repositoryId, relations }: Here, globs: readonly string[]): Promise<Fact> {
  const fact = new Uint8Array(relations.size).fill(UNKNOWN)
  const isTyped = new Uint8Array(fact.length)
  await eachManifest({ reading, repositoryId, relations }, (manifest, row) => {
    isTyped[manifest] = row.artifact_type === null ? 0 : 1
    fact[manifest] = matchesOne(globs, row.artifact_type ?? '') ? YES : NO
  })
  // An index that does not say what it is is what its images are.
  relations.raiseToLeaders('child', fact, leader => isTyped[leader] === 0)
  return fact
}

async function annotationMatches(here: Here, key: string, glob: string): Promise<Fact> {
  const fact = new Uint8Array(here.relations.size).fill(UNKNOWN)
  await eachManifest(here, (manifest, { annotations }) => {
    fact[manifest] = hasMatch(annotations, key, glob) ? YES : NO
  })
  return fact
}

async function platformsMatch(here: Here, globs: readonly string[]): Promise<Fact> {
  const fact = new Uint8Array(here.relations.size).fill(UNKNOWN)
  await eachDetails(here, (manifest, { platforms }) => {
    const list = platforms === null ? [] : (JSON.parse(platforms) as readonly string[])
    fact[manifest] = list.some(platform => matchesOne(globs, platform)) ? YES : NO
  })
  here.relations.raiseToLeaders('child', fact)
  return fact
}

/** Labels of the config, of an index those of its images; and what people gave to the image itself. */
async function labelMatches(here: Here, key: string, glob: string): Promise<Fact> {
  const { reading, repositoryId, relations } = here
  const fact = new Uint8Array(relations.size).fill(UNKNOWN)
  await eachDetails(here, (manifest, { labels }) => {
    fact[manifest] = hasMatch(labels, key, glob) ? YES : NO
  })
  relations.raiseToLeaders('child', fact)
  for await (const rows of reading.labels(repositoryId)) {
    for (const row of rows) if (row.key === key && matchesGlob(glob, row.value)) set(relations, fact, row.digest, YES)
  }
  return fact
}

const SIGNATURES = [
  'application/vnd.dev.cosign.artifact.sig.v1+json',
  'application/vnd.dev.sigstore.bundle**',
  'application/vnd.cncf.notary.signature',
]

async function signed({ reading, repositoryId, relations }: Here): Promise<Fact> {
  const fact = new Uint8Array(relations.size)
  for await (const rows of reading.typedReferrers(repositoryId)) {
    for (const { subject, artifact_type } of rows)
      if (artifact_type !== null && matchesOne(SIGNATURES, artifact_type)) set(relations, fact, subject, YES)
  }
  for await (const rows of fallbackTagPages(reading, repositoryId))
    for (const { subject, name } of rows) if (name.endsWith('.sig')) set(relations, fact, subject, YES)
  return fact
}

/** UNKNOWN of what was not scanned; of an index as of the worst of its images. */
async function critical({ reading, repositoryId, relations }: Here): Promise<Fact> {
  const fact = new Uint8Array(relations.size).fill(UNKNOWN)
  for await (const rows of reading.scanned(repositoryId))
    for (const { digest, critical } of rows) set(relations, fact, digest, Number(critical) > 0 ? YES : NO)
  // Nothing is known of an index itself, so that what its images say is all that there is to say.
  relations.each('child', index => {
    fact[index] = NO
  })
  relations.raiseToLeaders('child', fact)
  return fact
}

function inIndex({ relations }: Here): Fact {
  const fact = new Uint8Array(relations.size)
  relations.each('child', (_, child) => {
    fact[child] = YES
  })
  return fact
}

async function eachManifest(
  { reading, repositoryId, relations }: Here,
  visit: (manifest: number, row: { artifact_type: string | null; annotations: string | null }) => void,
): Promise<void> {
  for await (const rows of reading.manifests(repositoryId)) {
    for (const row of rows) {
      const manifest = relations.find(row.digest)
      if (manifest >= 0) visit(manifest, row)
    }
  }
}

async function eachDetails(
  { reading, repositoryId, relations }: Here,
  visit: (manifest: number, row: { platforms: string | null; labels: string | null }) => void,
): Promise<void> {
  for await (const rows of reading.details(repositoryId)) {
    for (const row of rows) {
      const manifest = relations.find(row.digest)
      if (manifest >= 0) visit(manifest, row)
    }
  }
}

function set(relations: Relations, fact: Fact, digest: Digest | string, value: number): void {
  const manifest = relations.find(digest)
  if (manifest >= 0) fact[manifest] = value
}

function hasMatch(json: string | null, key: string, glob: string): boolean {
  const value = json === null ? undefined : (JSON.parse(json) as Readonly<Record<string, unknown>>)[key]
  return typeof value === 'string' && matchesGlob(glob, value)
}

function matchesOne(globs: readonly string[], text: string): boolean {
  return globs.some(glob => matchesGlob(glob, text))
}
