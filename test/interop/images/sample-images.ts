import { join } from 'node:path'
import { type Architecture, packageTar } from './debian-packages.ts'
import { createOciLayout, type Descriptor, mediaTypes, type OciLayout, sha256 } from './oci-layout.ts'

/** Real images in one OCI layout; `bash` and `zstd` are for this machine's platform, `busybox` is for two. */
export interface SampleImages {
  layout: string
  architecture: Architecture
  bash: Descriptor
  busybox: Descriptor
  zstd: Descriptor
  /** The digests of everything an image is made of, its own manifest first. */
  parts(image: Descriptor): Promise<string[]>
  /** The digests of its configurations, one a platform: these stay when a client compresses the layers anew. */
  configs(image: Descriptor): Promise<string[]>
  /** The blob as it was written. */
  blob(digest: string): Promise<Uint8Array>
}

interface Manifest {
  config?: Descriptor
  layers?: Descriptor[]
  manifests?: Descriptor[]
}

type Compression = 'gzip' | 'zstd'

const compress: Record<Compression, (tar: Uint8Array) => Uint8Array> = {
  gzip: tar => Bun.gzipSync(Uint8Array.from(tar), { level: 6 }),
  zstd: tar => Bun.zstdCompressSync(tar),
}

async function addImage(
  layout: OciLayout,
  architecture: Architecture,
  packages: string[],
  compression: Compression = 'gzip',
): Promise<Descriptor> {
  const layers: Descriptor[] = []
  const diffIds: string[] = []
  for (const name of packages) {
    const tar = await packageTar(name, architecture)
    diffIds.push(sha256(tar))
    layers.push(await layout.addBlob(`${mediaTypes.layer}+${compression}`, compress[compression](tar)))
  }
  const config = await layout.addJson(mediaTypes.config, {
    created: '2026-01-01T00:00:00Z',
    architecture,
    os: 'linux',
    config: { Env: ['PATH=/usr/bin:/bin'], Cmd: ['/bin/busybox', 'sh'] },
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: packages.map(name => ({ created: '2026-01-01T00:00:00Z', created_by: `dpkg --unpack ${name}` })),
  })
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers }
  return { ...(await layout.addJson(mediaTypes.manifest, manifest)), platform: { os: 'linux', architecture } }
}

/** Builds the images from the Debian packages that the install script has downloaded; one layer per package. */
export async function buildSampleImages(folder: string): Promise<SampleImages> {
  const layout = await createOciLayout(folder)
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64'
  const blob = (digest: string) => Bun.file(join(folder, 'blobs', digest.replace(':', '/'))).bytes()

  const bash = await addImage(layout, architecture, ['base-files', 'libc6', 'libtinfo6', 'bash', 'busybox-static'])
  const zstd = await addImage(layout, architecture, ['base-files', 'busybox-static'], 'zstd')
  const busybox = await layout.addJson(mediaTypes.index, {
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: [
      await addImage(layout, 'amd64', ['base-files', 'busybox-static']),
      await addImage(layout, 'arm64', ['base-files', 'busybox-static']),
    ],
  })
  await layout.tag('bash', bash)
  await layout.tag('busybox', busybox)
  await layout.tag('zstd', zstd)

  const read = async (image: Descriptor): Promise<Manifest> =>
    JSON.parse(new TextDecoder().decode(await blob(image.digest)))
  const configs = async (image: Descriptor): Promise<string[]> => {
    const content = await read(image)
    const children = await Promise.all((content.manifests ?? []).map(configs))
    return [...(content.config ? [content.config.digest] : []), ...children.flat()]
  }
  const parts = async (image: Descriptor): Promise<string[]> => {
    const content = await read(image)
    const children = await Promise.all((content.manifests ?? []).map(parts))
    const blobs = [...(content.config ? [content.config] : []), ...(content.layers ?? [])]
    return [image.digest, ...children.flat(), ...blobs.map(part => part.digest)]
  }
  return { layout: folder, architecture, bash, busybox, zstd, parts, configs, blob }
}
