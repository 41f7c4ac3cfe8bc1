import { OutboundFailed, OutboundRefused } from '../../platform/outbound/index.ts'
import type { Scanner } from '../../stores/metadata/index.ts'
import { conflict, done, invalid, notFound, type Permit } from '../access/index.ts'
import { AdapterFault, type AdapterMetadata, askMetadata } from './adapter.ts'
import { OWN, type Scanners, SEALED_FOR } from './scanners.ts'

const MOST_SCANNERS = 20
const NAME = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/

export interface ScannerInput {
  readonly name: string
  readonly url: string
  /** A whole header: `Basic …`, `Bearer …`. */
  readonly authorization?: string | undefined
  readonly isAutomatic: boolean
}

export function listScanners({ tables }: Scanners, _permit: Permit<'see registry'>): Promise<readonly Scanner[]> {
  return tables.list.all()
}

/** Asks it what it can do first. @throws INVALID saying what is wrong with it, CONFLICT. */
export async function addScanner(
  scanners: Scanners,
  permit: Permit<'manage registry'>,
  { name, url, authorization, isAutomatic }: ScannerInput,
): Promise<Scanner> {
  const { tables, sealer, clock } = scanners
  if (name.length > 64 || !NAME.test(name) || name === OWN)
    throw invalid({ field: 'name', message: `expected up to 64 lower-case letters, digits, . _ or -, and not ${OWN}` })
  if (!/^https?:\/\/[^/?#@\s]+(\/[^?#\s]*)?$/.test(url))
    throw invalid({ field: 'url', message: 'expected an address such as https://trivy.example.com' })
  if (authorization !== undefined && !sealer)
    throw invalid({ field: 'authorization', message: 'cannot be kept: this server has no key to seal it with' })
  const metadata = await metadataOf(scanners, url, authorization)
  const now = clock()
  const scanner = {
    name,
    url,
    authorization: authorization === undefined ? undefined : sealer?.seal(SEALED_FOR, authorization),
    isAutomatic,
    vendor: metadata.vendor ?? metadata.name,
    version: metadata.version,
    consumes: metadata.consumes,
    produces: metadata.produces,
    createdAt: now,
    createdBy: permit.principal.name,
  }
  const added = await tables.list.add({ ...scanner, most: MOST_SCANNERS }, outcome =>
    outcome === 'added'
      ? [done(permit, { type: 'scanner.create', at: now, kind: 'scanner', id: name, detail: { url, isAutomatic } })]
      : [],
  )
  if (added === 'name taken') throw conflict(`There is a scanner ${name} already: remove it first.`)
  if (added === 'too many') throw conflict(`There are ${MOST_SCANNERS} scanners already: remove some first.`)
  return { id: 0, ...scanner }
}

/** Its reports stay until they are too old. @throws NOT_FOUND. */
export async function removeScanner(
  { tables, clock }: Scanners,
  permit: Permit<'manage registry'>,
  name: string,
): Promise<void> {
  const removed = await tables.list.remove(name, isGone =>
    isGone ? [done(permit, { type: 'scanner.delete', at: clock(), kind: 'scanner', id: name })] : [],
  )
  if (!removed) throw notFound(`scanner ${name}`)
}

async function metadataOf(
  { outbound }: Scanners,
  url: string,
  authorization: string | undefined,
): Promise<AdapterMetadata> {
  try {
    return await askMetadata(outbound, { url, authorization })
  } catch (error) {
    const isTheirs =
      error instanceof AdapterFault || error instanceof OutboundRefused || error instanceof OutboundFailed
    if (isTheirs) throw invalid({ field: 'url', message: `cannot be used: ${error.message.replace(/\.$/, '')}` })
    throw error
  }
}
