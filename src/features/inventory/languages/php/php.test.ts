import { expect, test } from 'bun:test'
import { foundBy } from '../../../../../test/support/package-files.ts'
import { COMPOSER_INSTALLED, COMPOSER_LOCK } from './composer.ts'

const find = (path: string, document: unknown) =>
  foundBy([COMPOSER_INSTALLED, COMPOSER_LOCK], path, JSON.stringify(document))
const KERNEL = { name: 'Symfony/http-kernel', version: 'v5.4.0', license: ['MIT'] }
const FOUND = {
  ecosystem: 'Packagist',
  name: 'symfony/http-kernel',
  version: 'v5.4.0',
  purl: 'pkg:composer/symfony/http-kernel@v5.4.0',
  licences: ['MIT'],
}

test('what Composer has installed is read as its versions 1 and 2 write it', async () => {
  expect(await find('app/vendor/composer/installed.json', [KERNEL])).toEqual([FOUND])
  expect(await find('app/vendor/composer/installed.json', { packages: [KERNEL], dev: false })).toEqual([FOUND])
  expect(await find('srv/installed-apps.json', [KERNEL])).toBeUndefined()
})

test('composer.lock is read without what is for development', async () => {
  const lock = { packages: [KERNEL], 'packages-dev': [{ name: 'phpunit/phpunit', version: '9.0' }] }
  expect(await find('app/composer.lock', lock)).toEqual([{ ...FOUND, isDeclared: true }])
  expect(await find('app/vendor/symfony/http-kernel/composer.lock', lock)).toBeUndefined()
})
