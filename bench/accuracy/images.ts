import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  goApplication,
  jarsIn,
  javaLibraries,
  npmApplication,
  pnpmApplication,
  pythonApplication,
  rustApplication,
  shadedArchive,
  storedArchive,
} from './applications.ts'
import { write } from './commands.ts'
import { makeDebian, withPackages } from './debian.ts'

/** Where trees of files are made, and kept for the next time: they take minutes. */
export interface Workshop {
  readonly folder: string
  /** A tree by its name; made by `make` when it is not there. */
  tree(name: string, make: (folder: string) => Promise<void>): Promise<string>
}

export function workshop(folder: string): Workshop {
  return {
    folder,
    async tree(name, make) {
      const whole = join(folder, name)
      const isThere = await stat(whole).then(
        () => true,
        () => false,
      )
      if (isThere) return whole
      const half = join(folder, `${name}.making`, 'tree')
      await rm(join(folder, `${name}.making`), { recursive: true, force: true })
      await mkdir(join(half, '..'), { recursive: true })
      await make(half)
      await rename(half, whole)
      await rm(join(folder, `${name}.making`), { recursive: true, force: true })
      return whole
    },
  }
}

/** An image to be read: its name, and the trees of its layers, the lowest first. */
export interface Recipe {
  readonly name: string
  layers(shop: Workshop): Promise<readonly string[]>
}

const bookworm = (shop: Workshop) => shop.tree('bookworm', folder => makeDebian('bookworm', folder))
const trixie = (shop: Workshop) => shop.tree('trixie', folder => makeDebian('trixie', folder))
const debian = (name: string, base: (shop: Workshop) => Promise<string>, packages: readonly string[]): Recipe => ({
  name,
  layers: async shop => {
    const lower = await base(shop)
    return [await shop.tree(name.replace(/\W+/g, '-'), folder => withPackages(lower, folder, packages))]
  },
})

const NPM = {
  express: '4.16.0',
  lodash: '4.17.15',
  axios: '0.21.0',
  minimist: '1.2.0',
  'node-fetch': '2.6.0',
  ws: '7.4.0',
}
const LARGE_NPM = { ...NPM, webpack: '4.46.0', jest: '25.5.4', '@angular/core': '11.0.0', next: '10.0.0' }
const PYTHON = [
  'django==3.2.0',
  'flask==1.0',
  'requests==2.19.0',
  'jinja2==2.10',
  'urllib3==1.23',
  'pyyaml==6.0',
  'cryptography==39.0.0',
  'sqlalchemy==1.4.50',
]
const GO = {
  'golang.org/x/net': 'v0.7.0',
  'golang.org/x/text': 'v0.3.7',
  'github.com/gin-gonic/gin': 'v1.7.0',
  'github.com/dgrijalva/jwt-go': 'v3.2.0+incompatible',
  'gopkg.in/yaml.v2': 'v2.2.2',
  'github.com/BurntSushi/toml': 'v1.2.1',
  'github.com/pkg/errors': 'v0.9.1',
}
const GO_IMPORTS = [
  'golang.org/x/net/http2',
  'golang.org/x/text/language',
  'github.com/gin-gonic/gin',
  'github.com/dgrijalva/jwt-go',
  'gopkg.in/yaml.v2',
  'github.com/BurntSushi/toml',
  'github.com/pkg/errors',
]
const SPRING = [
  'org.springframework.boot:spring-boot-starter-web:2.5.0',
  'org.springframework.boot:spring-boot-starter-security:2.5.0',
  'org.apache.logging.log4j:log4j-core:2.14.1',
]
const STRUTS = [
  'org.apache.struts:struts2-core:2.5.20',
  'commons-collections:commons-collections:3.2.1',
  'com.fasterxml.jackson.core:jackson-databind:2.9.8',
  'org.yaml:snakeyaml:1.26',
]
const RUST = { time: '0.1.43', regex: '1.5.4', smallvec: '1.6.0', serde_json: '1.0.64' }

