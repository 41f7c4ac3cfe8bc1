import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Zips } from './advisory-zips.ts'

/** One advisory that hits one package, as either program tells it. */
export interface ToldFinding {
  /** Without a release. */
  readonly ecosystem: string
  readonly package: string
  readonly version: string
  /** Of one vulnerability: those of advisories that hit, and their aliases. */
  readonly ids: readonly string[]
}

export interface Scanned {
  readonly packages: readonly Omit<ToldFinding, 'ids'>[]
  /** Of each the first of the ids is that of the advisory. */
  readonly findings: readonly ToldFinding[]
}

export async function writeZips(folder: string, zips: Zips): Promise<void> {
  for (const [ecosystem, bytes] of zips) {
    await mkdir(join(folder, 'osv-scanner', ecosystem), { recursive: true })
    await Bun.write(join(folder, 'osv-scanner', ecosystem, 'all.zip'), bytes)
  }
}

/** It reads the last three only when it is told to; and it is not to leave out what packages of Debian brought. */
const READERS = ['artifact', 'javascript/packagejson', 'ruby/gemspec', 'dotnet/depsjson']

interface Report {
  /** Nothing at all when it finds no package. */
  readonly results: readonly { readonly packages: readonly ReportedPackage[] }[] | null
}

interface ReportedPackage {
  readonly package: {
    readonly name: string
    readonly version: string
    readonly ecosystem: string
    readonly os_package_name?: string
  }
  readonly vulnerabilities?: readonly { readonly id: string; readonly aliases?: readonly string[] }[]
}

/** What osv-scanner finds in an image by the zips in a folder. @throws Error with what it printed. */
export async function scanWithOsvScanner(program: string, archive: string, database: string): Promise<Scanned> {
  const installed = await scan(program, archive, database, READERS)
  // As Berth: what locks name counts where nothing is installed.
  return installed.packages.length > 0 ? installed : scan(program, archive, database, ['lockfile'])
}

async function scan(program: string, archive: string, database: string, readers: readonly string[]): Promise<Scanned> {
  const command = [
    ...[program, 'scan', 'image', '--archive', archive, '--offline', '--local-db-path', database],
    ...['--format', 'json', '--all-packages', '--all-vulns', '--allow-no-lockfiles'],
    ...readers.flatMap(reader => ['--experimental-plugins', reader]),
    ...['--experimental-disable-plugins', 'vex/os-duplicate/dpkg'],
  ]
  const child = Bun.spawn(command, { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
  const [output, errors, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  // 1 is that it found something.
  if (status > 1) throw new Error(`osv-scanner failed (${status}): ${errors.slice(-600)}`)
  const { results } = JSON.parse(output) as Report
  const all = (results ?? []).flatMap(({ packages }) => packages)
  const told = all.map(({ package: { name, version, ecosystem, os_package_name }, vulnerabilities = [] }) => ({
    subject: subjectOf(ecosystem, os_package_name || name, version),
    vulnerabilities,
  }))
  return {
    packages: told.map(({ subject }) => subject),
    findings: told.flatMap(({ subject, vulnerabilities }) =>
      vulnerabilities.map(({ id, aliases = [] }) => ({ ...subject, ids: [id, ...aliases] })),
    ),
  }
}

/** Written alike: Go's versions without the v, names of PyPI and NuGet in one case. */
export function subjectOf(ecosystem: string, name: string, version: string): Omit<ToldFinding, 'ids'> {
  const family = ecosystem.split(':', 1)[0] as string
  return {
    ecosystem: family,
    package: family === 'PyPI' ? name.toLowerCase().replace(/[-_.]+/g, '-') : name,
    version: family === 'Go' ? version.replace(/^(v|go)/, '') : version,
  }
}
