import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { extract } from 'tar-stream'

/** The only files that a layout has; a name from a tar file is used as a path only if it is one of these. */
const LAYOUT_FILE =
  /^(?:\.\/)?(?:[a-z0-9]+(?:[._-]+[a-z0-9]+)*\/)*(?:oci-layout|index\.json|blobs\/sha(?:256|512)\/[a-f0-9]{64,128})$/

/** Unpacks the files of image layouts into `folder`, and nothing else. Throws for a tar file that is cut short. */
export async function unpackLayouts(file: string, folder: string): Promise<void> {
  const archive = extract()
  const reading = pipeline(createReadStream(file), archive)
  reading.catch(() => undefined)
  for await (const entry of archive) {
    const { name, type } = entry.header
    if (type === 'file' && LAYOUT_FILE.test(name)) {
      const target = join(folder, name)
      await mkdir(dirname(target), { recursive: true })
      await pipeline(entry, createWriteStream(target))
    } else entry.resume()
  }
  await reading
}
