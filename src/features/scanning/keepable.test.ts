import { expect, test } from 'bun:test'
import { keepable } from './keepable.ts'
import type { PlacedPackage } from './scanning.ts'

const kernel = (at: number, more: Partial<PlacedPackage> = {}): PlacedPackage => ({
  ecosystem: 'Debian:12',
  name: 'linux',
  version: `6.1.${at}`,
  purl: `pkg:deb/debian/linux@6.1.${at}`,
  licences: [],
  layer: undefined,
  path: 'var/lib/dpkg/status',
  ...more,
})
const kept = (packages: readonly PlacedPackage[], problems: readonly { path: string; reason: string }[] = []) =>
  keepable({ distribution: undefined, packages, problems })
const thousand = <T>(make: (at: number) => T) => Array.from({ length: 1000 }, (_, at) => make(at))

test('of a name that an image has in more versions than any has, some are kept, and it is told that not all are', () => {
  for (const packages of [
    thousand(at => kernel(at)),
    thousand(at => kernel(1, { purl: `pkg:deb/debian/linux@6.1.1?at=${at}` })),
    thousand(at => kernel(1, { name: `module-${at}`, source: { name: 'linux', version: '1' } })),
    thousand(at => kernel(1, { source: { name: `other-${at}`, version: '1' } })),
  ]) {
    const found = kept(packages)
    expect(found.packages).toHaveLength(500)
    expect(found.problems).toEqual([
      { path: '', reason: 'Of linux there are more than 500 here: the others are not kept.' },
    ])
  }
})

test('the same package at a thousand places is one, and what is called otherwise is not counted', () => {
  const found = kept([
    ...thousand(at => kernel(1, { path: `a/${at}` })),
    ...thousand(at => kernel(1, { name: `p${at}` })),
  ])
  expect(found.packages).toHaveLength(2000)
  expect(found.problems).toEqual([])
})

test('what is wrong with the whole image is told, however much is wrong with its files', () => {
  const problems = thousand(at => ({ path: `file ${at}`, reason: 'broken' }))
  const found = kept([], [...problems, { path: '', reason: 'Layer 1 was not read.' }])
  expect(found.problems[0]).toEqual({ path: '', reason: 'Layer 1 was not read.' })
  expect(found.problems.at(-1)).toEqual({ path: '…', reason: '901 more problems.' })
})
