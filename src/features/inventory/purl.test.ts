import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { formatPurl, parsePurl } from './purl.ts'

test('package-urls are written as their specification has them', () => {
  const written = (
    ...[type, namespace, name, version, qualifiers]: [string, string, string, string, Record<string, string>?]
  ) => formatPurl({ type, namespace, name, version, qualifiers })
  expect(written('npm', '@angular', 'core', '16.0.0')).toBe('pkg:npm/%40angular/core@16.0.0')
  expect(written('golang', 'github.com/BurntSushi', 'toml', 'v1.2.1')).toBe(
    'pkg:golang/github.com/BurntSushi/toml@v1.2.1',
  )
  expect(written('pypi', '', 'Typing_Extensions', '4.0')).toBe('pkg:pypi/typing-extensions@4.0')
  expect(written('maven', 'org.apache.logging.log4j', 'log4j-core', '2.14.1')).toBe(
    'pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1',
  )
  expect(
    written('deb', 'debian', 'libstdc++6', '1:12.2.0-14+deb12u1', {
      upstream: 'gcc-12@12.2',
      distro: 'debian-12',
      arch: 'amd64',
    }),
  ).toBe('pkg:deb/debian/libstdc%2B%2B6@1:12.2.0-14%2Bdeb12u1?arch=amd64&distro=debian-12&upstream=gcc-12%4012.2')
})

test('package-urls of other writers are read', () => {
  expect(parsePurl('pkg:npm/@angular/core@16.0.0')).toMatchObject({
    namespace: '@angular',
    name: 'core',
    version: '16.0.0',
  })
  expect(parsePurl('pkg:npm/%40angular/core')).toMatchObject({
    namespace: '@angular',
    name: 'core',
    version: undefined,
  })
  expect(parsePurl('pkg://golang/github.com/spf13/cobra@v1.7.0#cmd')).toMatchObject({
    type: 'golang',
    namespace: 'github.com/spf13',
    name: 'cobra',
    version: 'v1.7.0',
    subpath: 'cmd',
  })
  expect(parsePurl('pkg:deb/debian/libc6@2.36-9+deb12u4?arch=amd64&distro=debian-12&upstream=glibc')).toMatchObject({
    namespace: 'debian',
    version: '2.36-9+deb12u4',
    qualifiers: { arch: 'amd64', distro: 'debian-12', upstream: 'glibc' },
  })
})

test('what is no package-url is refused with what is missing', () => {
  expect(() => parsePurl('npm/left-pad@1.0.0')).toThrow('does not begin with pkg:')
  expect(() => parsePurl('pkg:npm')).toThrow('a type or a name is missing')
  expect(() => parsePurl(`pkg:npm/${'a'.repeat(5000)}`)).toThrow('too long')
})

test('any package-url that is written is read as what it was', () => {
  const part = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }).filter(text => !text.includes('/'))
  fc.assert(
    fc.property(
      part,
      part,
      part,
      fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), part),
      (namespace, name, version, qualifiers) => {
        const parts = { type: 'generic', namespace, name, version, qualifiers }
        expect(parsePurl(formatPurl(parts))).toMatchObject({ ...parts, qualifiers: { ...qualifiers } })
      },
    ),
    { numRuns: 300 },
  )
})

test('any text is read or refused', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), text => {
      try {
        parsePurl(`pkg:${text}`)
      } catch (error) {
        expect((error as Error).message).toContain('no package-url')
      }
    }),
    { numRuns: 500 },
  )
})
