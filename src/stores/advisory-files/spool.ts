import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { BadFile } from './bad-file.ts'

/** A file on this machine, for as long as its spool is open. */
export interface SpooledFile {
  /** As its sender named it, with slashes. */
  readonly name: string
  readonly path: string
  readonly sizeBytes: number
}

/** Holds what is read from elsewhere until it is whole. */
export interface Spool extends AsyncDisposable {
  /** @throws BadFile when it has more than `mostBytes`; what the stream throws. */
  keep(name: string, stream: AsyncIterable<Uint8Array>, mostBytes: number): Promise<SpooledFile>
  /** Frees its place. */
  drop(file: SpooledFile): Promise<void>
}

/** A spool of a process that was killed is removed after so long. */
const ABANDONED_MS = 24 * 3600 * 1000

/** @param folder is made when it is not there. */
export async function openSpool(folder: string): Promise<Spool> {
  await mkdir(folder, { recursive: true })
  await removeAbandoned(folder)
  const place = await mkdtemp(join(folder, 'spool-'))
  let files = 0
  return {
    async keep(name, stream, mostBytes) {
      files += 1
      const path = join(place, String(files))
      const sizeBytes = await write(path, stream, mostBytes, name)
      return { name, path, sizeBytes }
    },
    drop: file => rm(file.path, { force: true }),
    [Symbol.asyncDispose]: () => rm(place, { recursive: true, force: true }),
  }
}

async function write(path: string, stream: AsyncIterable<Uint8Array>, mostBytes: number, name: string) {
  const file = createWriteStream(path)
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => undefined)
  file.once('error', failed.reject)
  let sizeBytes = 0
  try {
    for await (const chunk of stream) {
      sizeBytes += chunk.byteLength
      if (sizeBytes > mostBytes) throw new BadFile(`${name} has more than ${mostBytes} bytes`)
      if (!file.write(chunk))
        await Promise.race([new Promise<void>(resolve => file.once('drain', resolve)), failed.promise])
    }
    await Promise.race([new Promise<void>(resolve => file.end(resolve)), failed.promise])
  } catch (error) {
    file.destroy()
    throw error
  }
  return sizeBytes
}

async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('spool-')) continue
    const path = join(folder, name)
    const found = await stat(path).catch(() => undefined)
    if (found && Date.now() - found.mtimeMs > ABANDONED_MS) await rm(path, { recursive: true, force: true })
  }
}
