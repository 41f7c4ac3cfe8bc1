const INDEX_BYTES = 16
const MOST_TAGS = 65_535
const LONGEST_STRING = 1024

const TYPE = { int32: 4, string: 6, stringArray: 8, i18nString: 9 } as const

/** What a package is known by, of the hundred tags that a header has. */
export const TAG = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  licence: 1014,
  arch: 1022,
  sourceRpm: 1044,
} as const
const TAGS = new Map<number, keyof typeof TAG>(
  Object.entries(TAG).map(([name, tag]) => [tag, name as keyof typeof TAG] as const),
)

export type RpmHeader = Readonly<Partial<Record<keyof typeof TAG, string | number>>>

/**
 * Reads a header as rpm's databases hold it: how many tags, how many bytes, the index of tags, the bytes.
 * @throws Error when it is damaged.
 */
export function parseRpmHeader(bytes: Uint8Array): RpmHeader {
  if (bytes.length < 8) throw new Error('the header of a package is cut short')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const tags = view.getUint32(0)
  const dataBytes = view.getUint32(4)
  const dataAt = 8 + tags * INDEX_BYTES
  if (tags > MOST_TAGS || dataAt + dataBytes > bytes.length) throw new Error('the header of a package is cut short')
  const data = Buffer.from(bytes.buffer, bytes.byteOffset + dataAt, dataBytes)
  const found: Partial<Record<keyof typeof TAG, string | number>> = {}
  for (let at = 8; at < dataAt; at += INDEX_BYTES) {
    const name = TAGS.get(view.getUint32(at))
    if (name === undefined) continue
    const value = valueAt(data, view.getUint32(at + 4), view.getUint32(at + 8))
    if (value !== undefined) found[name] = value
  }
  return found
}

function valueAt(data: Buffer, type: number, offset: number): string | number | undefined {
  if (offset >= data.length) throw new Error('a tag of a package reaches beyond its header')
  if (type === TYPE.int32) {
    if (offset + 4 > data.length) throw new Error('a tag of a package reaches beyond its header')
    return data.readUInt32BE(offset)
  }
  if (type !== TYPE.string && type !== TYPE.stringArray && type !== TYPE.i18nString) return undefined
  const end = data.indexOf(0, offset)
  return data.toString('utf8', offset, Math.min(end < 0 ? data.length : end, offset + LONGEST_STRING))
}
