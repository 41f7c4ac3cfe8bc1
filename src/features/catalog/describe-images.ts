import { type Digest, isDigest } from '../../oci/index.ts'
import { pause } from '../../platform/clock/index.ts'
import type { Description, Undescribed } from '../../stores/metadata/index.ts'
import type { Describing } from './catalog.ts'
import { type ConfigFacts, parseConfig } from './image-config.ts'
import { platformOf, platformText } from './platform.ts'

const LOOK_MS = 1000
const MOST_CONFIG_BYTES = 1 << 20
const READ_TIMEOUT_MS = 10_000
/** Long lists are of other things than platforms. */
const MOST_PLATFORMS = 100

/** Describes images soon after they are pushed, until `signal`. @throws what the database says. */
export async function describeUntil(signal: AbortSignal, describing: Describing): Promise<void> {
  while (!signal.aborted) if ((await describeSome(describing)) === 0) await pause(LOOK_MS, signal)
}

/** Gives how many. Whatever is found out about an image, it is described then, and not looked at again. */
export async function describeSome(describing: Describing): Promise<number> {
  const images = await describing.descriptions.undescribed()
  // An index may be in the same batch as what it names, so that each is noted before the next is read.
  for (const batch of apart(images)) {
    const descriptions = await Promise.all(batch.map(image => describe(describing, image)))
    await describing.descriptions.describe(descriptions, describing.clock())
  }
  return images.length
}

/** Images, then what comes from the first index on, and so forth. */
function apart(images: readonly Undescribed[]): readonly (readonly Undescribed[])[] {
  const [indexes, others] = [images.filter(isIndexLike), images.filter(image => !isIndexLike(image))]
  return [others, ...indexes.map(index => [index])].filter(batch => batch.length > 0)
}

function isIndexLike(image: Undescribed): boolean {
  return Array.isArray(documentOf(image).manifests)
}

/** It was parsed when it was pushed. */
function documentOf({ bytes }: Undescribed): Readonly<Record<string, unknown>> {
  return JSON.parse(new TextDecoder().decode(bytes)) as Readonly<Record<string, unknown>>
}

async function describe(describing: Describing, image: Undescribed): Promise<Description> {
  const document = documentOf(image)
  if (Array.isArray(document.manifests))
    return { id: image.id, platforms: await platformsOfIndex(describing, image, document.manifests) }
  const { platform, createdAt, labels } = await factsOf(describing, image, document.config)
  return {
    id: image.id,
    ...(platform ? { platform, platforms: [platformText(platform)] } : {}),
    createdAt,
    labels,
  }
}

/** As its descriptors say; of those that say nothing, as what they name says of itself. */
async function platformsOfIndex(
  { descriptions }: Describing,
  { repository }: Undescribed,
  children: readonly unknown[],
): Promise<readonly string[] | undefined> {
  const said: (string | Digest)[] = []
  for (const child of children) {
    const { platform, digest } = (child ?? {}) as { readonly platform?: unknown; readonly digest?: unknown }
    const own = platformOf(platform)
    if (own) said.push(platformText(own))
    else if (!platform && typeof digest === 'string' && isDigest(digest)) said.push(digest)
  }
  const silent = said.filter(isDigest)
  const known = silent.length === 0 ? new Map() : await descriptions.platformsOf(repository, silent)
  const all = new Set(said.flatMap(each => (isDigest(each) ? (known.get(each) ?? []) : [each])))
  return all.size === 0 ? undefined : [...all].slice(0, MOST_PLATFORMS)
}

async function factsOf(
  { blobLinks, blobs, failed }: Describing,
  { repository, digest: image }: Undescribed,
  config: unknown,
): Promise<ConfigFacts> {
  const { digest, mediaType } = (config ?? {}) as { readonly digest?: unknown; readonly mediaType?: unknown }
  if (typeof digest !== 'string' || !isDigest(digest) || !String(mediaType).endsWith('json')) return {}
  const blob = await blobLinks.find(repository, digest)
  if (!blob || blob.sizeBytes > MOST_CONFIG_BYTES) return {}
  try {
    return parseConfig(await within(READ_TIMEOUT_MS, async () => new Response(await blobs.read(blob)).bytes()))
  } catch (error) {
    // It may be damaged, and then never can be read: verification looks after that.
    failed(error, `${repository}@${image}`)
    return {}
  }
}

async function within<Result>(limitMs: number, work: () => Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`Not read within ${limitMs} ms.`)), limitMs)
  try {
    return await Promise.race([work(), promise])
  } finally {
    clearTimeout(timer)
  }
}
