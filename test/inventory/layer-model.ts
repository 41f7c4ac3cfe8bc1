import type { TarFile } from './tar.ts'

/** What a runtime would have in its folder, by path: the simplest thing that does what layers are said to do. */
export type Folder = Map<string, Placed>

interface Placed {
  readonly version: number
  readonly layer: number
}

export interface Step {
  readonly kind: 'put' | 'whiteout' | 'opaque' | 'folder'
  readonly name: string
}

const isBelow = (path: string, above: string) => path.startsWith(`${above}/`)

/** Whether a step takes away a file that is there. */
const TAKES: Readonly<Record<Step['kind'], (known: string, path: string, isOlder: boolean) => boolean>> = {
  whiteout: (known, path, isOlder) => isOlder && (known === path || isBelow(known, path)),
  opaque: (known, path, isOlder) => isOlder && isBelow(known, path),
  folder: (known, path) => known === path,
  // What was a file is a folder once something is put into it, and the other way round.
  put: (known, path) => isBelow(known, path) || isBelow(path, known),
}

/** Does a step to the folder, and gives the entry of a layer that says the same. */
export function applied(folder: Folder, { kind, name }: Step, placed: Placed): TarFile {
  for (const [known, { layer }] of folder) if (TAKES[kind](known, name, layer < placed.layer)) folder.delete(known)
  if (kind === 'put') folder.set(name, placed)
  return entryOf(kind, name, placed.version)
}

function entryOf(kind: Step['kind'], name: string, version: number): TarFile {
  const slash = name.lastIndexOf('/') + 1
  switch (kind) {
    case 'put':
      return { name, content: `${name} ${version}` }
    case 'folder':
      return { name: `${name}/`, type: '5' }
    case 'opaque':
      return { name: `${name}/.wh..wh..opq` }
    case 'whiteout':
      return { name: `${name.slice(0, slash)}.wh.${name.slice(slash)}` }
  }
}
