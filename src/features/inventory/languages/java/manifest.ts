import { linesOf, textOf } from '../document.ts'

/** The main section of a META-INF/MANIFEST.MF; names in lower case. */
export function readManifest(bytes: Uint8Array): ReadonlyMap<string, string> {
  const attributes = new Map<string, string[]>()
  let last: string[] | undefined
  for (const line of linesOf(textOf(bytes))) {
    if (line === '') break
    if (line[0] === ' ') {
      last?.push(line.slice(1))
      continue
    }
    const colon = line.indexOf(':')
    if (colon <= 0) continue
    last = [line.slice(colon + 1)]
    attributes.set(line.slice(0, colon).trim().toLowerCase(), last)
  }
  return new Map([...attributes].map(([name, parts]) => [name, parts.join('').trim()]))
}

/** `groupId`, `artifactId` and `version` of a pom.properties. */
export function readProperties(bytes: Uint8Array): ReadonlyMap<string, string> {
  const properties = new Map<string, string>()
  for (const line of linesOf(textOf(bytes))) {
    const trimmed = line.trimStart()
    if (trimmed.startsWith('#') || trimmed.startsWith('!')) continue
    const separator = trimmed.search(/[=:]/)
    if (separator > 0) properties.set(trimmed.slice(0, separator).trim(), trimmed.slice(separator + 1).trim())
  }
  return properties
}
