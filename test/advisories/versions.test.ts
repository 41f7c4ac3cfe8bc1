import { describe, expect, test } from 'bun:test'
import { orderOf } from '../../src/features/advisories/versions/index.ts'
import { ASCENDING, EQUAL } from './version-vectors.ts'

const sign = (order: number) => (order < 0 ? '<' : order > 0 ? '>' : '=')

describe.each(Object.entries(ASCENDING))('versions of %s', (ecosystem, chains) => {
  const order = orderOf(ecosystem)
  test('follow each other as published', () => {
    for (const chain of chains)
      for (const [at, version] of chain.entries())
        for (const later of chain.slice(at + 1)) {
          expect(`${version} ${sign(order(version, later))} ${later}`).toBe(`${version} < ${later}`)
          expect(`${later} ${sign(order(later, version))} ${version}`).toBe(`${later} > ${version}`)
        }
  })

  test('are the same where they are only written in another way', () => {
    for (const [a, b] of EQUAL[ecosystem] ?? []) {
      expect(`${a} ${sign(order(a, b))} ${b}`).toBe(`${a} = ${b}`)
      expect(`${b} ${sign(order(b, a))} ${a}`).toBe(`${b} = ${a}`)
    }
  })
})
