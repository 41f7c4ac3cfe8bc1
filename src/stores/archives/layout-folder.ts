/** What lies in a layout's own folder; a repository's component of such a name would lie in the same place. */
const LAYOUT_NAMES: ReadonlySet<string> = new Set(['oci-layout', 'index.json', 'blobs'])

/** In the root of an export. No repository can have this name: a component begins with a letter or a digit. */
export const EXPORT_MARK = '_berth-export.json'
export const EXPORT_MARK_TEXT = '{"format":"berth-export","version":1}'

/**
 * The folder of a repository's layout below the root. Repositories lie in each other's folders (`team` and `team/app`),
 * so a component that is also the name of a layout's file has "_" before it: `team/blobs` lies in `team/_blobs`.
 */
export function folderOf(repository: string): string {
  return repository
    .split('/')
    .map(component => (LAYOUT_NAMES.has(component) ? `_${component}` : component))
    .join('/')
}

/** The repository whose layout lies in `folder`, whether its components were written as above or as they are. */
export function repositoryOf(folder: string): string {
  return folder
    .split('/')
    .map(part => (part.startsWith('_') && LAYOUT_NAMES.has(part.slice(1)) ? part.slice(1) : part))
    .join('/')
}
