import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Scratch } from './archive.ts'
import { foldersIn } from './list-folders.ts'

const SCRATCH_FOLDER = /^import-[A-Za-z0-9-]+$/
/** No folder that is unpacked beside it can have this name. */
const LOCK_FILE = '_lock'

export interface ScratchFolder {
  readonly path: string
  remove(): Promise<void>
}

/**
 * A folder for one import. A process that is killed leaves it behind without its lock, which the
 * kernel frees; that is how {@link removeAbandoned} tells it from the folder of an import that runs. A process id would
 * not do: two containers on one volume have the same ones.
 */
export async function makeScratchFolder({ folder, lock }: Scratch): Promise<ScratchFolder> {
  const id = crypto.randomUUID()
  const unlocked = join(folder, `new-import-${id}`)
  const path = join(folder, `import-${id}`)
  await mkdir(unlocked, { recursive: true })
  const held = lock(join(unlocked, LOCK_FILE))
  if (!held) throw new Error(`${unlocked} is locked by somebody else.`)
  const remove = async () => {
    try {
      await rm(path, { recursive: true, force: true })
    } finally {
      held.release()
    }
  }
  try {
    // It has the name that others look for only when it is locked.
    await rename(unlocked, path)
    await mkdir(join(path, 'layouts'))
  } catch (error) {
    await remove()
    throw error
  }
  return { path: join(path, 'layouts'), remove }
}

/** Removes the folders of imports that were killed. */
export async function removeAbandoned({ folder, lock }: Scratch): Promise<void> {
  const faults: string[] = []
  for (const name of await foldersIn(folder, faults)) {
    if (!SCRATCH_FOLDER.test(name)) continue
    const held = lock(join(folder, name, LOCK_FILE))
    if (!held) continue
    try {
      await rm(join(folder, name), { recursive: true, force: true })
    } catch (error) {
      // Another import removes it too, and made the lock anew meanwhile: it will remove that as well.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOTEMPTY')) throw error
    } finally {
      held.release()
    }
  }
  if (faults.length > 0) throw new Error(faults.join('; '))
}
