import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine } from '../engine.ts'

/** An adapter that images are scanned with. Times are milliseconds since the epoch. */
export interface Scanner {
  readonly id: number
  readonly name: string
  readonly url: string
  /** Sealed. */
  readonly authorization: string | undefined
  readonly isAutomatic: boolean
  readonly vendor: string | undefined
  readonly version: string | undefined
  readonly consumes: readonly string[]
  readonly produces: string
  readonly createdAt: number
  readonly createdBy: string
}

export type ScannerAdded = 'added' | 'name taken' | 'too many'

export interface ScannerList {
  /** By name. */
  all(): Promise<readonly Scanner[]>
  find(name: string): Promise<Scanner | undefined>
  /** Of an automatic one, images that are pushed from now on are put in line; durable. */
  add(scanner: Omit<Scanner, 'id'> & { readonly most: number }, record?: Recording<ScannerAdded>): Promise<ScannerAdded>
  /** With what it was to be asked; its reports stay. Durable. */
  remove(name: string, record?: Recording<boolean>): Promise<boolean>
}

export function createScannerList(engine: Engine): ScannerList {
  const rows = () => engine.db.selectFrom('scanners').selectAll()
  return {
    all: async () => (await rows().orderBy('name').execute()).map(scannerOf),
    async find(name) {
      const row = await rows().where('name', '=', name).executeTakeFirst()
      return row && scannerOf(row)
    },
    add: ({ most, ...scanner }, record) =>
      recordedWrite(engine, record, async queries => {
        const there = await queries.selectFrom('scanners').select('name').execute()
        if (there.some(({ name }) => name === scanner.name)) return 'name taken'
        if (there.length >= most) return 'too many'
        const last = await queries
          .selectFrom('manifests')
          .select(({ fn }) => fn.max('id').as('id'))
          .executeTakeFirst()
        await queries
          .insertInto('scanners')
          .values({
            name: scanner.name,
            url: scanner.url,
            authorization: scanner.authorization ?? null,
            is_automatic: scanner.isAutomatic ? 1 : 0,
            vendor: scanner.vendor ?? null,
            version: scanner.version ?? null,
            consumes: JSON.stringify(scanner.consumes),
            produces: scanner.produces,
            seen: Number(last?.id ?? 0),
            created_at: scanner.createdAt,
            created_by: scanner.createdBy,
          })
          .execute()
        return 'added'
      }),
    remove: (name, record) =>
      recordedWrite(engine, record, async queries => {
        const { numDeletedRows } = await queries.deleteFrom('scanners').where('name', '=', name).executeTakeFirst()
        return numDeletedRows > 0n
      }),
  }
}

export interface ScannerRow {
  readonly id: number
  readonly name: string
  readonly url: string
  readonly authorization: string | null
  readonly is_automatic: 0 | 1
  readonly vendor: string | null
  readonly version: string | null
  readonly consumes: string
  readonly produces: string
  readonly created_at: number
  readonly created_by: string
}

export function scannerOf(row: ScannerRow): Scanner {
  return {
    id: row.id,
    name: row.name,
    url: row.url,
    authorization: row.authorization ?? undefined,
    isAutomatic: row.is_automatic === 1,
    vendor: row.vendor ?? undefined,
    version: row.version ?? undefined,
    consumes: JSON.parse(row.consumes),
    produces: row.produces,
    createdAt: row.created_at,
    createdBy: row.created_by,
  }
}
