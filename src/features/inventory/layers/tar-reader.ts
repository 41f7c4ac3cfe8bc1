import { tableOf } from '../../../platform/foreign-json/index.ts'
import { Refused } from '../refused.ts'
import { parsePax, paxNumber } from './pax.ts'
import {
  checkCount,
  checkSparse,
  expand,
  mapInContent,
  oldPieces,
  type Piece,
  piecesOf,
  type SparseMap,
} from './sparse.ts'
import { BLOCK_BYTES, isZeroBlock, parseHeader, type TarHeader } from './tar-header.ts'
import { numberOf } from './tar-numbers.ts'

export interface TarEntry {
  /** As it is written, slashes and dots and all. */
  readonly name: string
  readonly kind: 'file' | 'folder' | 'symlink' | 'hardlink' | 'other'
  readonly linkName: string
  readonly mode: number
  /** Of the file, with its holes. */
  readonly sizeBytes: number
}

export interface TarVisitor {
  /** Is told of each entry, in order. */
  entry(entry: TarEntry): void
  /** Asked after `entry` for each file, with its first bytes; what it gives takes the whole content. */
  file(entry: TarEntry, head: Uint8Array): ((bytes: Uint8Array<ArrayBuffer>) => void) | undefined
}

const HEAD_BYTES = 512
/** Of pax headers and of long names. */
const SPECIAL_BYTES = 1024 ** 2
const EMPTY = new Uint8Array()
const KINDS = tableOf<TarEntry['kind']>({
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'folder',
})
/** Have no content, whatever their size says. */
const HEADER_ONLY = new Set(['1', '2', '3', '4', '5', '6'])

/** What stands before an entry and changes it. */
interface Pending {
  pax?: ReadonlyMap<string, string>
  name?: string
  linkName?: string
}

/** Reads a tar stream as its pieces come; contents that nobody wants are passed over without being copied. */
export class TarReader {
  readonly #visitor: TarVisitor
  readonly #steps: Generator<void, void, void>
  #chunk: Uint8Array = EMPTY
  #at = 0
  #isInside = false
  #isDone = false

  constructor(visitor: TarVisitor) {
    this.#visitor = visitor
    this.#steps = this.#entries()
  }

  /** Whether the end was read; what follows it counts for nothing. */
  get isDone(): boolean {
    return this.#isDone
  }

  /** @throws Refused when the archive is damaged; it is not to be read on then. */
  push(chunk: Uint8Array): void {
    this.#chunk = chunk
    this.#at = 0
    this.#isDone = this.#steps.next().done === true
    this.#chunk = EMPTY
  }

  /** @throws Refused when the archive ends within an entry. */
  end(): void {
    if (!this.#isDone && this.#isInside) throw new Refused('A layer is damaged: it is cut short.')
  }

  *#entries(): Generator<void, void, void> {
    let pending: Pending = {}
    while (true) {
      this.#isInside = false
      while (this.#at === this.#chunk.length) yield
      this.#isInside = true
      const block = yield* this.#gather(BLOCK_BYTES)
      if (isZeroBlock(block)) {
        const second = yield* this.#gather(BLOCK_BYTES)
        if (isZeroBlock(second)) return
        throw new Refused('A layer is damaged: there is an empty block between its files.')
      }
      const header = parseHeader(block)
      if (header.type === 'x' || header.type === 'L' || header.type === 'K') {
        pending = { ...pending, ...(yield* this.#special(header)) }
      } else if (header.type === 'g') {
        yield* this.#skip(rounded(header.sizeBytes))
      } else {
        yield* this.#entry(header, block, pending)
        pending = {}
      }
    }
  }

  *#special({ type, sizeBytes }: TarHeader): Generator<void, Pending, void> {
    if (sizeBytes > SPECIAL_BYTES)
      throw new Refused(`A layer has a header of ${sizeBytes} bytes; one may have ${SPECIAL_BYTES}.`)
    const bytes = yield* this.#gather(sizeBytes)
    const special = type === 'x' ? { pax: parsePax(bytes) } : longName(type, bytes)
    yield* this.#skip(rounded(sizeBytes) - sizeBytes)
    return special
  }

  *#entry(header: TarHeader, block: Uint8Array, { pax, name, linkName }: Pending): Generator<void, void, void> {
    const size = pax?.get('size')
    const told = size === undefined ? header.sizeBytes : paxNumber(size, 'size')
    const storedBytes = HEADER_ONLY.has(header.type) ? 0 : told
    const written = pax?.get('GNU.sparse.name') ?? pax?.get('path') ?? name ?? header.name
    const isFolder = KINDS[header.type] === 'file' && written.endsWith('/')
    const kind = isFolder ? 'folder' : (KINDS[header.type] ?? 'other')
    const { map, used } = kind === 'file' ? yield* this.#sparse(header, block, pax, storedBytes) : NO_MAP
    const entry: TarEntry = {
      name: written,
      kind,
      linkName: pax?.get('linkpath') ?? linkName ?? header.linkName,
      mode: header.mode,
      sizeBytes: map?.realBytes ?? storedBytes,
    }
    this.#visitor.entry(entry)
    const contentBytes = storedBytes - used
    const padding = rounded(storedBytes) - storedBytes
    if (kind === 'file') yield* this.#file(entry, contentBytes, map)
    else yield* this.#skip(contentBytes)
    yield* this.#skip(padding)
  }

  *#file(entry: TarEntry, storedBytes: number, map: SparseMap | undefined): Generator<void, void, void> {
    const head = yield* this.#gather(Math.min(HEAD_BYTES, storedBytes))
    const take = this.#visitor.file(entry, map === undefined ? head : headOf(map, head))
    if (take === undefined) {
      yield* this.#skip(storedBytes - head.length)
      return
    }
    const bytes = new Uint8Array(storedBytes)
    bytes.set(head)
    yield* this.#fill(bytes, head.length)
    take(map === undefined ? bytes : expand(map, bytes))
  }

