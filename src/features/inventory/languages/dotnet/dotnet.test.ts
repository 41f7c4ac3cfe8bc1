import { expect, test } from 'bun:test'
import { foundBy } from '../../../../../test/support/package-files.ts'
import { DEPS_JSON } from './deps-json.ts'
import { PACKAGES_LOCK } from './packages-lock.ts'

const find = async (path: string, document: unknown) =>
  (await foundBy([DEPS_JSON, PACKAGES_LOCK], path, JSON.stringify(document)))?.map(
    ({ name, version }) => `${name} ${version}`,
  )

test('packages beside a program are those that bring a library, or need one that does', async () => {
  const document = {
    runtimeTarget: { name: '.NETCoreApp,Version=v8.0' },
    targets: {
      '.NETCoreApp,Version=v8.0': {
        'App/1.0.0': { dependencies: { Meta: '2.0.0' }, runtime: { 'App.dll': {} } },
        'Meta/2.0.0': { dependencies: { 'Newtonsoft.Json': '12.0.1' } },
        'Newtonsoft.Json/12.0.1': { runtime: { 'lib/netstandard2.0/Newtonsoft.Json.dll': {} } },
        'Shop.Core/1.0.0': { runtime: { 'Shop.Core.dll': {} } },
        'StyleCop/1.1.0': {},
        'Circle.A/1.0.0': { dependencies: { 'Circle.B': '1.0.0' } },
        'Circle.B/1.0.0': { dependencies: { 'Circle.A': '1.0.0' } },
      },
    },
    libraries: {
      'App/1.0.0': { type: 'project' },
      'Shop.Core/1.0.0': { type: 'project' },
      'Newtonsoft.Json/12.0.1': { type: 'package' },
    },
  }
  expect(await find('app/App.deps.json', document)).toEqual(['App 1.0.0', 'Meta 2.0.0', 'Newtonsoft.Json 12.0.1'])
})

test('a framework that programs share is found by its folder, as advisories of .NET name it', async () => {
  const document = {
    runtimeTarget: { name: '.NETCoreApp,Version=v3.1/linux-x64' },
    targets: { '.NETCoreApp,Version=v3.1/linux-x64': { 'Microsoft.NETCore.Platforms/3.1.9': {} } },
    libraries: {},
  }
  const path = 'usr/share/dotnet/shared/Microsoft.NETCore.App/3.1.23/Microsoft.NETCore.App.deps.json'
  expect(await find(path, document)).toEqual([
    'Microsoft.NETCore.App 3.1.23',
    'Microsoft.NETCore.App.Runtime.linux-x64 3.1.23',
  ])
})

test('packages.lock.json names what was resolved, and no projects', async () => {
  const document = {
    version: 1,
    dependencies: {
      'net8.0': { 'Newtonsoft.Json': { type: 'Direct', resolved: '12.0.1' }, mine: { type: 'Project' } },
    },
  }
  expect(await find('app/packages.lock.json', document)).toEqual(['Newtonsoft.Json 12.0.1'])
})
