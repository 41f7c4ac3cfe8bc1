import type { Access } from '../features/access/index.ts'
import { orderOf } from '../features/advisories/index.ts'
import type { Scans } from '../features/scanning/index.ts'
import { systemClock } from '../platform/clock/index.ts'
import type { Metadata } from '../stores/metadata/index.ts'
import type { Config } from './config/index.ts'
import { VERSION } from './version.ts'

export function composeScans({ inventories, advisories, manifests }: Metadata, config: Config, access: Access): Scans {
  return {
    tables: inventories,
    findings: advisories.findings,
    manifests,
    access,
    clock: systemClock,
    isEnabled: config.scanning.enabled,
    compareVersions: (ecosystem, a, b) => orderOf(ecosystem)(a, b),
    version: VERSION,
  }
}
