import type { Digest } from '../../oci/index.ts'
import { storable } from '../../platform/foreign-json/index.ts'
import { Moved } from '../../platform/outcome/index.ts'
import type { AuditEntry, DueImage } from '../../stores/metadata/index.ts'
import { entryOf } from '../access/index.ts'
import { SYSTEM } from '../identity/index.ts'
import { keepInventory } from './keep-inventory.ts'
import { kindOfImage } from './kind-of-image.ts'
import { layersOf, readDocument } from './read-blobs.ts'
import type { FoundInventory, Scanning, ScanOutcome } from './scanning.ts'

type Placed = DueImage & { readonly place: NonNullable<DueImage['place']> }

/** What became of the reading. */
type Result =
  | { readonly outcome: 'read'; readonly packages: number; readonly problems: number }
  | { readonly outcome: 'unsupported' | 'failed'; readonly reason: string }

/** Reads one image that was taken, and keeps what it holds; nothing is thrown but what ends all scanning. */
export async function scanImage(scanning: Scanning, image: DueImage, signal: AbortSignal): Promise<void> {
  const { clock, observer, settings } = scanning
  const startedAt = clock()
  const { place } = image
  if (!place) {
    await scanning.tables.queue.notRead({ ...image, reason: 'No repository has it any more.' })
    return
  }
  const name = `${place.repository}@${image.digest}`
  try {
    if (image.attempts > settings.attempts) throw new GivenUp('The server ended each time while it was read.')
    const result = await read(scanning, { ...image, place }, signal)
    if (result) observer.ended({ outcome: result, durationMs: clock() - startedAt })
  } catch (error) {
    // It waits as it did, and is begun anew.
    if (signal.aborted || error instanceof Moved) return
    const again = image.attempts < settings.attempts && !(error instanceof GivenUp)
    observer.failed(name, error, again)
    const reason = reasonOf(error)
    if (again) {
      const againAt = clock() + settings.retryMs * 2 ** (image.attempts - 1)
      await scanning.tables.queue.notRead({ ...image, reason, againAt })
    } else await end(scanning, { ...image, place }, { outcome: 'failed', reason }, startedAt)
    observer.ended({ outcome: again ? 'retried' : 'failed', durationMs: clock() - startedAt })
  }
}

class GivenUp extends Error {
  override readonly name = 'GivenUp'
}

async function read(scanning: Scanning, image: Placed, signal: AbortSignal): Promise<ScanOutcome | undefined> {
  const startedAt = scanning.clock()
  const kind = kindOfImage(image.place.bytes, image.place.mediaType)
  if (kind.kind === 'other') {
    await end(scanning, image, { outcome: 'unsupported', reason: kind.because }, startedAt)
    return 'unsupported'
  }
  if (kind.kind === 'image') {
    const layers = layersOf(scanning, image, kind.layers)
    const found = await scanning.readImage(layers.image, signal).finally(() => layers.stop())
    if ('refused' in found) return refuse(scanning, image, found.refused, startedAt)
    await keep(scanning, image, { found, layers: kind.layers.map(({ digest }) => digest) }, startedAt)
    await scanning.wasRead(image.digest)
    return 'read'
  }
  const bytes = await readDocument(scanning, image, kind.document)
  const found = await scanning.readSbom({ bytes, mediaType: kind.document.mediaType })
  if ('refused' in found) return refuse(scanning, image, found.refused, startedAt)
  const about = found.about ?? kind.subject
  if (about === undefined) return refuse(scanning, image, 'It does not say which image it is of.', startedAt)
  await keep(scanning, image, { found, layers: [], madeBy: storable(found.madeBy), about }, startedAt)
  return 'read'
}

async function keep(
  scanning: Scanning,
  image: Placed,
  { found, ...more }: { found: FoundInventory; layers: readonly Digest[]; madeBy?: string; about?: Digest },
  startedAt: number,
): Promise<void> {
  await keepInventory(scanning, image, { found, ...more }, ({ packages, problems }) =>
    entry(image, scanning.clock(), startedAt, { outcome: 'read', packages, problems }),
  )
}

async function refuse(scanning: Scanning, image: Placed, reason: string, startedAt: number): Promise<'failed'> {
  await end(scanning, image, { outcome: 'failed', reason }, startedAt)
  return 'failed'
}

/** Quiet about what is no image: most of it is signatures and attestations, which come with every push. */
async function end(
  { tables, clock }: Scanning,
  image: Placed,
  result: Extract<Result, { reason: string }>,
  startedAt: number,
): Promise<void> {
  const { id, dueAt } = image
  const { outcome: state } = result
  const reason = storable(result.reason)
  await tables.queue.notRead({ id, dueAt, state, reason }, known =>
    known && state === 'failed' ? entry(image, clock(), startedAt, result) : [],
  )
}

function entry({ place, digest }: Placed, at: number, startedAt: number, result: Result): readonly AuditEntry[] {
  const { outcome, ...detail } = result
  return [
    entryOf(
      { principal: SYSTEM, origin: { address: '' }, resource: { repository: place.repository } },
      {
        at,
        type: 'scan.completed',
        category: 'system',
        outcome: outcome === 'failed' ? 'failure' : 'success',
        resource: { digest },
        detail: { ...detail, durationMs: at - startedAt },
      },
    ),
  ]
}

function reasonOf(error: unknown): string {
  return storable(error instanceof Error ? error.message : String(error))
}
