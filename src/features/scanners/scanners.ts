import type { Digest, RepositoryName } from '../../oci/index.ts'
import type { Clock } from '../../platform/clock/index.ts'
import type { Outbound } from '../../platform/outbound/index.ts'
import type { Sealer } from '../../platform/secrets/index.ts'
import type { Manifests, ReportedFinding, ScannerTables } from '../../stores/metadata/index.ts'

/** A finding of Berth's own scan. */
export interface OwnFinding extends ReportedFinding {
  readonly aliases: readonly string[]
}

/** What the use cases about other scanners stand on. */
export interface Scanners {
  readonly tables: ScannerTables
  readonly manifests: Pick<Manifests, 'summary'>
  /** What Berth itself knows of an image. */
  readonly findingsOf: (repository: RepositoryName, digest: Digest) => Promise<readonly OwnFinding[]>
  readonly outbound: Pick<Outbound, 'fetch'>
  /** Undefined where there is no key to seal with. */
  readonly sealer: Sealer | undefined
  readonly clock: Clock
}

/** What scanners are asked with. */
export interface Asking extends Pick<Scanners, 'tables' | 'outbound' | 'sealer' | 'clock'> {
  /** How a scanner reaches this registry; undefined: nobody has said. */
  readonly publicUrl: string | undefined
  /** The Authorization header by which a scanner pulls from this repository and no other, for a while; none is needed if undefined. */
  readonly pullAuthorization: (scanner: string, repository: RepositoryName) => Promise<string | undefined>
  readonly failed: (error: unknown, image: string, scanner: string) => void
}

export const SEALED_FOR = 'scanner authorization'
/** For the audit log and the list of requests: nobody asked but the registry. */
export const BY_ITSELF = 'system'
/** The name that Berth's own scan goes by beside others. */
export const OWN = 'berth'
