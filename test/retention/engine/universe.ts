import { createHash } from 'node:crypto'
import { type Digest, type Manifest, parseDigest, parseManifest } from '../../../src/oci/index.ts'

/** A manifest that may be pushed to any repository, as often as a history wants. */
export interface Thing {
  readonly name: string
  readonly digest: Digest
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly manifest: Manifest
  readonly platform: string
  readonly labels: Readonly<Record<string, string>>
}

const CONFIG = 'application/vnd.oci.image.config.v1+json'
export const SIGNATURE = 'application/vnd.dev.cosign.artifact.sig.v1+json'
export const SBOM = 'application/spdx+json'

export function digestOf(text: string): Digest {
  return parseDigest(`sha256:${createHash('sha256').update(text).digest('hex')}`)
}

/** Some images that share layers, indexes of them and of each other, and what refers to all of these and to itself. */
export function universe(seed: string): readonly Thing[] {
  const blob = (name: string, mediaType = 'application/vnd.oci.image.layer.v1.tar') => ({
    mediaType,
    digest: digestOf(`${seed} ${name}`),
    size: 100 + name.length * 7 + (name.charCodeAt(0) % 13),
  })
  const things = new Map<string, Thing>()
  const add = (name: string, document: object, platform = '', labels: Readonly<Record<string, string>> = {}) => {
    const text = JSON.stringify({ schemaVersion: 2, ...document })
    const bytes = new TextEncoder().encode(text)
    const manifest = parseManifest(bytes, undefined)
    things.set(name, { name, digest: digestOf(text), bytes, manifest, platform, labels })
  }
  const descriptor = (name: string) => {
    const { digest, bytes, manifest } = things.get(name) as Thing
    return { mediaType: manifest.mediaType, digest, size: bytes.length }
  }
  const image = 'application/vnd.oci.image.manifest.v1+json'
  const index = 'application/vnd.oci.image.index.v1+json'
  for (const number of [0, 1, 2, 3, 4, 5]) {
    const layers = ['base', `layer-${number % 3}`, `own-${number}`].map(name => blob(name))
    const annotations = number % 2 === 0 ? { team: `team-${number}` } : undefined
    add(
      `image-${number}`,
      { mediaType: image, config: blob(`config-${number}`, CONFIG), layers, annotations },
      number % 2 === 0 ? 'linux/amd64' : 'linux/arm64/v8',
      number < 3 ? { tier: `t${number}` } : {},
    )
  }
  add('index-0', { mediaType: index, manifests: [descriptor('image-0'), descriptor('image-1')] })
  add('index-1', { mediaType: index, manifests: [descriptor('image-1'), descriptor('image-2')] })
  add('index-2', { mediaType: index, manifests: [descriptor('index-1'), descriptor('image-3')] })
  const referrer = (name: string, artifactType: string, subject: string) =>
    add(name, {
      mediaType: image,
      artifactType,
      config: blob('empty', 'application/vnd.oci.empty.v1+json'),
      layers: [blob(`of ${name}`, 'application/octet-stream')],
      subject: descriptor(subject),
    })
  referrer('signature-0', SIGNATURE, 'image-0')
  referrer('signature-index', SIGNATURE, 'index-0')
  referrer('sbom-4', SBOM, 'image-4')
  referrer('signature-sbom', SIGNATURE, 'sbom-4')
  referrer('signature-1', SIGNATURE, 'image-1')
  add('cosign', { mediaType: image, config: blob('cosign', CONFIG), layers: [blob('base')] })
  add('index-referrers', { mediaType: index, manifests: [descriptor('sbom-4')] })
  return [...things.values()]
}
