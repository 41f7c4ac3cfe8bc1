import type { SpooledFile } from '../../../stores/advisory-files/index.ts'
import { conflict, invalid } from '../../access/index.ts'
import type { Advising } from '../advising.ts'
import { BadRecord, readDocument } from '../formats/index.ts'
import { CLAIM_MS, EditionWriter, type Used } from './edition-writer.ts'

export interface Taking {
  /** Where the files are from, for people. */
  readonly origin: string
  /** All that is read is of this source; by what it is, unless given. */
  readonly source?: string | undefined
  readonly etag?: string | undefined
  readonly lastModified?: string | undefined
  readonly signal: AbortSignal
  /** Hears how far it is, every now and then. */
  readonly progress?: ((source: string, records: number) => void | Promise<void>) | undefined
}

/** Of documents that say nothing of advisories. */
const MOST_NAMED = 20

export interface TakenIn {
  readonly used: readonly Used[]
  /** Documents that are none of the formats. */
  readonly skipped: readonly string[]
}

/**
 * Reads files to their end, then lets everything that they say count, at once for each source. When one cannot be read,
 * nothing of them counts, and what did still does.
 * @throws RegistryError that names the file and what is wrong with it; the signal's reason.
 */
export async function takeIn(advising: Advising, files: AsyncIterable<SpooledFile>, taking: Taking): Promise<TakenIn> {
  const writers = new Map<string, EditionWriter>()
  const skipped: string[] = []
  let reading = 'what was sent'
  try {
    for await (const file of files) {
      for await (const document of advising.documentsOf(file)) {
        reading = document.name
        taking.signal.throwIfAborted()
        const isAdvisory = await takeDocument(advising, document, taking, writers)
        if (!isAdvisory && skipped.length < MOST_NAMED) skipped.push(document.name)
      }
    }
    reading = taking.origin
    const empty = [...writers].find(([, { records }]) => records === 0)
    if (empty) throw new BadRecord(`There is no record of ${empty[0]}`)
    const used: Used[] = []
    for (const writer of writers.values()) used.push(await writer.use(taking))
    if (used.length === 0) throw new BadRecord('There are no advisories in any format that Berth reads')
    return { used, skipped }
  } catch (error) {
    const problem = faultOf(reading, error)
    for (const writer of writers.values())
      await writer.fail(problem.message).catch(fault => advising.failed(fault, reading))
    throw problem
  }
}

async function takeDocument(
  advising: Advising,
  document: Parameters<typeof readDocument>[0],
  { source, progress }: Taking,
  writers: Map<string, EditionWriter>,
): Promise<boolean> {
  let isAdvisory = false
  for await (const heard of readDocument(document)) {
    isAdvisory = true
    const id = source ?? heard.source
    let writer = writers.get(id)
    if (!writer) {
      writer = await begin(advising, id, heard.format)
      writers.set(id, writer)
    }
    await writer.take(heard)
    await progress?.(id, writer.records)
  }
  return isAdvisory
}

async function begin(advising: Advising, id: string, format: string): Promise<EditionWriter> {
  const now = advising.clock()
  const claim = await advising.tables.sources.claim(
    { id, format },
    { holder: crypto.randomUUID(), now, until: now + CLAIM_MS },
  )
  if (!claim) throw conflict(`Another update of ${id} is under way: ask again when it has ended.`)
  return new EditionWriter(advising, claim, format)
}

/** Damage is the sender's to mend; everything else is what it was. */
function faultOf(name: string, error: unknown): Error {
  const isDamage = error instanceof BadRecord || (error instanceof Error && error.name === 'BadFile')
  if (isDamage) return invalid({ field: name, message: (error as Error).message.replace(/\.$/, '') })
  return error instanceof Error ? error : new Error(String(error))
}
