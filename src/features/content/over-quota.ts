import { type Digest, RegistryError } from '../../oci/index.ts'
import { OverQuota, type QuotaExcess } from '../../platform/outcome/index.ts'
import { type Permit, repositoryOf } from '../access/index.ts'
import type { Content } from './content.ts'
import type { Room } from './push-quotas.ts'

type Push = Permit<'push'>

/**
 * Refuses what will not fit before it is read, when its size is known. Gives how large the upload may get; undefined
 * when nothing limits it.
 * @param upload.digest of the whole, when the client gave it: what the project has costs nothing.
 * @throws DENIED.
 */
export async function requireRoom(
  content: Content,
  permit: Push,
  { sizeBytes, digest }: { readonly sizeBytes: number; readonly digest?: Digest | undefined },
): Promise<Room | undefined> {
  const room = await content.quotas.room(permit)
  if (!room || sizeBytes <= room.bytes) return room
  const now = await content.quotas.roomNow(permit, digest)
  if (now && sizeBytes > now.bytes) throw await refusal(content, permit, now.excess(sizeBytes))
  return now
}

/** Runs what a quota may refuse. @throws DENIED then. */
export async function refusingExcess<Result>(
  content: Content,
  permit: Push,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof OverQuota) throw await refusal(content, permit, error.excess)
    throw error
  }
}

export async function refusal(content: Content, permit: Push, excess: QuotaExcess): Promise<RegistryError> {
  await content.quotas.refused(permit, excess)
  return excessError(excess, ` in ${repositoryOf(permit)}`)
}

/** @param where what needs it, for people. */
export function excessError({ scope, kind, used, limit, wanted }: QuotaExcess, where = ''): RegistryError {
  const whose = scope === 'registry' ? 'This registry' : `Project ${scope.project}`
  const remedy =
    scope === 'registry'
      ? 'delete what nobody needs, or ask its administrators for more room'
      : 'delete what nobody needs from it, or ask the administrators of the registry for more'
  const message = `${whose} uses ${quantity(kind, used)} of the ${quantity(kind, limit)} it may, and this needs ${quantity(kind, wanted)} more${where}: ${remedy}.`
  return new RegistryError('DENIED', message, {
    detail: { quota: scope === 'registry' ? 'registry' : scope.project, kind, used, limit, wanted },
  })
}

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** `3 tags`, `1.5 GiB`; exact wherever rounding would hide that something does not fit. */
export function quantity(kind: QuotaExcess['kind'], count: number): string {
  if (kind !== 'bytes') return `${count} ${count === 1 ? kind.replace(/ies$/, 'y').replace(/s$/, '') : kind}`
  const power = Math.min(Math.floor(Math.log2(Math.max(1, Math.abs(count))) / 10), UNITS.length)
  const unit = UNITS[power - 1]
  if (unit === undefined) return `${count} bytes`
  return `${Number((count / 1024 ** power).toFixed(count % 1024 ** power === 0 ? 0 : 2))} ${unit} (${count} bytes)`
}
