import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { extract, type Header } from 'tar-stream'
import { RegistryError } from '../../oci/index.ts'
import { folderOf, repositoryOf } from './layout-folder.ts'
import { cutShort, TAR_BLOCK_BYTES } from './tar-header.ts'

/** The only files that a layout has; a name from a tar file is used as a path only if it is one of these. */
const LAYOUT_FILE =
  /^(?:\.\/)?((?:(?:[a-z0-9]+(?:[._-]+[a-z0-9]+)*|_blobs|_index\.json|_oci-layout)\/)*)(oci-layout|index\.json|blobs\/sha(?:256|512)\/[a-f0-9]{64,128})$/

/**
 * Unpacks the files of image layouts into `folder`, and nothing else.
 * @param faults is told of layouts that cannot be unpacked under their names.
 * @throws RegistryError for a tar file that is cut short or damaged.
 */
export async function unpackLayouts(file: string, folder: string, faults: string[]): Promise<void> {
  const archive = extract()
  const reading = pipeline(createReadStream(file), archive)
  // tar-stream does not end an entry that the file's end cut short: whoever reads it would wait for ever.
  const cut = new AbortController()
  reading.catch(error => cut.abort(error))
  let end = 0
  try {
    for await (const entry of archive) {
      end = endOf(entry.header)
      const target = targetOf(entry.header, faults)
      if (target === undefined) entry.resume()
      else {
        await mkdir(dirname(join(folder, target)), { recursive: true })
        await pipeline(entry, createWriteStream(join(folder, target)), { signal: cut.signal })
      }
    }
    await reading
  } catch (error) {
    const damage: unknown = cut.signal.aborted ? cut.signal.reason : error
    // A disk that fails ends the reading as well: no space, no permission.
    for (const failure of [error, damage]) if (failure instanceof Error && 'syscall' in failure) throw failure
    throw new RegistryError('UNSUPPORTED', cutShort(file, damage), { cause: error })
  }
  // Cut off between two entries, it reads like a whole one: what is missing then is the end that is written last.
  if ((await stat(file)).size < end + TAR_BLOCK_BYTES) {
    throw new RegistryError('UNSUPPORTED', cutShort(file, 'it has no end-of-archive block'))
  }
}

/** Undefined for what is left out. */
function targetOf({ name, type }: Header, faults: string[]): string | undefined {
  if (type === 'directory') return undefined
  const [, folder, layoutFile] = LAYOUT_FILE.exec(name) ?? []
  if (folder === undefined || layoutFile === undefined) {
    if (name.endsWith('/index.json')) faults.push(`${name}: does not lie in a folder of a repository's name; left out`)
    return undefined
  }
  if (type === 'file' || type === 'contiguous-file') return join(folderOf(repositoryOf(folder)), layoutFile)
  faults.push(`${name}: is a ${type} in the tar file, and only files are taken; left out`)
  return undefined
}

/** Where the entry's last block ends. tar-stream knows where its bytes begin, and its types do not say so. */
function endOf(header: Header): number {
  const { byteOffset = 0, size = 0 } = header as Header & { readonly byteOffset?: number }
  return byteOffset + Math.ceil((header.type === 'directory' ? 0 : size) / TAR_BLOCK_BYTES) * TAR_BLOCK_BYTES
}
