import { expect, test } from 'bun:test'
import type { z } from 'zod'
import { rateLimitsOf, rateSettings } from './limits-settings.ts'
import { networkSettings, servesSetting } from './network-settings.ts'
import { outboundSettings } from './outbound-settings.ts'

const faultsOf = (schema: z.ZodType, value: unknown) => {
  const { success, error } = schema.safeParse(value)
  return success ? [] : error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

test('without settings everybody may come from everywhere and nothing but sign-ins is limited', () => {
  const open = { allow: [], deny: [] }
  expect(networkSettings.parse(undefined)).toEqual({ pull: open, push: open, administration: open })
  expect(outboundSettings.parse(undefined)).toEqual({ allowedPrivate: [] })
  const rates = rateSettings.parse(undefined)
  expect(rateLimitsOf(rates)).toEqual({})
  expect(rates.signInFailures.lockAfter).toBe(10)
})

test('lists and numbers may come from environment variables', () => {
  expect(networkSettings.parse({ push: { allow: '10.0.0.0/8, ::1' } }).push.allow).toEqual(['10.0.0.0/8', '::1'])
  const rates = rateSettings.parse({
    anonymousPulls: { count: '100' },
    pushes: 'off',
    projectPulls: { count: 5, windowSeconds: 60 },
  })
  expect(rateLimitsOf(rates)).toEqual({
    anonymousPulls: { count: 100, windowSeconds: 21_600 },
    projectPulls: { count: 5, windowSeconds: 60 },
  })
  expect(servesSetting.parse('pull,push')).toEqual(['pull', 'push'])
  expect(servesSetting.parse(undefined)).toBeUndefined()
})

test('what is no range, no host, no limit and no operation is named', () => {
  expect(faultsOf(networkSettings, { pull: { deny: ['10.0.0.0/', '10.0.0.1'] } })).toEqual([
    'pull.deny.0: expected an address or a range, such as 10.0.0.0/8',
  ])
  expect(faultsOf(outboundSettings, { allowedPrivate: ['ldap.corp.example', 'http://x'] })).toEqual([
    'allowedPrivate.1: expected a range such as 10.0.0.0/8 or a host such as ldap.corp.example',
  ])
  expect(faultsOf(rateSettings, { pushes: { count: '' }, anonymousPulls: { windowSeconds: 0 } })).toHaveLength(2)
  expect(faultsOf(servesSetting, ['pull', 'everything'])).toEqual(['1: expected pull, push or administration'])
})
