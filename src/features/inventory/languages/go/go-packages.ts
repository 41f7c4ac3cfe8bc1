import type { FoundPackage } from '../../package.ts'
import type { Executable } from '../executables/sections.ts'
import { goPackage } from '../packages.ts'
import { type BuildInformation, type Module, readBuildInformation } from './build-information.ts'
import { versionOfFlags } from './linker-flags.ts'

const UNKNOWN_VERSION = '(devel)'

/** Modules that a Go program was linked from, its own, and the standard library by the compiler's version. */
export function goPackages(executable: Executable): readonly FoundPackage[] {
  const built = readBuildInformation(executable)
  if (built === undefined) return []
  const main = mainModule(built)
  return [
    ...goPackage('stdlib', standardLibrary(built.goVersion)),
    ...(main === undefined ? [] : goPackage(main.path, mainVersion(built, main))),
    ...built.modules.filter(one => one !== main).flatMap(found),
  ]
}

/** `go1.22.3 X:boringcrypto` is 1.22.3; a compiler from the development branch has no version that an advisory knows. */
const standardLibrary = (goVersion: string): string | undefined => /^go(\d[^\s]*)/.exec(goVersion)?.[1]

/** What was put in a module's place is what was linked; a folder in its place is still that module, of no version. */
function found({ path, version, replacedBy }: Module): readonly FoundPackage[] {
  const isFolder = replacedBy !== undefined && /^[./]/.test(replacedBy.path)
  const linked =
    replacedBy === undefined || isFolder ? { path, version: isFolder ? replacedBy.version : version } : replacedBy
  return linked.version === UNKNOWN_VERSION ? [] : goPackage(linked.path, linked.version)
}

/** Of a program that was built from single files, or by Bazel, the main module is among the others or has only its path. */
function mainModule({ main, modules, path }: BuildInformation): Module | undefined {
  if (main !== undefined && main.path !== '' && main.path !== 'command-line-arguments') return main
  const unversioned = modules.filter(({ version }) => version === UNKNOWN_VERSION)
  if (unversioned.length === 1) return unversioned[0]
  return path === '' ? undefined : { path, version: UNKNOWN_VERSION }
}

/** As tagged, else as the linker was told, else as Go numbers a commit without a tag. */
function mainVersion({ settings }: BuildInformation, main: Module): string | undefined {
  const linked = main.replacedBy ?? main
  if (linked.version !== '' && linked.version !== UNKNOWN_VERSION) return linked.version
  const told = versionOfFlags(settings.get('-ldflags') ?? '', main.path)
  if (told !== undefined) return told
  const [revision, time] = [settings.get('vcs.revision'), Date.parse(settings.get('vcs.time') ?? '')]
  if (revision === undefined || Number.isNaN(time)) return undefined
  const stamp = new Date(time).toISOString().replace(/[-:T]/g, '').slice(0, 14)
  return `v0.0.0-${stamp}-${revision.slice(0, 12)}`
}
