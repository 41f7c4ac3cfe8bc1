import { expect, test } from 'bun:test'
import { tableOf } from './index.ts'

test('a table has what was put in, and nothing that every object has', () => {
  const table = tableOf({ one: 1 })
  expect([table.one, table.constructor, table.toString, table.two]).toEqual([1, undefined, undefined, undefined])
  expect(Object.keys(table)).toEqual(['one'])
})
