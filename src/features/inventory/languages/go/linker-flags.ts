const VERSION = /^v?\d+\.\d+\.\d+[-+.\w]*$/

/**
 * The version that a program was given by the linker: of `-X main.version=1.2.3`, and of variables of its own
 * packages whose names end in version, ver or tag.
 * @param mainModule whose variables count, besides those of the package main
 * @returns with a `v` in front
 */
export function versionOfFlags(flags: string, mainModule: string): string | undefined {
  for (const word of flags.split(/[\s'"]+/)) {
    const equals = word.indexOf('=')
    const dot = word.lastIndexOf('.', equals)
    if (equals <= 0 || dot <= 0) continue
    const [owner, variable, value] = [word.slice(0, dot), word.slice(dot + 1, equals), word.slice(equals + 1)]
    if (owner !== 'main' && owner !== mainModule && !owner.startsWith(`${mainModule}/`)) continue
    if (!/(?:version|ver|tag)$/i.test(variable)) continue
    const version = value.slice(value.lastIndexOf('/') + 1)
    if (VERSION.test(version)) return version.startsWith('v') ? version : `v${version}`
  }
  return undefined
}
