import type { Digest, RepositoryName } from '../../../oci/index.ts'
import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine, Queries } from '../engine.ts'
import { idOf } from '../repositories.ts'
import { type Scanner, scannerOf } from './scanner-list.ts'

/** What a scanner is to be asked, or was. Times are milliseconds since the epoch. */
export interface ScannerRequest {
  readonly id: number
  readonly scanner: Scanner
  readonly repository: RepositoryName
  readonly digest: Digest
  readonly mediaType: string
  /** What the scanner calls it; undefined until it took it. */
  readonly request: string | undefined
  readonly attempts: number
  readonly askedAt: number
  readonly askedBy: string
}

/** One that has not ended, or was given up. */
export interface RequestState {
  readonly scanner: string
  readonly isGivenUp: boolean
  readonly problem: string | undefined
  readonly askedAt: number
}

export interface ScannerRequests {
  /** Puts the image in line for the scanner, anew if it was given up; false when there is no such image. */
  ask(
    which: {
      readonly scanner: number
      readonly repository: RepositoryName
      readonly digest: Digest
      readonly by: string
      readonly now: number
    },
    record?: Recording<boolean>,
  ): Promise<boolean>
  /** Puts images in line that were pushed since, of automatic scanners; gives how many. */
  askForNew(artifactTypes: readonly string[], by: string, now: number, limit: number): Promise<number>
  /** Those whose turn has come. */
  due(now: number, limit: number): Promise<readonly ScannerRequest[]>
  /** What became of a try. `dueAt` undefined: given up. */
  note(
    id: number,
    note: {
      readonly request?: string | undefined
      readonly attempts: number
      readonly dueAt: number | undefined
      readonly problem?: string | undefined
    },
  ): Promise<void>
  /** It is answered. */
  done(id: number): Promise<void>
  of(repository: RepositoryName, digest: Digest): Promise<readonly RequestState[]>
  /** Those given up that were asked before then. */
  forget(before: number): Promise<void>
}

const LOOSE = { durable: false }

export function createScannerRequests(engine: Engine): ScannerRequests {
  return {
    ask: (which, record) => recordedWrite(engine, record, queries => ask(queries, which)),
    askForNew: (types, by, now, limit) => engine.write(queries => askForNew(queries, types, { by, now, limit }), LOOSE),
    async due(now, limit) {
      const rows = await engine.db
        .selectFrom('scanner_requests')
        .innerJoin('scanners', 'scanners.id', 'scanner_requests.scanner_id')
        .innerJoin('repositories', 'repositories.id', 'scanner_requests.repository_id')
        .selectAll('scanners')
        .select([
          'scanner_requests.id as request_id',
          'repositories.name as repository',
          'digest',
          'media_type',
          'request',
          'attempts',
          'asked_at',
          'asked_by',
        ])
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .limit(limit)
        .execute()
      return rows.map(row => ({
        id: row.request_id,
        scanner: scannerOf(row),
        repository: row.repository,
        digest: row.digest,
        mediaType: row.media_type,
        request: row.request ?? undefined,
        attempts: row.attempts,
        askedAt: row.asked_at,
        askedBy: row.asked_by,
      }))
    },
    async note(id, { request, attempts, dueAt, problem }) {
      const columns = { request: request ?? null, attempts, due_at: dueAt ?? null, problem: problem ?? null }
      await engine.write(
        queries => queries.updateTable('scanner_requests').set(columns).where('id', '=', id).execute(),
        LOOSE,
      )
    },
    async done(id) {
      await engine.write(queries => queries.deleteFrom('scanner_requests').where('id', '=', id).execute(), LOOSE)
    },
    async of(repository, digest) {
      const rows = await engine.db
        .selectFrom('scanner_requests')
        .innerJoin('scanners', 'scanners.id', 'scanner_requests.scanner_id')
        .select(['scanners.name', 'due_at', 'problem', 'asked_at'])
        .where('repository_id', '=', idOf(engine.db, repository))
        .where('digest', '=', digest)
        .orderBy('scanners.name')
        .execute()
      return rows.map(row => ({
        scanner: row.name,
        isGivenUp: row.due_at === null,
        problem: row.problem ?? undefined,
        askedAt: row.asked_at,
      }))
    },
    async forget(before) {
      await engine.write(
        queries =>
          queries.deleteFrom('scanner_requests').where('due_at', 'is', null).where('asked_at', '<', before).execute(),
        LOOSE,
      )
    },
  }
}

async function ask(
  queries: Queries,
  { scanner, repository, digest, by, now }: Parameters<ScannerRequests['ask']>[0],
): Promise<boolean> {
  const manifest = await queries
    .selectFrom('manifests')
    .select(['repository_id', 'media_type'])
    .where('repository_id', '=', idOf(queries, repository))
    .where('digest', '=', digest)
    .executeTakeFirst()
  if (!manifest) return false
  await putInLine(queries, [{ scanner_id: scanner, digest, ...manifest }], by, now)
  return true
}

async function askForNew(
  queries: Queries,
  types: readonly string[],
  { by, now, limit }: { readonly by: string; readonly now: number; readonly limit: number },
): Promise<number> {
  const automatic = await queries.selectFrom('scanners').select(['id', 'seen']).where('is_automatic', '=', 1).execute()
  let asked = 0
  for (const { id, seen } of automatic) {
    const pushed = await queries
      .selectFrom('manifests')
      .select(['id', 'repository_id', 'digest', 'media_type', 'artifact_type', 'subject'])
      .where('id', '>', seen)
      .orderBy('id')
      .limit(limit)
      .execute()
    const last = pushed.at(-1)
    if (!last) continue
    const images = pushed.filter(each => each.subject === null && types.includes(each.artifact_type ?? ''))
    const rows = images.map(each => ({
      scanner_id: id,
      repository_id: each.repository_id,
      digest: each.digest,
      media_type: each.media_type,
    }))
    if (rows.length > 0) await putInLine(queries, rows, by, now)
    await queries.updateTable('scanners').set({ seen: last.id }).where('id', '=', id).execute()
    asked += pushed.length
  }
  return asked
}

async function putInLine(
  queries: Queries,
  rows: readonly {
    readonly scanner_id: number
    readonly repository_id: number
    readonly digest: Digest
    readonly media_type: string
  }[],
  by: string,
  now: number,
): Promise<void> {
  const anew = { request: null, due_at: now, attempts: 0, problem: null, asked_at: now, asked_by: by }
  await queries
    .insertInto('scanner_requests')
    .values(rows.map(row => ({ ...row, ...anew })))
    .onConflict(conflict =>
      conflict
        .columns(['scanner_id', 'repository_id', 'digest'])
        .doUpdateSet(anew)
        .where('scanner_requests.due_at', 'is', null),
    )
    .execute()
}
