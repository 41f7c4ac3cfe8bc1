import { createHash } from 'node:crypto'
import type { Digest, RepositoryName } from '../../../oci/index.ts'
import type { HeldPackage, StoredInventory } from '../../../stores/metadata/index.ts'

/** A package of an image, and every place where it is. */
export interface SbomPackage extends Omit<HeldPackage, 'id' | 'position' | 'layer' | 'path'> {
  readonly places: readonly { readonly layer: Digest | undefined; readonly path: string }[]
  /** The SBOM of a builder that alone says so. */
  readonly saidBy: Digest | undefined
}

/** What an SBOM tells. The same content makes the same bytes. */
export interface SbomContent {
  readonly repository: RepositoryName
  readonly digest: Digest
  readonly platform: string | undefined
  readonly distribution: StoredInventory['distribution']
  /** Milliseconds since the epoch: since when it is known. */
  readonly madeAt: number
  /** In order. */
  readonly packages: readonly SbomPackage[]
  readonly problems: StoredInventory['problems']
  /** Of Berth. */
  readonly version: string
}

/** The image as a package-url: purl-spec, type oci. */
export function purlOfImage({ repository, digest }: SbomContent): string {
  const name = repository.split('/').at(-1) as string
  return `pkg:oci/${encodeURIComponent(name)}@${encodeURIComponent(digest)}?repository_url=${encodeURIComponent(repository)}`
}

/** A UUID of what the document says, so that it is the same for the same. */
export function uuidOf(content: SbomContent): string {
  const { repository, digest, platform, distribution, madeAt, packages, problems, version } = content
  const said = JSON.stringify([repository, digest, platform, distribution, madeAt, packages, problems, version])
  const bytes = createHash('sha256').update(said).digest().subarray(0, 16)
  // Version 8, of one's own making: RFC 9562.
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** To the second, which is all that SPDX takes. */
export function instantOf(ms: number): Date {
  return new Date(Math.floor(ms / 1000) * 1000)
}
