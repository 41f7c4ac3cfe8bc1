import { expect, test } from 'bun:test'
import { excessOf } from './index.ts'

const excess = (json: string) => excessOf(new TextEncoder().encode(json))

test('what would fill memory or the stack is known before it is parsed', () => {
  expect(excess(`[${'{},'.repeat(1_000_001)}{}]`)).toContain('more than 2000000 values')
  expect(excess(`[${'1,'.repeat(2_000_001)}1]`)).toContain('more than 2000000 values')
  expect(excess('['.repeat(1001))).toContain('more than 1000 deep')
  expect(excess('{"a":'.repeat(1001))).toContain('more than 1000 deep')
})

test('what is long and simple is taken, and text is not counted', () => {
  expect(excess(JSON.stringify({ text: '[{,'.repeat(3_000_000), escaped: '\\"[,'.repeat(3_000_000) }))).toBeUndefined()
  expect(excess(JSON.stringify(Array.from({ length: 100_000 }, (_, at) => ({ at, name: `"${at}"` }))))).toBeUndefined()
  expect(excess(`${'['.repeat(1000)}${']'.repeat(1000)}`)).toBeUndefined()
  for (const odd of ['', '"', '"\\', ']]]]', 'null']) expect(excess(odd)).toBeUndefined()
})
