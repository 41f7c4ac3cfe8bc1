const COPYRIGHT = /^usr\/share\/doc\/[^/]+\/copyright$/
/** Some list every contributor of a browser. */
const MOST_BYTES = 1024 ** 2
const MOST_LICENCES = 32
const FIELD = /^License:(.*)$/gim
/** What older files say instead: where on the system the text of the licence is. */
const COMMON = /\/usr\/share\/common-licenses\/([A-Za-z0-9][A-Za-z0-9.+-]*[A-Za-z0-9+])/g

/** Where Debian's packages say under which licences they are; the folder is named as the package. */
export function copyrightPathOf(debianPackage: string): string {
  return `usr/share/doc/${debianPackage}/copyright`
}

export function isCopyright(path: string, sizeBytes: number): boolean {
  return COPYRIGHT.test(path) && sizeBytes <= MOST_BYTES
}

/** Names of licences as Debian writes them, each once. https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/ */
export function licencesIn(bytes: Uint8Array): readonly string[] {
  const text = new TextDecoder().decode(bytes)
  const named = [...text.matchAll(FIELD)]
  const found = named.length > 0 ? named : [...text.matchAll(COMMON)]
  const names = found.map(([, name = '']) => name.trim().slice(0, 256)).filter(name => name !== '')
  return [...new Set(names)].slice(0, MOST_LICENCES)
}
