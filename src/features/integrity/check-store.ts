import type { StoredObject } from '../../stores/blobs/index.ts'
import type { Verification, VerifyOptions } from './verification.ts'

const PAGE = 100

/** Storage to metadata: is each stored object known? Gives how many there are. */
export async function checkStore(verification: Verification, options: VerifyOptions): Promise<number> {
  let objects = 0
  let page: StoredObject[] = []
  for await (const object of verification.blobs.list()) {
    objects += 1
    if (verification.clock() - object.modifiedAt >= options.safetyMs) page.push(object)
    if (page.length < PAGE) continue
    await checkPage(verification, options, page)
    page = []
  }
  await checkPage(verification, options, page)
  return objects
}

async function checkPage(
  verification: Verification,
  options: VerifyOptions,
  page: readonly StoredObject[],
): Promise<void> {
  if (page.length === 0) return
  const known = await verification.inventory.known(page)
  for (const object of page) {
    if (known.has(object.key)) continue
    // Asked again alone: a push may have recorded it, or garbage collection removed it, since.
    if ((await verification.inventory.known([object])).has(object.key)) continue
    if ((await verification.blobs.size(object.key)) === undefined) continue
    await verification.blobs.quarantine(object.key)
    options.onFinding({
      kind: 'object unknown',
      ...(object.digest ? { digest: object.digest } : {}),
      detail: `Object ${object.key} (${object.sizeBytes} bytes) is in the store and nowhere in the metadata.`,
      action: 'object quarantined',
    })
  }
}
