import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArchiveReader, ArchiveWriter } from './archive.ts'
import { distributionReader } from './read-distribution.ts'
import { layoutReader } from './read-layout.ts'
import { unpackLayouts } from './unpack-tar.ts'
import { folderWriter } from './write-folder.ts'
import { tarWriter } from './write-tar.ts'

export type { ArchiveReader, ArchiveRoot, ArchiveWriter } from './archive.ts'

/** A tar file when the name ends in .tar, else a folder, which is made when missing. */
export async function openArchiveWriter(target: string): Promise<ArchiveWriter> {
  if (target.endsWith('.tar')) return tarWriter(target)
  await mkdir(target, { recursive: true })
  return folderWriter(target)
}

/**
 * Finds out what `source` is: a data folder of distribution, image layouts in a folder, or in a tar file.
 * @param scratch an existing folder in which a tar file is unpacked; what is unpacked goes when the reader is disposed.
 * @returns undefined when it is none of these.
 */
export async function openArchiveReader(source: string, scratch: string): Promise<ArchiveReader | undefined> {
  const found = await stat(source).catch(() => undefined)
  if (!found) return undefined
  if (found.isFile()) return openTar(source, scratch)
  for (const root of [join(source, 'docker', 'registry', 'v2'), source]) {
    if (await isFolder(join(root, 'repositories'))) return distributionReader(root)
  }
  return layoutReader(source)
}

async function openTar(file: string, scratch: string): Promise<ArchiveReader> {
  const folder = await mkdtemp(join(scratch, 'import-'))
  const cleanUp = () => rm(folder, { recursive: true, force: true })
  try {
    await unpackLayouts(file, folder)
  } catch (error) {
    await cleanUp()
    throw error
  }
  return layoutReader(folder, cleanUp)
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false
}