export const recipes = (auditable: string): readonly Recipe[] => [
  { name: 'Debian 12', layers: async shop => [await bookworm(shop)] },
  { name: 'Debian 13', layers: async shop => [await trixie(shop)] },
  debian('Debian 12 with Node.js and npm', bookworm, ['nodejs', 'npm']),
  debian('Debian 13 with Python packages', trixie, [
    'python3-django',
    'python3-requests',
    'python3-yaml',
    'python3-pip',
    'ansible-core',
  ]),
  debian('Debian 12 with Ruby on Rails', bookworm, ['ruby', 'ruby-rails', 'ruby-rack', 'ruby-nokogiri', 'bundler']),
  debian('Debian 12 with libraries of Java', bookworm, [
    'libtomcat10-java',
    'liblog4j2-java',
    'libspring-web-java',
    'libcommons-fileupload-java',
  ]),
  debian('Debian 13 with Go and Rust programs', trixie, ['podman', 'buildah', 'skopeo', 'ripgrep', 'fd-find', 'crun']),
  {
    name: 'npm application on Debian 12',
    layers: async shop => [await bookworm(shop), await shop.tree('npm', folder => npmApplication(folder, LARGE_NPM))],
  },
  { name: 'pnpm application', layers: async shop => [await shop.tree('pnpm', folder => pnpmApplication(folder, NPM))] },
  {
    name: 'Python application on Debian 12',
    layers: async shop => [
      await bookworm(shop),
      await shop.tree('python', folder => pythonApplication(folder, PYTHON)),
    ],
  },
  {
    name: 'Go programs for three systems',
    layers: async shop => [await shop.tree('go', folder => goApplication(folder, GO, GO_IMPORTS))],
  },
  { name: 'Spring Boot archive', layers: async shop => [await shop.tree('spring', springBoot)] },
  { name: 'Struts in a war, and a shaded jar', layers: async shop => [await shop.tree('struts', struts)] },
  {
    name: 'Rust program',
    layers: async shop => [await shop.tree('rust', folder => rustApplication(folder, RUST, auditable))],
  },
  {
    name: '.NET framework and library',
    // They come with two packages of Python.
    layers: async shop => [
      await shop.tree('dotnet', folder => pythonApplication(folder, ['dotnetcore2==3.1.23', 'pythonnet==3.0.3'])),
    ],
  },
  {
    name: 'bundled application with its lock',
    layers: async shop => {
      const installed = await shop.tree('npm-small', folder => npmApplication(folder, NPM))
      return [await shop.tree('bundled', folder => bundled(installed, folder))]
    },
  },
  {
    name: 'npm application, partly deleted and replaced',
    layers: async shop => {
      const lower = await shop.tree('npm-small', folder => npmApplication(folder, NPM))
      return [lower, await shop.tree('npm-changes', changes)]
    },
  },
]

async function springBoot(folder: string): Promise<void> {
  const unpacked = join(folder, '..', 'unpacked')
  await javaLibraries(join(unpacked, 'BOOT-INF/lib'), SPRING)
  const manifest =
    'Manifest-Version: 1.0\nMain-Class: org.springframework.boot.loader.JarLauncher\nImplementation-Title: shop\nImplementation-Version: 1.2.3\n'
  await write(unpacked, { 'META-INF/MANIFEST.MF': manifest })
  await mkdir(join(folder, 'app'), { recursive: true })
  await storedArchive(unpacked, join(folder, 'app/shop.jar'))
}

async function struts(folder: string): Promise<void> {
  const unpacked = join(folder, '..', 'unpacked')
  await javaLibraries(join(unpacked, 'WEB-INF/lib'), STRUTS)
  await write(unpacked, { 'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\nImplementation-Version: 4.5.6\n' })
  await mkdir(join(folder, 'app'), { recursive: true })
  await storedArchive(unpacked, join(folder, 'app/store.war'))
  await shadedArchive(await jarsIn(join(unpacked, 'WEB-INF/lib')), join(folder, 'app/all-in-one.jar'))
}

/** One file of code, and the lock that it was made by. */
async function bundled(installed: string, folder: string): Promise<void> {
  await write(folder, {
    'app/server.js': 'console.log("all in one")',
    'app/package-lock.json': await Bun.file(join(installed, 'app/package-lock.json')).text(),
  })
}

/** A layer above an application of npm: one package is gone, one folder is another, one package is newer. */
async function changes(folder: string): Promise<void> {
  const modules = join(folder, 'app/node_modules')
  await write(modules, {
    '.wh.lodash': '',
    'ws/.wh..wh..opq': '',
    'ws/package.json': '{"name": "ws", "version": "8.17.1"}',
    'minimist/package.json': '{"name": "minimist", "version": "1.2.8"}',
  })
}

/** Whether everything that the recipes need is here; what is missing is named. */
export function missingTools(): readonly string[] {
  const tools = ['debootstrap', 'npm', 'python3', 'go', 'mvn', 'cargo', 'tar', 'gzip']
  return tools.filter(tool => Bun.which(tool) === null)
}
