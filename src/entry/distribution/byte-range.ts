import { RegistryError } from '../../oci/index.ts'

export interface Range {
  readonly from: number
  readonly to: number
}

/**
 * The `Range` of a blob request, both ends inclusive; undefined when the whole is to be sent: no range, a unit or
 * form that is not understood, or several ranges (RFC 9110 section 14.2 lets a server ignore it).
 * @throws RANGE_INVALID (416) for one that lies outside of the blob or ends before it begins.
 */
export function parseByteRange(header: string | null, sizeBytes: number): Range | undefined {
  const match = header === null ? null : /^bytes=(\d*)-(\d*)$/i.exec(header.trim())
  if (!match) return undefined
  const [, first = '', last = ''] = match
  if (first === '' && last === '') return undefined
  const from = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first)
  const to = first === '' || last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1)
  const backwards = first !== '' && last !== '' && Number(last) < Number(first)
  if (from >= sizeBytes || backwards || (first === '' && Number(last) === 0)) {
    throw new RegistryError(
      'RANGE_INVALID',
      `The range ${header} lies outside of the blob, which has ${sizeBytes} bytes.`,
      {
        detail: { sizeBytes },
        headers: { 'Content-Range': `bytes */${sizeBytes}` },
      },
    )
  }
  return { from, to }
}

/** `Content-Range` of a chunk, as the specification writes it: `<from>-<to>`, both inclusive. @throws RANGE_INVALID. */
export function parseChunkRange(header: string | null): Range | undefined {
  if (header === null) return undefined
  const match = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d+|\*))?$/.exec(header.trim())
  const range = match && { from: Number(match[1]), to: Number(match[2]) }
  if (range && range.to >= range.from) return range
  throw new RegistryError('RANGE_INVALID', `Content-Range "${header}" is not of the form <first byte>-<last byte>.`)
}