  /** The map of a file with holes, and how much of the content it took. */
  *#sparse(
    header: TarHeader,
    block: Uint8Array,
    pax: ReadonlyMap<string, string> | undefined,
    storedBytes: number,
  ): Generator<void, { readonly map: SparseMap | undefined; readonly used: number }, void> {
    const real = pax?.get('GNU.sparse.realsize') ?? pax?.get('GNU.sparse.size')
    if (header.type === 'S') {
      const map = yield* this.#oldSparse(block)
      checkSparse(map, storedBytes)
      return { map, used: 0 }
    }
    if (real === undefined) return NO_MAP
    const realBytes = paxNumber(real, 'size of a file with holes')
    if (pax?.get('GNU.sparse.major') === '1') {
      const { pieces, bytes } = yield* this.#mapInContent(storedBytes)
      const map = { realBytes, pieces }
      checkSparse(map, storedBytes - bytes)
      return { map, used: bytes }
    }
    const pieces = piecesOf(pax?.get('GNU.sparse.map')?.split(',') ?? [])
    checkCount(pieces.length)
    checkSparse({ realBytes, pieces }, storedBytes)
    return { map: { realBytes, pieces }, used: 0 }
  }

  *#oldSparse(block: Uint8Array): Generator<void, SparseMap, void> {
    const realBytes = numberOf(block, 483, 12, 'size of a file with holes')
    const pieces: Piece[] = [...oldPieces(block, 386, 4)]
    let goesOn = block[482] === 1
    while (goesOn) {
      const more = yield* this.#gather(BLOCK_BYTES)
      pieces.push(...oldPieces(more, 0, 21))
      checkCount(pieces.length)
      goesOn = more[504] === 1
    }
    return { realBytes, pieces }
  }

  *#mapInContent(storedBytes: number): Generator<void, { pieces: readonly Piece[]; bytes: number }, void> {
    let text = ''
    let found: ReturnType<typeof mapInContent>
    while (found === undefined) {
      if (text.length + BLOCK_BYTES > Math.min(rounded(storedBytes), SPECIAL_BYTES))
        throw new Refused('A layer is damaged: it has a file with holes whose list of pieces does not end.')
      const block = yield* this.#gather(BLOCK_BYTES)
      text += Buffer.from(block).toString('latin1')
      found = mapInContent(text)
    }
    return found
  }

  /** The next bytes: a view of the piece that is there, or a copy when it ends too early. */
  *#gather(length: number): Generator<void, Uint8Array, void> {
    const end = this.#at + length
    if (end <= this.#chunk.length) {
      const view = this.#chunk.subarray(this.#at, end)
      this.#at = end
      return view
    }
    const bytes = new Uint8Array(length)
    yield* this.#fill(bytes, 0)
    return bytes
  }

  *#fill(bytes: Uint8Array, from: number): Generator<void, void, void> {
    let filled = from
    while (filled < bytes.length) {
      while (this.#at === this.#chunk.length) yield
      const part = this.#chunk.subarray(this.#at, this.#at + bytes.length - filled)
      bytes.set(part, filled)
      filled += part.length
      this.#at += part.length
    }
  }

  *#skip(length: number): Generator<void, void, void> {
    let left = length
    while (left > 0) {
      while (this.#at === this.#chunk.length) yield
      const step = Math.min(left, this.#chunk.length - this.#at)
      this.#at += step
      left -= step
    }
  }
}

const NO_MAP = { map: undefined, used: 0 } as const

function rounded(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES
}

function longName(type: string, bytes: Uint8Array): Pending {
  const zero = bytes.indexOf(0)
  const text = Buffer.from(bytes.subarray(0, zero < 0 ? bytes.length : zero)).toString('utf8')
  return type === 'L' ? { name: text } : { linkName: text }
}

/** Only what is certain: the stored bytes up to the first hole. */
function headOf({ pieces }: SparseMap, stored: Uint8Array): Uint8Array {
  const [first] = pieces
  return first === undefined || first.offset > 0 ? EMPTY : stored.subarray(0, first.length)
}
