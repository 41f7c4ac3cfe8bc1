import type { Generated } from 'kysely'
import type { Digest } from '../../oci/index.ts'

/** What images hold. Times are milliseconds since the epoch, sizes bytes. */
export interface InventoriesSchema {
  /** Each package that some image holds, once in the whole registry. It goes when no image holds it any more. */
  packages: {
    id: Generated<number>
    /** Of all that tells it from others: see package-identity.ts. */
    identity: string
    /** OSV's name, with the release where OSV has one. */
    ecosystem: string
    name: string
    version: string
    /** What it was built from; null where the ecosystem does not speak of that. */
    source_name: string | null
    source_version: string | null
    purl: string
    /** JSON list. */
    licences: string
  }
  /** One for each manifest, whatever repository it is in, from soon after its push on; also what is still to be read. */
  inventories: {
    id: Generated<number>
    digest: Digest
    state: InventoryState
    /** When it is to be read, for the first time or again; null when it is not. In order of push. */
    due_at: number | null
    /** Readings that began since it was last asked for. */
    attempts: number
    /** Null while nobody reads it. */
    started_at: number | null
    read_bytes: number | null
    total_bytes: number | null
    /** Of the packages that are here; null when there never were any. */
    made_at: number | null
    /** Which version of the readers made it. */
    reader: number | null
    /** JSON: id, version and name of os-release; null where there is none. */
    distribution: string | null
    /** JSON list of the digests of its layers, the lowest first. */
    layers: string
    /** JSON list of { path, reason }: what could not be read. */
    problems: string
    /** JSON list of { digest, madeBy, format }: SBOMs that the builder attached and that were used. */
    statements: string
    /** Why it was not read: of 'failed' and 'unsupported', and of one that waits to be tried again. */
    reason: string | null
  }
  /** What an image holds, and where. */
  inventory_packages: {
    inventory_id: number
    /** From 0 on, in order of ecosystem, name, version and path. */
    position: number
    package_id: number
    /** Which of inventories.layers; null for what only an SBOM tells. */
    layer: number | null
    path: string
    /** Which of inventories.statements tells it; null for what was read from the layers. */
    statement: number | null
  }
}

/** waiting: never read yet. unsupported: no image with layers of files. failed: given up, for the reason there is. */
export type InventoryState = 'waiting' | 'read' | 'failed' | 'unsupported'
