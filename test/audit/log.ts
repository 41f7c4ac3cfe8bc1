import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CheckpointSigner } from '../../src/features/audit/index.ts'
import {
  type AuditEntry,
  type AuditTables,
  appendAudit,
  type Engine,
  openPostgresMetadata,
  openSqliteMetadata,
} from '../../src/stores/metadata/index.ts'
import { databaseSettings } from '../support/database.ts'

export interface Log extends AsyncDisposable {
  readonly engine: Engine
  readonly tables: AuditTables
  readonly folder: string
  /** Writes entries, each in a transaction, and seals them. */
  write(...entries: readonly Partial<AuditEntry>[]): Promise<void>
  seal(): Promise<void>
}

/** An empty audit log in a database of its own. */
export async function openLog(): Promise<Log> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-audit-'))
  const { BERTH_DATABASE_URL: url } = await databaseSettings(folder)
  const { engine, metadata } =
    url === undefined
      ? await openSqliteMetadata(join(folder, 'berth.db'))
      : await openPostgresMetadata({ url, maxConnections: 5, connectTimeoutSeconds: 5, statementTimeoutSeconds: 30 })
  const tables = metadata.audit
  const seal = async () => {
    while ((await tables.sealing.seal()) > 0);
  }
  return {
    engine,
    tables,
    folder,
    seal,
    async write(...entries) {
      for (const given of entries) await engine.write(queries => appendAudit(queries, [entryOf(given)]))
      await seal()
    },
    async [Symbol.asyncDispose]() {
      await metadata.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export function entryOf(given: Partial<AuditEntry> = {}): AuditEntry {
  return {
    at: 1_700_000_000_000,
    type: 'manifest.push',
    category: 'data write',
    outcome: 'success',
    actor: { kind: 'user', id: 'u1', name: 'ada', authenticatedBy: 'password' },
    origin: { address: '192.0.2.1', userAgent: 'docker/27', requestId: 'r-1', method: 'PUT', path: '/v2/team/app' },
    resource: { project: 'team', repository: 'team/app', tag: 'v1' },
    ...given,
  }
}

/** ES256, as Berth's own keys are. */
export function newSigner(keyId = 'key-1'): CheckpointSigner {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    sign: async bytes => ({
      keyId,
      signature: sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
    }),
    verify: async (asked, bytes, signature) =>
      asked === keyId && verify('sha256', bytes, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature),
  }
}
