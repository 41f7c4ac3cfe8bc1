import { createHash } from 'node:crypto'
import type { Descriptor, Digest, RepositoryName } from '../../../oci/index.ts'
import { isImageManifest, MEDIA_TYPE } from '../../../oci/index.ts'
import { authorize, type Permit } from '../../access/index.ts'
import { SYSTEM } from '../../identity/index.ts'
import { MADE_HERE } from '../kind-of-image.ts'
import type { Scans } from '../scans.ts'
import { packagesOf, SBOM_MEDIA_TYPES, type SbomFormat, writeSbom } from './make-sbom.ts'

/** How documents become referrers: as everything that is pushed does, so that quotas and rules count for them too. */
export interface Pushing {
  /** The image as it is there; undefined when it is not. */
  find(
    repository: RepositoryName,
    digest: Digest,
  ): Promise<Omit<Descriptor, 'annotations' | 'artifactType'> | undefined>
  referrers(repository: RepositoryName, digest: Digest): Promise<readonly Descriptor[]>
  pushBlob(permit: Permit<'push'>, digest: Digest, bytes: Uint8Array): Promise<void>
  pushManifest(permit: Permit<'push'>, digest: Digest, bytes: Uint8Array): Promise<void>
  deleteManifest(permit: Permit<'delete'>, digest: Digest): Promise<void>
}

export interface Attaching extends Pick<Scans, 'tables' | 'version'> {
  readonly pushing: Pushing
  readonly formats: readonly SbomFormat[]
  /** Is told of one that could not be attached: for a quota, or because nothing may be pushed there. */
  readonly failed: (error: unknown, image: string) => void
}

const EMPTY = new TextEncoder().encode('{}')
const CREATED = 'org.opencontainers.image.created'
const TITLE = 'org.opencontainers.image.title'
/** What clients that pull artifacts as files call them: by the extensions that the two specifications name. */
const FILE_NAMES = { cyclonedx: 'sbom.cdx.json', spdx: 'sbom.spdx.json' } as const satisfies Record<SbomFormat, string>
const PART = 100

/** Attaches what an image holds to it, in each repository that has it. */
export async function attachEverywhere(attaching: Attaching, digest: Digest): Promise<void> {
  for (const repository of await attaching.tables.inventories.repositoriesOf(digest))
    await attach(attaching, repository, digest)
}

/**
 * Attaches to images that were known before they came to another repository: those of the manifests after `after`.
 * Gives where to go on.
 */
export async function attachToNew(attaching: Attaching, after: number, signal: AbortSignal): Promise<number> {
  let place = after
  while (!signal.aborted) {
    const part = await attaching.tables.inventories.readAfter(place, PART)
    for (const { repository, digest } of part) if (!signal.aborted) await attach(attaching, repository, digest)
    place = part.at(-1)?.manifestId ?? place
    if (part.length < PART) break
  }
  return place
}

async function attach(attaching: Attaching, repository: RepositoryName, digest: Digest): Promise<void> {
  try {
    for (const format of attaching.formats) await attachOne(attaching, { repository, digest }, format)
  } catch (error) {
    attaching.failed(error, `${repository}@${digest}`)
  }
}

async function attachOne(
  attaching: Attaching,
  { repository, digest }: { readonly repository: RepositoryName; readonly digest: Digest },
  format: SbomFormat,
): Promise<void> {
  const { pushing, tables } = attaching
  const inventory = await tables.inventories.find(digest)
  const image = await pushing.find(repository, digest)
  if (inventory?.madeAt === undefined || !image || !isImageManifest(image.mediaType)) return
  const { madeAt } = inventory
  const mine = (await pushing.referrers(repository, digest)).filter(
    each => each.artifactType === SBOM_MEDIA_TYPES[format] && each.annotations?.[MADE_HERE] !== undefined,
  )
  // Since when it is known changes with what is known, and with nothing else.
  if (mine.some(each => each.annotations?.[CREATED] === textOf(madeAt))) return
  const packages = await packagesOf(attaching, [digest])
  const content = { repository, digest, platform: undefined, packages, madeAt, version: attaching.version }
  const { distribution, problems } = inventory
  const document = blobOf((await writeSbom(format, { ...content, distribution, problems })).text)
  const permit = await permitOf('push', repository)
  for (const blob of [blobOf(EMPTY), document]) await pushing.pushBlob(permit, blob.digest, blob.bytes)
  const manifest = blobOf(manifestText(image, document, { format, madeAt }))
  await pushing.pushManifest(permit, manifest.digest, manifest.bytes)
  for (const old of mine) await pushing.deleteManifest(await permitOf('delete', repository), old.digest)
}

/** Berth's own: nobody asked, and whoever may pull the image may see what it holds. */
function permitOf<A extends 'push' | 'delete'>(action: A, repository: RepositoryName): Promise<Permit<A>> {
  const asking = { principal: SYSTEM, action, resource: { repository }, origin: { address: '' } }
  return authorize<A>({ mode: 'open' }, { ...asking, makesNothing: true })
}

function manifestText(
  subject: Omit<Descriptor, 'annotations' | 'artifactType'>,
  { digest, bytes }: Blob,
  { format, madeAt }: { readonly format: SbomFormat; readonly madeAt: number },
): string {
  const mediaType = SBOM_MEDIA_TYPES[format]
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.imageManifest,
    artifactType: mediaType,
    config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: blobOf(EMPTY).digest, size: EMPTY.length },
    layers: [{ mediaType, digest, size: bytes.length, annotations: { [TITLE]: FILE_NAMES[format] } }],
    subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
    annotations: { [MADE_HERE]: digest, [CREATED]: textOf(madeAt) },
  })
}

function textOf(ms: number): string {
  return new Date(ms).toISOString()
}

interface Blob {
  readonly digest: Digest
  readonly bytes: Uint8Array
}

function blobOf(content: string | Uint8Array): Blob {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  return { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest, bytes }
}
