import { type Descriptor, type Digest, isContainerImage, isIndex, parseManifest } from '../../oci/index.ts'

/** What is to be done with a manifest: its layers are read, or a document that a builder wrote, or nothing. */
export type Kind =
  | { readonly kind: 'image'; readonly layers: readonly Descriptor[] }
  | { readonly kind: 'sbom'; readonly document: Descriptor; readonly subject: Digest | undefined }
  | { readonly kind: 'other'; readonly because: string }

const SBOM = /^(?:application\/(?:vnd\.cyclonedx|spdx)\+json|text\/spdx\+json)(?:;.*)?$/
const STATEMENT = /^application\/vnd\.in-toto\+json$/

/** The annotation of documents that the registry itself attaches, which say nothing that it does not know. */
export const MADE_HERE = 'dev.berth.sbom'

/** @param mediaType that the manifest was pushed with. */
export function kindOfImage(bytes: Uint8Array, mediaType: string): Kind {
  if (isIndex(mediaType)) return other('It is an index: each image that it names is scanned by itself.')
  const { subject, annotations } = parseManifest(bytes, mediaType)
  const { artifactType, config, layers } = JSON.parse(new TextDecoder().decode(bytes)) as {
    readonly artifactType?: unknown
    readonly config?: Descriptor
    readonly layers?: readonly Descriptor[] | null
  }
  const all = layers ?? []
  const isImage = isContainerImage(mediaType, { artifactType, config, layers })
  // An image is one whatever is said in it beside that: else it would pass as something that holds nothing.
  if (isImage && all.length > 0) return { kind: 'image', layers: all }
  if (annotations?.[MADE_HERE] !== undefined) return other('It is the SBOM that this registry made.')
  const document = all.find(layer => SBOM.test(layer.mediaType)) ?? all.find(isSbomStatement)
  if (document) return { kind: 'sbom', document, subject: subject?.digest }
  if (isImage) return { kind: 'image', layers: all }
  const isConfigOfOne = isContainerImage(mediaType, { config, layers: [] })
  return other(
    isConfigOfOne
      ? `It is no container image: its layers are ${quoted(all[0]?.mediaType)}.`
      : `It is no container image: its config is ${quoted(config?.mediaType)}.`,
  )
}

/** BuildKit puts attestations of several kinds side by side, and says which is which. */
function isSbomStatement({ mediaType, annotations }: Descriptor): boolean {
  const predicate = annotations?.['in-toto.io/predicate-type']
  return STATEMENT.test(mediaType) && /spdx|cyclonedx/i.test(predicate ?? 'spdx')
}

function other(because: string): Kind {
  return { kind: 'other', because }
}

function quoted(mediaType: string | undefined): string {
  return JSON.stringify(String(mediaType).slice(0, 120))
}
