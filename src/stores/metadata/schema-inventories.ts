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
    /** Without what stands before it, as people say it: log4j-core. Null when the name is short by itself. */
    short_name: string | null
    version: string
    /** What it was built from; null where the ecosystem does not speak of that. */
    source_name: string | null
    source_version: string | null
    purl: string
    /** JSON list. */
    licences: string
    /** When it was first compared with all advisories; from then on only with those that change. */
    matched_at: number | null
  }
  /**
   * One for each manifest, whatever repository it is in, from soon after its push on; also the line of what is to be
   * read. What a builder says that an image holds is an inventory too: of the manifest that says so.
   */
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
    /** Who says so, of an SBOM that a builder made; null for what was read from layers. */
    made_by: string | null
    /** The image that it is of, when that is another manifest. */
    about: Digest | null
    /** JSON: id, version and name of os-release; null where there is none. */
    distribution: string | null
    /** JSON list of the digests of its layers, the lowest first. */
    layers: string
    /** JSON list of { path, reason }: what could not be read. */
    problems: string
    /** Why it was not read: of 'failed' and 'unsupported', and of one that waits to be tried again. */
    reason: string | null
  }
  /** What an image holds, and where. */
  inventory_packages: {
    inventory_id: number
    /** From 0 on, in order of ecosystem, name, version and path. */
    position: number
    package_id: number
    /** Which of inventories.layers; null for what a builder says. */
    layer: number | null
    path: string
  }
}

/** waiting: never read yet. unsupported: no image with layers of files. failed: given up, for the reason there is. */
export type InventoryState = 'waiting' | 'read' | 'failed' | 'unsupported'
