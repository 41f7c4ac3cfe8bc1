import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RegistryError } from '../../oci/index.ts'
import type { ArchiveWriter } from './archive.ts'
import { EXPORT_MARK } from './layout-folder.ts'
import { undefinedWhenAbsent } from './open-file.ts'
import { firstEntryOf } from './tar-header.ts'
import { folderWriter } from './write-folder.ts'
import { tarWriter } from './write-tar.ts'

/**
 * A tar file when the name ends in .tar, else a folder, which is made when missing.
 * @throws RegistryError when there is no place for it, or something else is in its place.
 */
export async function openArchiveWriter(target: string): Promise<ArchiveWriter> {
  const isTar = target.endsWith('.tar')
  const above = await stat(dirname(target)).catch(undefinedWhenAbsent)
  // Not made: it is a mistyped name, or a disk that is not mounted.
  if (!above?.isDirectory()) throw refusal(`There is no folder ${dirname(target)} to export to: make it first.`)
  const found = await stat(target).catch(undefinedWhenAbsent)
  if (!isTar && found && !found.isDirectory()) {
    throw refusal(`${target} is a file: export to a folder, or to a file that ends in .tar.`)
  }
  if (isTar && found && !found.isFile()) throw refusal(`${target} is not a file: give another name.`)
  if (isTar && found && found.size > 0 && !(await isExport(target))) {
    throw refusal(`${target} is there and is no export of Berth: give another name, or remove it.`)
  }
  return isTar ? tarWriter(target) : folderWriter(target)
}

async function isExport(file: string): Promise<boolean> {
  const first = await firstEntryOf(file)
  return first !== undefined && first !== 'empty' && first.name === EXPORT_MARK
}

function refusal(message: string): RegistryError {
  return new RegistryError('UNSUPPORTED', message)
}
