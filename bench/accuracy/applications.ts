import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, write } from './commands.ts'

type Versions = Readonly<Record<string, string>>

/** Dependencies of npm, in `app` of the folder. */
export async function npmApplication(folder: string, dependencies: Versions): Promise<void> {
  const app = join(folder, 'app')
  await write(app, { 'package.json': JSON.stringify({ name: 'shop', version: '1.2.3', dependencies }) })
  await run(['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund'], app)
}

/** The same by pnpm, whose node_modules is made of links. */
export async function pnpmApplication(folder: string, dependencies: Versions): Promise<void> {
  const app = join(folder, 'app')
  await write(app, { 'package.json': JSON.stringify({ name: 'shop', version: '1.2.3', dependencies }) })
  await run(
    ['npm', 'exec', '--yes', '--', 'pnpm@9', 'install', '--ignore-scripts', '--store-dir', join(folder, '..', 'store')],
    app,
  )
}

/** Distributions of PyPI, each by itself, since old versions do not agree with each other. */
export async function pythonApplication(folder: string, requirements: readonly string[]): Promise<void> {
  const target = join(folder, 'usr/local/lib/python3.11/site-packages')
  for (const requirement of requirements) {
    await run([
      'python3',
      '-m',
      'pip',
      'install',
      '--quiet',
      '--only-binary',
      ':all:',
      '--upgrade',
      '--target',
      target,
      requirement,
    ])
  }
}

/** A program that imports a package of each module; one module is put in the place of another. */
export async function goApplication(folder: string, modules: Versions, imports: readonly string[]): Promise<void> {
  const source = join(folder, '..', 'go-source')
  await rm(source, { recursive: true, force: true })
  const required = Object.entries(modules).map(([path, version]) => `\t${path} ${version}`)
  await write(source, {
    'go.mod': `module example.com/acme/shop\n\ngo 1.20\n\nrequire (\n${required.join('\n')}\n)\n\nreplace github.com/pkg/errors => github.com/pkg/errors v0.8.1\n`,
    'main.go': `package main\n\nimport (\n${imports.map(path => `\t_ "${path}"`).join('\n')}\n)\n\nfunc main() {}\n`,
  })
  const environment = { CGO_ENABLED: '0', GOFLAGS: '-mod=mod' }
  await run(['go', 'mod', 'tidy'], source, environment)
  for (const [system, suffix] of [
    ['linux', ''],
    ['windows', '.exe'],
    ['darwin', '-mac'],
  ] as const) {
    const flags = ['-ldflags', '-s -w -X main.version=2.1.0', '-o', join(folder, `usr/bin/shop${suffix}`)]
    await run(['go', 'build', '-trimpath', ...flags, '.'], source, { ...environment, GOOS: system })
  }
}

/** Jars of artifacts and of all that they need, in a folder. */
export async function javaLibraries(folder: string, artifacts: readonly string[]): Promise<void> {
  const source = await mkdtemp(join(tmpdir(), 'java-source-'))
  const dependencies = artifacts.map(artifact => {
    const [group, name, version] = artifact.split(':')
    return `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`
  })
  await write(source, {
    'pom.xml': `<project><modelVersion>4.0.0</modelVersion><groupId>com.acme</groupId><artifactId>shop</artifactId><version>1.0</version><dependencies>${dependencies.join('')}</dependencies></project>`,
  })
  await mkdir(folder, { recursive: true })
  await run(
    ['mvn', '-q', '-B', 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${folder}`],
    source,
  )
  await rm(source, { recursive: true })
}

/** An archive of everything in a folder, stored as Spring Boot does, so that it can be read without unpacking. */
export async function storedArchive(folder: string, archive: string): Promise<void> {
  await run(['python3', '-c', STORE, folder, archive])
}
const STORE = `
import sys, os, zipfile
with zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_STORED) as z:
    for at, _, names in sorted(os.walk(sys.argv[1])):
        for name in sorted(names):
            path = os.path.join(at, name)
            z.write(path, os.path.relpath(path, sys.argv[1]))
`

/** Several jars put together into one, as shading does; of files of the same name the first counts. */
export async function shadedArchive(jars: readonly string[], archive: string): Promise<void> {
  await run(['python3', '-c', SHADE, archive, ...jars])
}
const SHADE = `
import sys, zipfile
seen = set()
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as z:
    z.writestr('META-INF/MANIFEST.MF', 'Manifest-Version: 1.0\\r\\nImplementation-Version: 1.0\\r\\n\\r\\n')
    seen.add('META-INF/MANIFEST.MF')
    for jar in sys.argv[2:]:
        for info in zipfile.ZipFile(jar).infolist():
            if info.filename not in seen and not info.is_dir():
                seen.add(info.filename)
                z.writestr(info, zipfile.ZipFile(jar).read(info.filename))
`

/** A program by cargo, with the list of its crates in it. */
export async function rustApplication(folder: string, crates: Versions, auditable: string): Promise<void> {
  const source = join(folder, '..', 'rust-source')
  const dependencies = Object.entries(crates).map(([name, version]) => `${name} = "=${version}"`)
  await write(source, {
    'Cargo.toml': `[package]\nname = "shop"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\n${dependencies.join('\n')}\n`,
    'src/main.rs': 'fn main() {}\n',
  })
  await run(['cargo', 'auditable', 'build', '--quiet'], source, { PATH: `${auditable}:${process.env.PATH}` })
  await mkdir(join(folder, 'usr/bin'), { recursive: true })
  await copyFile(join(source, 'target/debug/shop'), join(folder, 'usr/bin/shop'))
}

/** The jars in a folder. */
export async function jarsIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter(name => name.endsWith('.jar')).map(name => join(folder, name))
}
