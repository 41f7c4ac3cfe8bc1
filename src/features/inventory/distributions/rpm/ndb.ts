const MAGIC = 'RpmP'
const SLOT_MAGIC = 0x746f_6c53
const BLOB_MAGIC = 0x5362_6c42
const PAGE_BYTES = 4096
const SLOT_BYTES = 16
/** Offsets are counted in these; a header of a value is one long. */
const BLOCK_BYTES = 16
/** The file's header takes the place of so many slots. */
const FIRST_SLOT = 2

/** Whether a file is rpm's own database, as SUSE uses it. */
export function isNdb(bytes: Uint8Array): boolean {
  return bytes.length >= PAGE_BYTES && Buffer.from(bytes.subarray(0, 4)).toString('latin1') === MAGIC
}

/**
 * The values of rpm's own database: pages of slots, each of which tells where a value lies.
 * @throws Error when it is damaged.
 */
export function* ndbValues(bytes: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.getUint32(4, true) !== 0)
    throw new Error(`the database is of version ${view.getUint32(4, true)}, and 0 is read`)
  const slotPages = view.getUint32(12, true)
  if (slotPages * PAGE_BYTES > bytes.length) throw new Error('the slots of the database reach beyond its end')
  let left = bytes.length
  for (let at = FIRST_SLOT * SLOT_BYTES; at < slotPages * PAGE_BYTES; at += SLOT_BYTES) {
    if (view.getUint32(at, true) !== SLOT_MAGIC) throw new Error('a slot of the database is damaged')
    const index = view.getUint32(at + 4, true)
    if (index === 0) continue
    const value = valueAt(view, view.getUint32(at + 8, true) * BLOCK_BYTES, index)
    left -= value.length
    if (left < 0) throw new Error('values of the database lie on top of each other')
    yield value
  }
}

function valueAt(view: DataView, at: number, index: number): Uint8Array {
  const begin = at + BLOCK_BYTES
  if (begin > view.byteLength || view.getUint32(at, true) !== BLOB_MAGIC || view.getUint32(at + 4, true) !== index)
    throw new Error(`the database says where package ${index} is, and it is not there`)
  const length = view.getUint32(at + 12, true)
  if (begin + length > view.byteLength) throw new Error(`package ${index} reaches beyond the end of the database`)
  return new Uint8Array(view.buffer, view.byteOffset + begin, length)
}
