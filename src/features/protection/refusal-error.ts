import { type Digest, RegistryError, type Tag } from '../../oci/index.ts'
import type { Refusal } from '../../stores/metadata/index.ts'

/** DENIED with 403, as clients show it; what holds the thing is in the detail. */
export function refusalError(
  { message, rule, lock, tag, until }: Refusal,
  about: { readonly tag?: Tag; readonly digest?: Digest },
): RegistryError {
  const held = { rule, lock, ...(tag === undefined ? {} : { tag }) }
  return new RegistryError('DENIED', message, {
    detail: { ...about, ...held, ...(until === undefined ? {} : { until: new Date(until).toISOString() }) },
  })
}
