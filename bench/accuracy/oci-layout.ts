import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, parseDigest } from '../../src/oci/index.ts'
import { run } from './commands.ts'

export interface Layer {
  readonly digest: Digest
  readonly mediaType: string
  readonly sizeBytes: number
}

const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
const CONFIG = 'application/vnd.oci.image.config.v1+json'
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

/** Writes an image whose layers are these trees of files, as an OCI layout that Docker can load too. */
export async function writeLayout(folder: string, trees: readonly string[]): Promise<readonly Layer[]> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true })
  const layers: Layer[] = []
  const diffIds: Digest[] = []
  for (const tree of trees) {
    const tar = join(folder, 'layer.tar')
    await run(['tar', '--sort=name', '--numeric-owner', '-C', tree, '-cf', tar, '.'])
    diffIds.push(await digestOf(tar))
    await run(['gzip', '-1', '-f', tar])
    layers.push({ mediaType: LAYER, ...(await keep(folder, `${tar}.gz`)) })
  }
  const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: diffIds } }
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: CONFIG, ...descriptor(await keepJson(folder, config)) },
    layers: layers.map(layer => ({ mediaType: layer.mediaType, ...descriptor(layer) })),
  }
  const names = (digests: readonly Digest[]) => digests.map(digest => `blobs/${digest.replace(':', '/')}`)
  const [Config] = names([manifest.config.digest])
  const Layers = names(layers.map(({ digest }) => digest))
  await Bun.write(join(folder, 'manifest.json'), JSON.stringify([{ Config, RepoTags: ['bench:latest'], Layers }]))
  const kept = await keepJson(folder, manifest)
  await Bun.write(join(folder, 'oci-layout'), '{"imageLayoutVersion": "1.0.0"}')
  const index = { schemaVersion: 2, manifests: [{ mediaType: MANIFEST, ...descriptor(kept) }] }
  await Bun.write(join(folder, 'index.json'), JSON.stringify(index))
  return layers
}

/** One file of it, as `docker save` makes them. */
export async function writeArchive(folder: string, archive: string): Promise<void> {
  await run(['tar', '-C', folder, '-cf', archive, 'manifest.json', 'index.json', 'oci-layout', 'blobs'])
}

const descriptor = ({ digest, sizeBytes }: Omit<Layer, 'mediaType'>) => ({ digest, size: sizeBytes })

/** Where a layout has a blob. */
export const blobIn = (folder: string, digest: Digest): string => join(folder, 'blobs', digest.replace(':', '/'))

async function keepJson(folder: string, document: object) {
  const path = join(folder, 'document.json')
  await Bun.write(path, JSON.stringify(document))
  return keep(folder, path)
}

async function keep(folder: string, path: string) {
  const digest = await digestOf(path)
  await rename(path, blobIn(folder, digest))
  return { digest, sizeBytes: (await stat(blobIn(folder, digest))).size }
}

async function digestOf(path: string): Promise<Digest> {
  const hasher = new Bun.CryptoHasher('sha256')
  for await (const chunk of Bun.file(path).stream()) hasher.update(chunk)
  return parseDigest(`sha256:${hasher.digest('hex')}`)
}
