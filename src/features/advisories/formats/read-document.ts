import { isObject } from '../../../oci/index.ts'
import type { Exploited, Prediction } from '../../../stores/metadata/index.ts'
import type { Advisory } from '../advisory.ts'
import { BadRecord } from './bad-record.ts'
import { isCsaf, readCsaf } from './csaf.ts'
import { readDebian } from './debian.ts'
import { epssDate, isEpss, readPrediction } from './epss.ts'
import { jsonMembers, parseJson } from './json-members.ts'
import { isKev, readKev } from './kev.ts'
import { readOsv } from './osv.ts'
import { isSecdb, readSecdb, secdbName } from './secdb.ts'

/** Some records of one source, in their order. */
export interface Heard {
  /** Which source of that format: `osv:Go`, `alpine:v3.19/main`, `epss`. */
  readonly source: string
  readonly format: 'osv' | 'debian' | 'secdb' | 'csaf' | 'epss' | 'kev'
  readonly advisories?: readonly Advisory[]
  readonly predictions?: readonly Prediction[]
  readonly exploited?: readonly Exploited[]
  /** When what was heard was made, where no record tells. */
  readonly madeAt?: number | undefined
}

interface Named {
  /** Where it lies: `Go/all.zip!/GO-2024-1.json`. */
  readonly name: string
  readonly chunks: AsyncIterable<Uint8Array>
}

/** Is read whole; larger ones member by member. */
const WHOLE_BYTES = 32 * 1024 ** 2
/** Of one record of whatever kind. */
const MOST_RECORD_BYTES = 128 * 1024 ** 2
const MOST_LINE_CHARACTERS = 1000
const PART = 1000

/**
 * What a document says, whichever of the formats it has; nothing when it has none of them.
 * @throws BadRecord when it is one of them, and damaged; what the chunks throw.
 */
export async function* readDocument({ name, chunks }: Named): AsyncGenerator<Heard> {
  const iterator = chunks[Symbol.asyncIterator]()
  const begun: Uint8Array[] = []
  let length = 0
  let isWhole = false
  while (length <= WHOLE_BYTES) {
    const { done, value } = await iterator.next()
    if (done) {
      isWhole = true
      break
    }
    begun.push(value)
    length += value.byteLength
  }
  const head = Buffer.concat(begun.slice(0, 1))
    .subarray(0, 512)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart()
  const all = async function* () {
    yield* begun.splice(0)
    if (!isWhole) yield* { [Symbol.asyncIterator]: () => iterator }
  }
  if (isEpss(head)) yield* readEpss(all())
  else if (!head.startsWith('{')) {
    if (/\.json$/.test(name)) throw new BadRecord('It is not JSON: it does not begin with {')
    // A README or what else lies in a folder; read to its end, so that what follows is reached.
    for await (const _ of all());
  } else if (isWhole)
    yield* readWhole(
      name,
      parseJson(
        Buffer.concat(begun)
          .toString('utf8')
          .replace(/^\uFEFF/, ''),
      ),
    )
  else yield* readLarge(name, all())
}

function* readWhole(name: string, value: unknown): Generator<Heard> {
  if (isKev(value)) yield { source: 'kev', format: 'kev', exploited: readKev(value), madeAt: releaseOf(value) }
  else if (isSecdb(value)) yield { source: secdbName(value), format: 'secdb', advisories: readSecdb(value) }
  else if (isCsaf(value)) yield { source: 'csaf:redhat', format: 'csaf', advisories: readCsaf(value) }
  else if (isOsv(value)) yield { source: osvSource(name), format: 'osv', advisories: [readOsv(value)] }
  else if (isDebian(value))
    for (const [each, vulnerabilities] of Object.entries(value as object)) yield debian(each, vulnerabilities)
}

/** Only Debian's is a list of records whose whole is as large; of any other kind, one record is. */
async function* readLarge(name: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Heard> {
  const members: Record<string, unknown> = {}
  let isTracker: boolean | undefined
  for await (const [key, value] of jsonMembers(chunks, MOST_RECORD_BYTES)) {
    isTracker ??= isDebian({ [key]: value })
    if (isTracker) yield debian(key, value)
    else members[key] = value
  }
  if (!isTracker) yield* readWhole(name, members)
}

function debian(name: string, vulnerabilities: unknown): Heard {
  return { source: 'debian', format: 'debian', advisories: readDebian(name, vulnerabilities) }
}

function isDebian(value: unknown): boolean {
  const [first] = isObject(value) ? Object.values(value) : []
  const [id, each] = isObject(first) ? (Object.entries(first)[0] ?? []) : []
  return id !== undefined && /^(CVE|TEMP|DSA|DLA)-/.test(id) && isObject(each) && 'releases' in each
}

function isOsv(value: unknown): boolean {
  return isObject(value) && typeof value.id === 'string' && ('affected' in value || 'modified' in value)
}

/** By the archive or folder that it lies in. */
function osvSource(name: string): string {
  const [archive = '', inside] = name.split('!/')
  const parts = archive.split('/')
  const file = (parts.pop() ?? '').replace(/\.(zip|tar|tgz|tar\.gz|tar\.zst)$/, '')
  const folder = parts.at(-1)
  if (inside === undefined) return `osv:${folder ?? 'folder'}`
  return `osv:${file === 'all' && folder !== undefined ? folder : file}`
}

function releaseOf(value: unknown): number | undefined {
  const ms = isObject(value) ? Date.parse(String(value.dateReleased)) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms
}

async function* readEpss(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Heard> {
  const decoder = new TextDecoder()
  const about = { source: 'epss', format: 'epss' } as const
  let madeAt: number | undefined
  let rest = ''
  let part: Prediction[] = []
  const take = (line: string) => {
    madeAt ??= line.startsWith('#') ? epssDate(line) : undefined
    const prediction = readPrediction(line)
    if (prediction) part.push(prediction)
  }
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > MOST_LINE_CHARACTERS) throw new BadRecord('A line is too long')
    for (const line of lines) take(line)
    if (part.length < PART) continue
    yield { ...about, predictions: part, madeAt }
    part = []
  }
  take(rest)
  yield { ...about, predictions: part, madeAt }
}
