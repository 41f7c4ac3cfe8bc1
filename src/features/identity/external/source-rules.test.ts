import { expect, test } from 'bun:test'
import { array, assert, constantFrom, property, subarray } from 'fast-check'
import { rolesFrom, type SourceRules } from './source-rules.ts'

const rules: SourceRules<'administrator' | 'auditor'> = {
  allowed: ['eng-*', 'admins', 'audit'],
  groups: [{ from: 'eng-*' }, { from: 'eng-build', to: 'builders' }],
  systemRoles: [
    { group: 'admins', role: 'administrator' },
    { group: 'audit', role: 'auditor' },
  ],
}

test('groups there become groups here, by name or by another', () => {
  expect(rolesFrom(rules, { groups: ['eng-web', 'eng-build', 'cooks'] })).toEqual({
    groups: ['builders', 'eng-build', 'eng-web'],
  })
})

test('a system role comes from a whole name only, the first that holds', () => {
  expect(rolesFrom(rules, { groups: ['audit', 'admins'] })).toEqual({ groups: [], systemRole: 'administrator' })
  const starred = { ...rules, systemRoles: [{ group: '*', role: 'administrator' as const }] }
  expect(rolesFrom(starred, { groups: ['eng-web'] })).toEqual({ groups: ['eng-web'] })
})

test('who is in none of the groups that may enter does not', () => {
  expect(rolesFrom(rules, { groups: ['cooks'] })).toBeUndefined()
  expect(rolesFrom(rules, { groups: [] })).toBeUndefined()
  expect(rolesFrom({ groups: [], systemRoles: [] }, { groups: [] })).toEqual({ groups: [] })
})

test('who leaves a group loses what it gave, and nobody gains by leaving', () => {
  const names = ['eng-web', 'eng-build', 'admins', 'audit', 'cooks']
  assert(
    property(subarray(names), array(constantFrom(...names)), (groups, left) => {
      const before = rolesFrom(rules, { groups })
      const after = rolesFrom(rules, { groups: groups.filter(group => !left.includes(group)) })
      for (const group of after?.groups ?? []) expect(before?.groups ?? []).toContain(group)
      if (after?.systemRole === 'administrator') expect(before?.systemRole).toBe('administrator')
      if (left.includes('admins')) expect(after?.systemRole).not.toBe('administrator')
    }),
  )
})
