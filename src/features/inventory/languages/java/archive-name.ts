/** What the name of an archive tells: `log4j-core-2.14.1.jar` is log4j-core 2.14.1. */
export interface ArchiveName {
  readonly name: string
  readonly version: string | undefined
}

const VERSION = /^(?:\d|build\d|rc?\d)/i

/** @param fileName without folders */
export function readArchiveName(fileName: string): ArchiveName {
  const dot = fileName.lastIndexOf('.')
  const stem = dot > 0 ? fileName.slice(0, dot) : fileName
  const at = versionAt(stem, '-') ?? versionAt(stem, '_') ?? versionAt(stem, '.')
  return at === undefined
    ? { name: stem, version: undefined }
    : { name: stem.slice(0, at), version: stem.slice(at + 1) }
}

/** The first separator that a version follows. */
function versionAt(stem: string, separator: string): number | undefined {
  for (let at = stem.indexOf(separator, 1); at > 0; at = stem.indexOf(separator, at + 1)) {
    if (VERSION.test(stem.slice(at + 1, at + 8))) return at
  }
  return undefined
}

/** Those whose names have dots: their group is not in front. */
const WITH_DOTS = /^(?:javax|jakarta|org\.eclipse|org\.osgi)\./

/** `org.example.things` is the artifact things of org.example, as several tools name what they put together. */
export function splitArtifact(name: string): { artifact: string; group: string | undefined } {
  const dot = name.lastIndexOf('.')
  const isSplit = dot > 0 && !WITH_DOTS.test(name) && name.split('.').every(field => /^\p{L}/u.test(field))
  if (!isSplit) return { artifact: name, group: undefined }
  const group = name.slice(0, dot)
  return { artifact: name.slice(dot + 1), group: group.includes('.') ? group : undefined }
}
