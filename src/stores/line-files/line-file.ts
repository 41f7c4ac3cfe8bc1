import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A file that others read while it grows, and may move away at any time. */
export interface LineFile {
  /** Resolves when the lines are on disk. A line has no line end in it. */
  append(lines: readonly string[]): Promise<void>
}

export interface LineFileOptions {
  readonly path: string
  /** A file that has as much becomes `<path>.1`, what was that `<path>.2`, and so on. */
  readonly maxBytes: number
  /** So many full ones are kept. */
  readonly keep: number
}

const MODE = 0o640
const LINE_END = 0x0a

/** Nothing is open between two times that lines are added. One writer at a time. */
export function openLineFile(options: LineFileOptions): LineFile {
  const { path, maxBytes } = options
  return {
    async append(lines) {
      await mkdir(dirname(path), { recursive: true })
      if ((await Bun.file(path).exists()) && Bun.file(path).size >= maxBytes) await rotate(options)
      await using file = await open(path, 'a+', MODE)
      const { size } = await file.stat()
      // What a crash left of a line stays a line of its own.
      const end = size === 0 || (await endsWithLine(file, size)) ? '' : '\n'
      await file.appendFile(end + lines.map(line => `${line}\n`).join(''))
      await file.datasync()
    },
  }
}

async function endsWithLine(file: FileHandle, bytes: number): Promise<boolean> {
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, bytes - 1)
  return buffer[0] === LINE_END
}

async function rotate({ path, keep }: LineFileOptions): Promise<void> {
  const named = (number: number) => `${path}.${number}`
  if (keep === 0) return rm(path, { force: true })
  await rm(named(keep), { force: true })
  for (let number = keep - 1; number >= 1; number -= 1)
    await rename(named(number), named(number + 1)).catch(ignoreAbsent)
  await rename(path, named(1)).catch(ignoreAbsent)
}

function ignoreAbsent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
  throw error
}
