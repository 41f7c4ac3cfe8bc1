import { type Descriptor, type Digest, isIndex, parseManifest } from '../../oci/index.ts'

/** What is to be done with a manifest: its layers are read, or a document that a builder wrote, or nothing. */
export type Kind =
  | { readonly kind: 'image'; readonly layers: readonly Descriptor[] }
  | { readonly kind: 'sbom'; readonly document: Descriptor; readonly subject: Digest | undefined }
  | { readonly kind: 'other'; readonly because: string }

const IMAGE_CONFIGS: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
])
const LAYER =
  /^application\/vnd\.(?:oci\.image\.layer\.|docker\.image\.rootfs\.|docker\.container\.image\.rootfs\.)[a-z0-9.+-]{1,80}$/
const SBOM = /^(?:application\/(?:vnd\.cyclonedx|spdx)\+json|text\/spdx\+json)(?:;.*)?$/
const STATEMENT = /^application\/vnd\.in-toto\+json$/

/** The annotation of documents that the registry itself attaches, which say nothing that it does not know. */
export const MADE_HERE = 'dev.berth.sbom'

/** @param mediaType that the manifest was pushed with. */
export function kindOfImage(bytes: Uint8Array, mediaType: string): Kind {
  if (isIndex(mediaType)) return other('It is an index: each image that it names is scanned by itself.')
  const { subject, annotations } = parseManifest(bytes, mediaType)
  const { config, layers } = JSON.parse(new TextDecoder().decode(bytes)) as {
    readonly config?: Descriptor
    readonly layers?: readonly Descriptor[] | null
  }
  const all = layers ?? []
  if (annotations?.[MADE_HERE] !== undefined) return other('It is the SBOM that this registry made.')
  const document = all.find(layer => SBOM.test(layer.mediaType)) ?? all.find(isSbomStatement)
  if (document) return { kind: 'sbom', document, subject: subject?.digest }
  if (!IMAGE_CONFIGS.has(config?.mediaType ?? ''))
    return other(`It is no container image: its config is ${quoted(config?.mediaType)}.`)
  if (all.length > 0 && !all.some(layer => LAYER.test(layer.mediaType)))
    return other(`It is no container image: its layers are ${quoted(all[0]?.mediaType)}.`)
  return { kind: 'image', layers: all }
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
