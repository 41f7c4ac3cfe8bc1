import { expect, test } from 'bun:test'
import { foundBy } from '../../../../../test/support/package-files.ts'
import { PACKAGE_JSON } from './package-json.ts'
import { PACKAGE_LOCK } from './package-lock.ts'
import { PNPM_LOCK } from './pnpm-lock.ts'
import { YARN_LOCK } from './yarn-lock.ts'

const READERS = [PACKAGE_JSON, PACKAGE_LOCK, PNPM_LOCK, YARN_LOCK]
const find = async (path: string, content: string) =>
  (await foundBy(READERS, path, content))?.map(({ name, version }) => `${name} ${version}`)

test('an installed package is what its package.json says', async () => {
  const content = '{"name": "@angular/core", "version": "16.0.0", "license": "MIT"}'
  expect(await foundBy(READERS, 'app/node_modules/@angular/core/package.json', content)).toEqual([
    {
      ecosystem: 'npm',
      name: '@angular/core',
      version: '16.0.0',
      purl: 'pkg:npm/%40angular/core@16.0.0',
      licences: ['MIT'],
    },
  ])
  const old = '{"name": "q", "version": "0.9.0", "licenses": [{"type": "MIT"}, {"type": "Apache-2.0"}]}'
  expect((await foundBy(READERS, 'package.json', old))?.[0]?.licences).toEqual(['MIT', 'Apache-2.0'])
})

test('a package.json that only tells how modules are loaded is no package, and one that is no JSON is told of', async () => {
  expect(await find('node_modules/a/esm/package.json', '{"type": "module"}')).toEqual([])
  expect(await find('node_modules/a/package.json', '{"name": "a", "version": 1}')).toEqual([])
  await expect(find('node_modules/a/package.json', '{"name": "a"')).rejects.toThrow('it is no JSON')
  await expect(find('node_modules/a/package.json', '[]')).rejects.toThrow('no object')
})

test('package-lock.json of version 1 is a tree, with aliases, without what is for development', async () => {
  const lock = {
    lockfileVersion: 1,
    dependencies: {
      express: { version: '4.16.0', dependencies: { qs: { version: '6.5.1' } } },
      wide: { version: 'npm:string-width@4.2.0' },
      jest: { version: '25.0.0', dev: true },
      fork: { version: 'git+ssh://git@example.com/fork.git#abc' },
    },
  }
  expect((await find('app/package-lock.json', JSON.stringify(lock)))?.sort()).toEqual([
    'express 4.16.0',
    'qs 6.5.1',
    'string-width 4.2.0',
  ])
})

test('package-lock.json of versions 2 and 3 is a list of folders', async () => {
  const lock = {
    lockfileVersion: 3,
    packages: {
      '': { name: 'app', version: '1.0.0' },
      'node_modules/express': { version: '4.16.0' },
      'node_modules/express/node_modules/@scope/qs': { version: '6.5.1' },
      'node_modules/wide': { name: 'string-width', version: '4.2.0' },
      'node_modules/jest': { version: '25.0.0', dev: true },
      'node_modules/mine': { resolved: 'packages/mine', link: true },
      'packages/mine': { version: '1.0.0' },
    },
  }
  expect(await find('npm-shrinkwrap.json', JSON.stringify(lock))).toEqual([
    'express 4.16.0',
    '@scope/qs 6.5.1',
    'string-width 4.2.0',
  ])
})

test('pnpm-lock.yaml is read in every form that pnpm had', async () => {
  const form5 = `lockfileVersion: 5.4
dependencies:
  express: 4.16.0
packages:
  /@babel/core/7.1.0_react@17.0.2:
    resolution: {integrity: sha512-x}
    dev: false
  /jest/25.0.0:
    resolution: {integrity: sha512-x}
    dev: true
  /express/4.16.0:
    dependencies:
      qs: 6.5.1
    dev: false
`
  expect(await find('pnpm-lock.yaml', form5)).toEqual(['@babel/core 7.1.0', 'express 4.16.0'])
  const form6 = `lockfileVersion: '6.0'
packages:
  /@babel/core@7.1.0(react@17.0.2):
    dev: false
  /express@4.16.0:
    dev: false
  file:packages/mine:
    name: mine
`
  expect(await find('pnpm-lock.yaml', form6)).toEqual(['@babel/core 7.1.0', 'express 4.16.0'])
  const form9 = `lockfileVersion: '9.0'
packages:
  '@babel/core@7.1.0':
    resolution: {integrity: sha512-x}
  express@4.16.0:
    resolution: {integrity: sha512-x}
snapshots:
  '@babel/core@7.1.0(react@17.0.2)':
    dependencies:
      react: 17.0.2
`
  expect(await find('pnpm-lock.yaml', form9)).toEqual(['@babel/core 7.1.0', 'express 4.16.0'])
})

test('yarn.lock is read as yarn 1 and as later ones write it', async () => {
  const first = `# yarn lockfile v1


"@babel/core@^7.0.0", "@babel/core@^7.1.0":
  version "7.1.0"
  resolved "https://registry.yarnpkg.com/@babel/core/-/core-7.1.0.tgz#x"
  dependencies:
    version "9.9.9"

wide@npm:string-width@^4.0.0:
  version "4.2.0"
`
  expect(await find('yarn.lock', first)).toEqual(['@babel/core 7.1.0', 'string-width 4.2.0'])
  const berry = `__metadata:
  version: 6

"@babel/core@npm:^7.0.0, @babel/core@npm:^7.1.0":
  version: 7.1.0
  resolution: "@babel/core@npm:7.1.0"
  linkType: hard

"app@workspace:.":
  version: 0.0.0-use.local
  resolution: "app@workspace:."
`
  expect(await find('yarn.lock', berry)).toEqual(['@babel/core 7.1.0'])
})

test('locks of packages that are installed are not read', async () => {
  expect(await find('app/node_modules/a/yarn.lock', '')).toBeUndefined()
  expect(await find('usr/lib/node_modules/a/package-lock.json', '{}')).toBeUndefined()
})
