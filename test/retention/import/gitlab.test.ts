import { expect, test } from 'bun:test'
import { importPolicy } from '../../../src/features/retention/index.ts'
import { outcome } from './outcome.ts'

const place = { project: 'team' }
const imported = (policy: object) => importPolicy('gitlab', policy, place)
const removed = (policy: object, tags: Readonly<Record<string, number>>) =>
  outcome(
    imported(policy).rules,
    Object.entries(tags).map(([tag, pushedDays]) => ({ name: tag, tags: [tag], pushedDays })),
  ).tags

test('once a month', () => {
  expect(imported({ name_regex: '.*', cadence: '1month', enabled: true })).toMatchObject({
    schedule: '0 3 1 * *',
    problems: [],
  })
})

test('alternatives without brackets are anchored on one side only, as GitLab anchors them', () => {
  const policy = { name_regex: '.*', name_regex_keep: 'master|rc.*' }
  const tags = { master: 1, 'master-2': 1, rc1: 1, 'v1-rc1': 1, dev: 1, 'x-master': 1 }
  expect(removed(policy, tags)).toEqual(['dev', 'x-master'])
  expect(removed({ name_regex: '[|]x|y' }, { x: 1, 'a-y': 1 })).toEqual(['a-y'])
})

test('latest stays even when it is asked for', () => {
  expect(removed({ name_regex: 'latest' }, { latest: 900 })).toEqual([])
})

test('name_regex_delete stands before name_regex', () => {
  expect(removed({ name_regex: '.*', name_regex_delete: 'a' }, { a: 1, b: 1 })).toEqual(['a'])
})

test('images without tags are nothing to the policy', () => {
  expect(outcome(imported({ name_regex: '.*' }).rules, [{ name: 'A', tags: [], pushedDays: 9 }]).images).toEqual([])
})

test('a policy that is switched off gets no schedule, and two weeks are told of', () => {
  const off = imported({ name_regex: '.*', cadence: '1d', enabled: false })
  expect(off.schedule).toBeUndefined()
  expect(off.problems.map(({ path }) => path)).toEqual(['enabled'])
  const fortnight = imported({ container_expiration_policy: { name_regex: '.*', cadence: '14d' }, id: 7 })
  expect(fortnight.schedule).toBe('0 3 1,15 * *')
  expect(fortnight.problems.map(({ path }) => path)).toEqual(['container_expiration_policy.cadence'])
})

test.each([
  [{}, 'name_regex'],
  [{ name_regex: '' }, 'name_regex'],
  [{ name_regex: '(?=a)' }, 'name_regex'],
  [{ name_regex: '.*', name_regex_keep: '(' }, 'name_regex_keep'],
  [{ name_regex: '.*', older_than: '2 weeks' }, 'older_than'],
  [{ name_regex: '.*', keep_n: 0 }, 'keep_n'],
  [{ name_regex: '.*', cadence: '2d' }, 'cadence'],
  [{ name_regex: '.*', keep: 5 }, 'keep'],
])('%j is refused, with the path', (policy, said) => {
  expect(() => imported(policy)).toThrow(said)
})
