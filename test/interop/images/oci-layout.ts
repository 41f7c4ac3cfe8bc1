import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const

export interface Platform {
  os: 'linux'
  architecture: 'amd64' | 'arm64'
}

export interface Descriptor {
  mediaType: string
  digest: string
  size: number
  platform?: Platform
  annotations?: Record<string, string>
}

export function digestOf(bytes: Uint8Array | string, algorithm: 'sha256' | 'sha512'): string {
  return `${algorithm}:${new Bun.CryptoHasher(algorithm).update(bytes).digest('hex')}`
}

export function sha256(bytes: Uint8Array | string): string {
  return digestOf(bytes, 'sha256')
}

/** An OCI image layout on disk, written the way the image specification says and without help of any client. */
export interface OciLayout {
  folder: string
  addBlob(mediaType: string, bytes: Uint8Array): Promise<Descriptor>
  addJson(mediaType: string, content: unknown): Promise<Descriptor>
  /** Makes the content findable by a tag; the layout's index.json lists what was tagged. */
  tag(name: string, target: Descriptor): Promise<void>
}

export async function createOciLayout(folder: string): Promise<OciLayout> {
  const tagged: Descriptor[] = []
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true })
  await Bun.write(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))

  const addBlob = async (mediaType: string, bytes: Uint8Array): Promise<Descriptor> => {
    const digest = sha256(bytes)
    await Bun.write(join(folder, 'blobs', digest.replace(':', '/')), bytes)
    return { mediaType, digest, size: bytes.byteLength }
  }
  return {
    folder,
    addBlob,
    addJson: (mediaType, content) => addBlob(mediaType, new TextEncoder().encode(JSON.stringify(content))),
    tag: async (name, target) => {
      tagged.push({ ...target, annotations: { 'org.opencontainers.image.ref.name': name } })
      const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: tagged }
      await Bun.write(join(folder, 'index.json'), JSON.stringify(index))
    },
  }
}
