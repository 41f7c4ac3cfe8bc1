import {
  DEFAULT_INVENTORY_LIMITS,
  type FileReader,
  type ImageLayers,
  type Inventory,
  type InventoryLimits,
  readInventory,
} from '../../src/features/inventory/index.ts'
import type { Digest } from '../../src/oci/index.ts'
import { type TarFile, tarOf } from './tar.ts'

export const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'

export interface MadeImage extends ImageLayers {
  /** How often each layer was opened. */
  readonly opened: Map<Digest, number>
}

/** An image of layers as they are given, whatever they hold; `pieceBytes` at a time are read of each. */
export function imageOf(
  layers: readonly (Uint8Array | { readonly bytes: Uint8Array; readonly mediaType: string })[],
  pieceBytes = 65_536,
): MadeImage {
  const made = layers.map(layer => {
    const { bytes, mediaType } = layer instanceof Uint8Array ? { bytes: layer, mediaType: OCI_LAYER } : layer
    return { bytes, mediaType, digest: digestOf(bytes), sizeBytes: bytes.length }
  })
  const opened = new Map<Digest, number>()
  return {
    layers: made.map(({ digest, mediaType, sizeBytes }) => ({ digest, mediaType, sizeBytes })),
    opened,
    async open(digest) {
      opened.set(digest, (opened.get(digest) ?? 0) + 1)
      const bytes = made.find(layer => layer.digest === digest)?.bytes
      return bytes && inPieces(bytes, pieceBytes)
    },
  }
}

/** An image whose layers hold these files. */
export const imageWith = (...layers: readonly (readonly TarFile[])[]) => imageOf(layers.map(files => tarOf(...files)))

export const digestOf = (bytes: Uint8Array) =>
  `sha256:${new Bun.CryptoHasher('sha256').update(bytes).digest('hex')}` as Digest

export function inPieces(bytes: Uint8Array, pieceBytes: number): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(new Uint8Array(bytes.subarray(at, at + pieceBytes)))
      at += pieceBytes
    },
  })
}

export function read(
  image: ImageLayers,
  { readers = [], ...limits }: Partial<InventoryLimits> & { readonly readers?: readonly FileReader[] } = {},
): Promise<Inventory> {
  return readInventory(image, {
    readers,
    limits: { ...DEFAULT_INVENTORY_LIMITS, ...limits },
    signal: new AbortController().signal,
  })
}

/** Of each package `name version`, in the order of the inventory. */
export const namesOf = ({ packages }: Inventory) => packages.map(({ name, version }) => `${name} ${version}`)

/** Takes each `*.pkg` for a list of packages, one line a package. */
export const LISTS: FileReader = {
  name: 'lists',
  wants: ({ path }) => path.endsWith('.pkg'),
  read: ({ bytes }) =>
    Buffer.from(bytes)
      .toString('utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => {
        const [name = '', version = ''] = line.split(' ')
        return { ecosystem: 'npm', name, version, purl: `pkg:npm/${name}@${version}`, licences: [] }
      }),
}

export const DEBIAN: TarFile = {
  name: 'etc/os-release',
  content:
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n',
}

export function dpkgStatus(...packages: readonly string[]): string {
  return packages
    .map(each => {
      const [name, version] = each.split(' ')
      return `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\nDescription: one\n more of it\n`
    })
    .join('\n')
}
