import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CopyOptions, type RestoreReport, restoreRegistry } from '../features/copying/index.ts'
import { verifyRegistry } from '../features/integrity/index.ts'
import { systemClock } from '../platform/clock/index.ts'
import type { Backup } from '../stores/backups/index.ts'
import { filesystemBlobStores } from '../stores/blobs/index.ts'
import { SCHEMA_VERSIONS } from '../stores/metadata/index.ts'
import type { Config } from './config/index.ts'
import { openRestoreTarget } from './restore-target.ts'

/** Restores a backup to a folder of its own, reads all of it again, and removes the folder. */
export async function drillBackup(
  config: Config,
  backup: Backup,
  { scratch, ...options }: CopyOptions & { readonly at?: Date; readonly scratch: string | undefined },
): Promise<RestoreReport & { readonly findings: readonly string[] }> {
  const data = await mkdtemp(join(scratch ?? tmpdir(), 'berth-drill-'))
  try {
    const embedded = {
      ...config,
      data,
      database: { ...config.database, url: undefined },
      blobs: { ...config.blobs, url: undefined },
    }
    await using opened = await openRestoreTarget(embedded)
    const job = { backup, target: opened.target, schemas: SCHEMA_VERSIONS }
    const report = await restoreRegistry(job, options)
    const findings: string[] = []
    if (report.outcome === 'restored') {
      const { inventory, dangling, damage } = opened.metadata
      const { blobs } = filesystemBlobStores(data)
      await verifyRegistry(
        { inventory, dangling, damage, blobs, clock: systemClock },
        {
          content: true,
          sparseManifests: config.manifests.sparse,
          safetyMs: 0,
          onFinding: ({ kind, digest, detail }) => findings.push(`${kind}: ${digest}: ${detail}`),
        },
      )
    }
    return { ...report, findings }
  } finally {
    await rm(data, { recursive: true, force: true })
  }
}
