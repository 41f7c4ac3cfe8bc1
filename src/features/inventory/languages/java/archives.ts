import type { FileReader } from '../../file-reader.ts'
import type { FoundPackage } from '../../package.ts'
import { PartlyRead } from '../../partly-read.ts'
import { fileName } from '../document.ts'
import { mavenPackage } from '../packages.ts'
import { type Budget, newBudget, OverBudget, unpackMember, type ZipMember, zipMembers } from '../zip.ts'
import { readArchiveName, splitArtifact } from './archive-name.ts'
import { groupOf } from './groups.ts'
import { readManifest, readProperties } from './manifest.ts'

const ARCHIVE = /\.(?:jar|war|ear|par|sar|nar|jpi|hpi|kar|far|lpkg|rar|zap)$/i
const DEEPEST = 8
/** Of archives that are unpacked, one in the other, at the same time; those that are stored take nothing. */
const MOST_HELD_BYTES = 256 * 1024 * 1024
const LARGEST_TEXT_BYTES = 8 * 1024 * 1024

/** Archives of Java, and those in them: what Maven left in each, and else what its manifest and its name tell. */
export const JAVA_ARCHIVES: FileReader = {
  name: 'Java archives',
  // Programs may lie in front of an archive, but what begins as RAR does is one.
  wants: ({ path, head }) => ARCHIVE.test(path) && !startsWith(head, 'Rar!'),
  read({ path, bytes }) {
    const reading: Reading = { budget: newBudget(), heldBytes: 0, found: [], problems: [] }
    try {
      readArchive(reading, { name: fileName(path), bytes, within: '', depth: 1 })
    } catch (error) {
      // Told first: it is why the rest is missing.
      reading.problems.unshift((error as Error).message)
    }
    if (reading.problems.length === 0) return reading.found
    throw new PartlyRead(told(reading.problems), reading.found)
  },
}

interface Reading {
  readonly budget: Budget
  heldBytes: number
  readonly found: FoundPackage[]
  readonly problems: string[]
}

interface Archive {
  readonly name: string
  readonly bytes: Uint8Array
  /** Where it is in the outermost one; empty for that itself. */
  readonly within: string
  readonly depth: number
}

/** @throws Error when it is no zip archive. */
function readArchive(reading: Reading, archive: Archive): void {
  const artifacts: ReadonlyMap<string, string>[] = []
  const manifests: ReadonlyMap<string, string>[] = []
  for (const member of zipMembers(archive.bytes, reading.budget)) {
    const text = () => unpackMember(archive.bytes, member, LARGEST_TEXT_BYTES, reading.budget)
    if (member.name === 'META-INF/MANIFEST.MF') attempt(reading, archive, () => manifests.push(readManifest(text())))
    else if (member.name.endsWith('pom.properties'))
      attempt(reading, archive, () => artifacts.push(readProperties(text())))
    else if (ARCHIVE.test(member.name)) attempt(reading, archive, () => readNested(reading, archive, member))
  }
  const within = archive.within === '' ? {} : { within: archive.within }
  for (const one of packagesOf(archive, artifacts, manifests[0] ?? new Map())) reading.found.push({ ...one, ...within })
}

function readNested(reading: Reading, outer: Archive, member: ZipMember): void {
  if (outer.depth === DEEPEST) throw new Error(`${member.name} is in ${DEEPEST} archives, and deeper ones are not read`)
  const bytes = unpackMember(outer.bytes, member, MOST_HELD_BYTES - reading.heldBytes, reading.budget)
  const heldBytes = bytes.buffer === outer.bytes.buffer ? 0 : bytes.byteLength
  const within = outer.within === '' ? member.name : `${outer.within}!/${member.name}`
  reading.heldBytes += heldBytes
  try {
    readArchive(reading, { name: fileName(member.name), bytes, within, depth: outer.depth + 1 })
  } finally {
    reading.heldBytes -= heldBytes
  }
}

/** One member that is damaged does not hide the others; asking for too much ends it all. */
function attempt(reading: Reading, { within }: Archive, read: () => void): void {
  try {
    read()
  } catch (error) {
    if (error instanceof OverBudget) throw error
    reading.problems.push(within === '' ? (error as Error).message : `${within}: ${(error as Error).message}`)
  }
}

/** Each that Maven left its properties of (several when archives were put together into one), and the archive's own. */
function packagesOf(
  { name }: Archive,
  artifacts: readonly ReadonlyMap<string, string>[],
  manifest: ReadonlyMap<string, string>,
): FoundPackage[] {
  const licences = manifest.get('bundle-license')
  const file = readArchiveName(name)
  const isItself = (artifact: string | undefined) =>
    artifact !== undefined && artifact !== '' && (artifact.startsWith(file.name) || file.name.endsWith(artifact))
  const found = artifacts.flatMap(properties => {
    const artifact = properties.get('artifactId')
    const itself = isItself(artifact) ? licences : undefined
    return isWritten(properties)
      ? mavenPackage(properties.get('groupId'), artifact, properties.get('version'), itself)
      : []
  })
  if (artifacts.some(properties => isItself(properties.get('artifactId')))) return found
  return [...found, ...ofManifest(file.name, file.version, manifest, licences)]
}

/** Some builds forget to put values in place of `${project.version}`. */
const isWritten = (properties: ReadonlyMap<string, string>): boolean => !properties.get('version')?.includes('${')

function ofManifest(
  name: string,
  ownVersion: string | undefined,
  manifest: ReadonlyMap<string, string>,
  licences: string | undefined,
): readonly FoundPackage[] {
  // An agent's archive of what it weaves into another library, whose name it bears.
  if (manifest.has('weave-classes')) return []
  const version =
    ownVersion ??
    ['implementation-version', 'specification-version', 'plugin-version', 'bundle-version']
      .map(attribute => manifest.get(attribute))
      .find(value => value !== undefined && value !== '')
  if (version === undefined) return []
  // A name with a version is as a repository has it, and so surer than a bundle's name.
  const { artifact, group } = splitArtifact((ownVersion === undefined ? bundleName(manifest) : undefined) ?? name)
  return mavenPackage(group ?? groupOf(artifact, version, manifest), artifact, version, licences)
}

/** Maven's bundle plugin names a bundle by group and artifact. */
function bundleName(manifest: ReadonlyMap<string, string>): string | undefined {
  const symbolic = manifest.get('bundle-symbolicname')?.split(';', 1)[0]
  const isOfPlugin = manifest.get('created-by')?.includes('Apache Maven Bundle Plugin') === true
  if (!isOfPlugin || symbolic === undefined || symbolic === manifest.get('implementation-vendor-id')) return undefined
  return symbolic.split('.').at(-1)
}

const startsWith = (bytes: Uint8Array, text: string): boolean =>
  [...text].every((character, index) => bytes[index] === character.charCodeAt(0))

const MOST_TOLD = 5
const told = (problems: readonly string[]): string =>
  [
    ...problems.slice(0, MOST_TOLD),
    ...(problems.length > MOST_TOLD ? [`and ${problems.length - MOST_TOLD} more`] : []),
  ].join('; ')
