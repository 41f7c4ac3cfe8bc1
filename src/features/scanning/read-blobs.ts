import type { Descriptor } from '../../oci/index.ts'
import type { ObjectBody } from '../../stores/blobs/index.ts'
import type { DueImage } from '../../stores/metadata/index.ts'
import type { ImageLayers, Scanning } from './scanning.ts'

/** How often it is written down how far a reading is. */
const TELL_MS = 1000

type Parts = Pick<Scanning, 'blobLinks' | 'blobs' | 'tables'>
type Place = Pick<DueImage, 'id'> & { readonly place: NonNullable<DueImage['place']> }

/** The layers of an image out of the store, telling how far they are read until `stop`. */
export function layersOf(
  { blobLinks, blobs, tables }: Parts,
  { id, place }: Place,
  layers: readonly Descriptor[],
): { readonly image: ImageLayers; stop(): void } {
  const totalBytes = layers.reduce((sum, { size }) => sum + size, 0)
  let readBytes = 0
  let told = 0
  let telling: Promise<void> | undefined
  const tell = () => {
    if (readBytes === told || telling) return
    told = readBytes
    telling = tables.queue
      .progress(id, Math.min(readBytes, totalBytes), totalBytes)
      // Of no consequence: what is read is kept or not by itself.
      .catch(() => undefined)
      .finally(() => {
        telling = undefined
      })
  }
  const timer = setInterval(tell, TELL_MS)
  return {
    image: {
      layers: layers.map(({ digest, mediaType, size: sizeBytes }) => ({ digest, mediaType, sizeBytes })),
      async open(digest) {
        const blob = await blobLinks.find(place.repository, digest)
        if (!blob) return undefined
        const body = await blobs.read(blob)
        return streamOf(body).pipeThrough(
          new TransformStream({
            transform(bytes, controller) {
              readBytes += bytes.length
              controller.enqueue(bytes)
            },
          }),
        )
      },
    },
    stop: () => clearInterval(timer),
  }
}

/** A whole document. @throws Error when it is not there or too large. */
export async function readDocument(
  { blobLinks, blobs, settings }: Parts & Pick<Scanning, 'settings'>,
  { place }: Place,
  { digest }: Descriptor,
): Promise<Uint8Array> {
  const blob = await blobLinks.find(place.repository, digest)
  if (!blob) throw new Error(`The document ${digest} is not in the repository.`)
  if (blob.sizeBytes > settings.sbomBytes)
    throw new Error(`The document has ${blob.sizeBytes} bytes, more than the ${settings.sbomBytes} that are read.`)
  return new Response(await blobs.read(blob)).bytes()
}

function streamOf(body: ObjectBody): ReadableStream<Uint8Array> {
  return body instanceof Blob ? body.stream() : body
}
