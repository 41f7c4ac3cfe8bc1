import { parseManifest, parseReference, parseRepositoryName, RegistryError } from '../../../oci/index.ts'
import type { BlobStore } from '../../../stores/blobs/index.ts'
import type { BlobLinks, Manifests } from '../../../stores/metadata/index.ts'
import { invalid, notFound } from '../../access/index.ts'

/** The kind of an artifact whose layers are files of advisories. */
export const ADVISORIES_TYPE = 'application/vnd.berth.advisories.v1'
const TITLE = 'org.opencontainers.image.title'

/** Reads artifacts of this registry. */
export interface Artifacts {
  readonly manifests: Pick<Manifests, 'find'>
  readonly blobLinks: Pick<BlobLinks, 'find'>
  readonly blobs: Pick<BlobStore, 'read'>
}

export interface ArtifactFile {
  readonly name: string
  readonly chunks: AsyncIterable<Uint8Array>
}

/**
 * The files of `repository:tag` or `repository@digest`, by the titles that their layers have.
 * @throws NOT_FOUND, INVALID when it is no artifact of advisories.
 */
export async function artifactFiles(artifacts: Artifacts, text: string): Promise<AsyncIterable<ArtifactFile>> {
  const [, name = '', tag, digest] = /^([^:@]+)(?::([^@]+)|@(.+))$/.exec(text) ?? []
  if (name === '') throw invalid({ field: 'artifact', message: 'give repository:tag or repository@digest' })
  const repository = parseRepositoryName(name)
  const stored = await artifacts.manifests.find(repository, parseReference(tag ?? (digest as string)))
  if (!stored) throw notFound(`artifact ${text}`)
  const { artifactType, blobs } = parseManifest(stored.bytes, stored.mediaType)
  if (artifactType !== ADVISORIES_TYPE)
    throw invalid({
      field: 'artifact',
      message: `${text} is of the type ${artifactType ?? 'of an image'}, and not ${ADVISORIES_TYPE}`,
    })
  const layers = blobs.filter(({ annotations }) => annotations?.[TITLE] !== undefined)
  if (layers.length === 0)
    throw invalid({
      field: 'artifact',
      message: `no layer of ${text} has the annotation ${TITLE}, the name of its file`,
    })
  return (async function* () {
    for (const { digest: layer, annotations } of layers) {
      const blob = await artifacts.blobLinks.find(repository, layer)
      if (!blob) throw new RegistryError('NOT_FOUND', `The layer ${layer} of ${text} is not there.`)
      const body = await artifacts.blobs.read(blob)
      yield { name: annotations?.[TITLE] as string, chunks: body instanceof Blob ? body.stream() : body }
    }
  })()
}
