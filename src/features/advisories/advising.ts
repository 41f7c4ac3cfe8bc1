import type { Clock } from '../../platform/clock/index.ts'
import type { Outbound } from '../../platform/outbound/index.ts'
import type { Secret } from '../../platform/secrets/index.ts'
import type { Document, Spool, SpooledFile } from '../../stores/advisory-files/index.ts'
import type { AdvisoryTables } from '../../stores/metadata/index.ts'
import type { RemoteArtifact } from '../../stores/remote-registry/index.ts'

/** What the use cases of advisories stand on. */
export interface Advising {
  readonly tables: Omit<AdvisoryTables, 'findings'>
  readonly outbound: Pick<Outbound, 'fetch'>
  /** What the address of a source names in another registry. @throws what is wrong with the address, or its secret. */
  readonly openArtifact: (source: ConfiguredSource, signal: AbortSignal) => Promise<RemoteArtifact>
  readonly openSpool: () => Promise<Spool>
  readonly documentsOf: (file: SpooledFile) => AsyncIterable<Document>
  readonly settings: AdvisorySettings
  readonly clock: Clock
  /** Hears what nobody is told who asked. */
  readonly failed: (error: unknown, source: string) => void
}

export interface AdvisorySettings {
  readonly sources: readonly ConfiguredSource[]
  /** Between two scheduled updates. */
  readonly intervalMs: number
  /** A source that nobody could ask for longer is old. */
  readonly staleMs: number
  /** Findings that ended longer ago are forgotten. */
  readonly historyMs: number
  readonly mostBytes: number
}

export interface ConfiguredSource {
  /** What it is listed as. */
  readonly name: string
  /** With `{ecosystem}`, one for each ecosystem whose packages images hold; its name is then the first half of theirs. */
  readonly url: string
  /** Who asks another registry for an artifact; nobody in particular unless given. */
  readonly caFile?: string | undefined
  readonly credentials?: { readonly username: string; readonly password: () => Promise<Secret> } | undefined
}
