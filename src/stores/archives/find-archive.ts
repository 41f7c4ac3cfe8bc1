import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { RegistryError } from '../../oci/index.ts'
import type { ArchiveReader, Scratch } from './archive.ts'
import { EXPORT_MARK } from './layout-folder.ts'
import { isFile, undefinedWhenAbsent } from './open-file.ts'
import { readDistribution } from './read-distribution.ts'
import { readLayouts } from './read-layout.ts'
import { makeScratchFolder, removeAbandoned } from './scratch-folder.ts'
import { firstEntryOf } from './tar-header.ts'
import { unpackLayouts } from './unpack-tar.ts'

export interface FoundArchive {
  /** @throws RegistryError for a tar file that cannot be unpacked, or has nothing to import. */
  open(scratch: Scratch): Promise<ArchiveReader>
}

/**
 * Finds out what `source` is without touching anything: Berth's export, a data folder of distribution or other image
 * layouts in a folder, or image layouts in a tar file.
 * @throws RegistryError when it is none of these, or has nothing to import.
 */
export async function findArchive(source: string): Promise<FoundArchive> {
  const found = await stat(source).catch(undefinedWhenAbsent)
  if (!found) throw new RegistryError('NOT_FOUND', `There is no ${source} to import.`)
  if (found.isFile()) {
    if (!(await firstEntryOf(source))) throw new RegistryError('UNSUPPORTED', await noTar(source))
    return { open: scratch => openTar(source, scratch) }
  }
  if (!found.isDirectory()) throw new RegistryError('UNSUPPORTED', `${source} is neither a folder nor a tar file.`)
  const reader = requireSomething(source, await readFolder(source))
  return {
    async open(scratch) {
      await removeAbandoned(scratch)
      return reader
    },
  }
}

async function readFolder(source: string): Promise<ArchiveReader> {
  if (!(await isFile(join(source, EXPORT_MARK)))) {
    for (const root of [join(source, 'docker', 'registry', 'v2'), source]) {
      const reader = await readDistribution(root)
      if (reader) return reader
    }
  }
  return readLayouts(source)
}

async function openTar(file: string, scratch: Scratch): Promise<ArchiveReader> {
  await removeAbandoned(scratch)
  const folder = await makeScratchFolder(scratch)
  try {
    const faults: string[] = []
    await unpackLayouts(file, folder.path, faults)
    const reader = await readLayouts(folder.path, { faults, cleanUp: folder.remove })
    return requireSomething(file, reader)
  } catch (error) {
    await folder.remove()
    throw error
  }
}

function requireSomething(source: string, reader: ArchiveReader): ArchiveReader {
  if (reader.repositories.length > 0) return reader
  const faults = reader.faults.length > 0 ? ` What was seen and cannot be taken: ${reader.faults.join('; ')}.` : ''
  throw new RegistryError(
    'NOT_FOUND',
    `There is nothing to import in ${source}. Looked for an OCI image layout (index.json) in it and in every folder below, and for the data folder of CNCF distribution (repositories/…/_manifests, also below docker/registry/v2).${faults}`,
  )
}

async function noTar(file: string): Promise<string> {
  const start = new Uint8Array(await Bun.file(file).slice(0, 2).arrayBuffer())
  const isGzip = start[0] === 0x1f && start[1] === 0x8b
  return `${file} is not a tar file${isGzip ? ' but compressed with gzip: decompress it first' : ''}.`
}
