import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { auditOf, basicOf, startClosed, until } from '../support/sign-in.ts'

test('whoever a directory knows and may not enter is told so, and the audit log too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-htpasswd-'))
  const password = await Bun.password.hash('the right password', { algorithm: 'bcrypt', cost: 4 })
  await Bun.write(join(folder, 'htpasswd'), `ada:${password}\nsystem:${password}\n`)
  const settings = (rules: object) =>
    Bun.write(
      join(folder, 'berth.yaml'),
      JSON.stringify({ identity: { htpasswd: { file: join(folder, 'htpasswd'), ...rules } } }),
    )
  for (const [name, rules, reason] of [
    ['ada', { allowed: ['builders'] }, 'none of the groups that may enter'],
    ['system', {}, 'nobody may be called here'],
  ] as const) {
    await settings(rules)
    await using berth = await startClosed({ BERTH_CONFIG: join(folder, 'berth.yaml') })
    const headers = { Authorization: basicOf({ name, password: 'the right password' }) }
    const response = await fetch(`${berth.url}/v2/`, { headers })
    const body = (await response.json()) as { errors: { code: string; message: string }[] }
    expect([response.status, body.errors[0]?.code]).toEqual([403, 'DENIED'])
    expect(body.errors[0]?.message).toContain(reason)
    const failed = async () => (await auditOf(berth)).filter(({ type }) => type === 'authentication.failed')
    expect(await until(async () => (await failed()).length > 0)).toBe(true)
    expect((await failed()).map(({ actor, outcome }) => [actor.name, outcome])).toEqual([[name, 'denied']])
    expect((await failed())[0]?.reason).toContain(reason)
  }
  await rm(folder, { recursive: true })
})
