import { expect, test } from 'bun:test'
import { withoutInstalledLocks } from './locks.ts'

const installed = (ecosystem: string, name: string) => ({ ecosystem, name, path: `site-packages/${name}/METADATA` })
const locked = (ecosystem: string, name: string, path: string) => ({ ecosystem, name, path, isDeclared: true as const })

test('a lock says nothing when something of it is installed', () => {
  const packages = [
    installed('PyPI', 'flask'),
    locked('PyPI', 'flask', 'app/poetry.lock'),
    locked('PyPI', 'pytest', 'app/poetry.lock'),
  ]
  expect(withoutInstalledLocks(packages)).toEqual([installed('PyPI', 'flask')])
})

test('a lock counts when nothing of it is installed: the application was bundled or compiled', () => {
  const packages = [
    installed('npm', 'npm'),
    installed('PyPI', 'lodash'),
    locked('npm', 'lodash', 'app/package-lock.json'),
    locked('crates.io', 'tokio', 'app/Cargo.lock'),
  ]
  expect(withoutInstalledLocks(packages)).toEqual(packages)
})
