import type { Clock } from '../../platform/clock/index.ts'
import type { Sealer } from '../../platform/secrets/index.ts'
import type { Findings, InventoryTables, Manifests } from '../../stores/metadata/index.ts'
import type { Access } from '../access/index.ts'

/** What the use cases about what images hold stand on. */
export interface Scans {
  readonly tables: InventoryTables
  readonly findings: Findings
  readonly manifests: Pick<Manifests, 'find'>
  readonly access: Access
  readonly clock: Clock
  /** Hides where a page ended; undefined where nobody is asked who they are and there is no key. */
  readonly sealer: Sealer | undefined
  /** Are images read at all? */
  readonly isEnabled: boolean
  /** Less than 0 when `a` comes before `b` by the rules of the ecosystem. */
  readonly compareVersions: (ecosystem: string, a: string, b: string) => number
  /** Of Berth, for documents that say who made them. */
  readonly version: string
}
