import type { SpooledFile } from '../../stores/advisory-files/index.ts'
import type { AuditEntry } from '../../stores/metadata/index.ts'
import { type Action, done, invalid, notFound, type Permit } from '../access/index.ts'
import type { Advising } from './advising.ts'
import { type SourceStatus, sourceStatuses } from './status.ts'
import { fromRecord, type KeptAdvisory } from './stored-record.ts'
import { type ArtifactFile, type Artifacts, artifactFiles } from './updating/artifact-files.ts'
import { type Fetched, fetchSources } from './updating/fetch-sources.ts'
import { type Matched, matchChanges } from './updating/match-changes.ts'
import { takeIn } from './updating/take-in.ts'

/** What people do with advisories stands on this. */
export interface AdvisoryAdministration extends Advising {
  readonly record: (entries: readonly AuditEntry[]) => Promise<void>
  /** The files of a stream in the tar format. @throws BadFile. */
  readonly filesIn: (stream: AsyncIterable<Uint8Array>) => AsyncIterable<ArtifactFile>
  readonly artifacts: Artifacts
}

/** How an update goes on. */
export type UpdateLine =
  | { readonly progress: { readonly source: string; readonly records: number } }
  | { readonly source: Fetched }
  /** Files in which there is nothing of advisories. */
  | { readonly skipped: readonly string[] }
  | { readonly matched: Matched }

export type TellUpdate = (line: UpdateLine) => void | Promise<void>

export function listSources(
  administration: AdvisoryAdministration,
  _permit: Permit<'see registry'>,
): Promise<readonly SourceStatus[]> {
  return sourceStatuses(administration)
}

export interface AdvisoryQuestion {
  readonly id?: string | undefined
  readonly package?: string | undefined
  readonly ecosystem?: string | undefined
}

/** Advisories that count, by an id of theirs or by the package that they name. @throws INVALID. */
export async function searchAdvisories(
  { tables }: AdvisoryAdministration,
  _permit: Permit<'see registry'>,
  question: AdvisoryQuestion,
  page: { after?: number | undefined; limit: number },
): Promise<readonly (KeptAdvisory & { readonly number: number })[]> {
  const { id, ecosystem } = question
  if (id === undefined && (question.package === undefined || ecosystem === undefined))
    throw invalid({
      field: id === undefined && ecosystem === undefined ? 'id' : 'package',
      message: 'give an id, or a package and its ecosystem',
    })
  const found = await tables.lookup.search(question, page)
  return found.map(advisory => ({ number: advisory.number, ...fromRecord(advisory) }))
}

export interface Update {
  /** Only this one of the configured addresses. */
  readonly source?: string | undefined
  /** `repository:tag` or `repository@digest` in this registry, instead of any address. */
  readonly artifact?: string | undefined
}

type Running = (tell: TellUpdate, signal: AbortSignal) => Promise<void>

/** Asks the configured addresses now, or takes in an artifact; then matches what that changed. @throws NOT_FOUND, INVALID. */
export async function startUpdate(
  administration: AdvisoryAdministration,
  permit: Permit<'manage registry'>,
  { source, artifact }: Update,
): Promise<Running> {
  if (artifact !== undefined) {
    if (source !== undefined)
      throw invalid({ field: 'source', message: 'an artifact says of itself which source it is' })
    const files = await artifactFiles(administration.artifacts, artifact)
    return takeInLater(administration, files, artifact, () => recordUpdate(administration, permit, { from: artifact }))
  }
  const configured = administration.settings.sources.map(({ name }) => name)
  const isKnown = (name: string) => configured.includes(name) || configured.includes(name.split(':', 1)[0] as string)
  if (source !== undefined && !isKnown(source))
    throw notFound(`source ${source} in advisories.sources, which has ${configured.join(', ') || 'none'}`)
  await recordUpdate(administration, permit, { from: 'addresses', source: source ?? 'all' })
  return async (tell, signal) => {
    await fetchSources(administration, { signal, source, heard: fetched => tell({ source: fetched }) })
    await tell({ matched: await matchChanges(administration, signal) })
  }
}

/** Files of one upload. */
const MOST_FILES = 1_000_000

/**
 * Takes files that somebody carried here, in the tar format; they are read when all of them came. Gives what then takes
 * them in. @throws INVALID when the stream is damaged, SIZE_INVALID when it is too large.
 */
export async function receiveFiles(
  administration: AdvisoryAdministration,
  permit: Permit<'manage registry'>,
  stream: AsyncIterable<Uint8Array>,
): Promise<Running> {
  const files = administration.filesIn(stream)
  return takeInLater(administration, files, `files of ${permit.principal.name}`, count =>
    recordUpdate(administration, permit, { from: 'files', files: count }),
  )
}

/** Keeps all files here before any of them is read: half of them would be nothing. */
async function takeInLater(
  administration: AdvisoryAdministration,
  coming: AsyncIterable<ArtifactFile>,
  origin: string,
  record: (files: number) => Promise<void>,
): Promise<Running> {
  const spool = await administration.openSpool()
  const files: SpooledFile[] = []
  try {
    let left = administration.settings.mostBytes
    for await (const { name, chunks } of coming) {
      if (files.length >= MOST_FILES) throw invalid({ field: name, message: `is one of more than ${MOST_FILES} files` })
      const file = await spool.keep(name, chunks, left)
      left -= file.sizeBytes
      files.push(file)
    }
    if (files.length === 0) throw invalid({ field: '', message: 'There is no file in what was sent' })
    await record(files.length)
  } catch (error) {
    await spool[Symbol.asyncDispose]()
    if (error instanceof Error && error.name === 'BadFile') throw invalid({ field: '', message: error.message })
    throw error
  }
  return async (tell, signal) => {
    await using _ = spool
    await takeFiles(administration, files, origin, { tell, signal })
  }
}

async function takeFiles(
  administration: AdvisoryAdministration,
  files: readonly SpooledFile[],
  origin: string,
  { tell, signal }: { readonly tell: TellUpdate; readonly signal: AbortSignal },
): Promise<void> {
  const each = async function* () {
    yield* files
  }
  let told = 0
  const { used, skipped } = await takeIn(administration, each(), {
    origin,
    signal,
    progress(source, records) {
      const now = administration.clock()
      if (now - told < PROGRESS_MS) return undefined
      told = now
      return tell({ progress: { source, records } })
    },
  })
  for (const { source, records, changed } of used)
    await tell({ source: { source, outcome: changed === 0 ? 'unchanged' : 'used', records, changed } })
  if (skipped.length > 0) await tell({ skipped })
  await tell({ matched: await matchChanges(administration, signal) })
}

const PROGRESS_MS = 1000

function recordUpdate(
  { record, clock }: AdvisoryAdministration,
  permit: Permit<Action>,
  detail: Readonly<Record<string, string | number>>,
): Promise<void> {
  return record([done(permit, { type: 'advisories.update', at: clock(), kind: 'advisories', detail })])
}
