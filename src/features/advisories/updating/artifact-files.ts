import {
  type Descriptor,
  isIndex,
  parseManifest,
  parseReference,
  parseRepositoryName,
  RegistryError,
} from '../../../oci/index.ts'
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
  const layers = filesOf(stored, text)
  return (async function* () {
    for (const { name: file, layer } of layers) {
      const blob = await artifacts.blobLinks.find(repository, layer.digest)
      if (!blob) throw new RegistryError('NOT_FOUND', `The layer ${layer.digest} of ${text} is not there.`)
      const body = await artifacts.blobs.read(blob)
      yield { name: file, chunks: body instanceof Blob ? body.stream() : body }
    }
  })()
}

/** The layers that are files of advisories. @throws INVALID when the manifest is no artifact of advisories. */
export function filesOf(
  { bytes, mediaType }: { readonly bytes: Uint8Array; readonly mediaType: string },
  artifact: string,
): readonly { readonly name: string; readonly layer: Descriptor }[] {
  if (isIndex(mediaType))
    throw invalid({ field: 'artifact', message: `${artifact} is an index: name one of its manifests, by its digest` })
  const { artifactType, blobs } = parseManifest(bytes, mediaType)
  if (artifactType !== ADVISORIES_TYPE)
    throw invalid({
      field: 'artifact',
      message: `${artifact} is of the type ${artifactType ?? 'of an image'}, and not ${ADVISORIES_TYPE}`,
    })
  const files = blobs.flatMap(layer => {
    const name = layer.annotations?.[TITLE]
    return name === undefined ? [] : [{ name, layer }]
  })
  if (files.length > 0) return files
  throw invalid({
    field: 'artifact',
    message: `no layer of ${artifact} has the annotation ${TITLE}, the name of its file`,
  })
}
