import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { ADMIN, apiOf, startClosed } from '../support/sign-in.ts'
import type { Berth } from '../support/start-berth.ts'
import { type Commands, commandsOn } from './commands.ts'

const POLICY = `
schedule: 0 3 * * 0
fusePercent: 20
rules:
  - name: builds go
    action: delete
    select: { tags: [{ glob: 'build-*' }] }
`
const ECR = {
  rules: [
    {
      rulePriority: 1,
      selection: { tagStatus: 'tagged', tagPatternList: ['dev*'], countType: 'imageCountMoreThan', countNumber: 5 },
      action: { type: 'expire' },
    },
    {
      rulePriority: 2,
      selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 14 },
      action: { type: 'transition', targetStorageClass: 'archive' },
    },
  ],
}

let berth: Berth
let commands: Commands
beforeAll(async () => {
  berth = await startClosed()
  commands = await commandsOn(berth)
  await apiOf(berth.url, ADMIN)('POST', '/projects', { name: 'shop' })
})
afterAll(async () => {
  await commands?.[Symbol.asyncDispose]()
  await berth?.[Symbol.asyncDispose]()
})

describe('berth retention', () => {
  test('sets a policy of a file, shows it and removes it', async () => {
    expect(await commands.run('retention', 'show', 'shop')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no retention policy of shop'),
    })
    const file = await commands.file('policy.yaml', POLICY)
    const { code, stdout } = await commands.run('retention', 'set', 'shop', file)
    expect([code, stdout]).toEqual([0, expect.stringContaining('berth retention preview shop')])
    const shown = await commands.run('retention', 'show', 'shop')
    expect(shown.stdout).toContain('Dry run: nothing is deleted; fuse at 20 %; runs at "0 3 * * 0" (UTC), next ')
    expect(shown.stdout).toContain('builds go  delete  {"tags":[{"glob":"build-*"}]}')
    expect((await commands.json('retention', 'show', 'shop')).policy).toMatchObject({ isDryRun: true, fusePercent: 20 })
    expect(await commands.run('retention', 'remove', 'shop')).toMatchObject({ code: 0 })
  })

  test('says what is wrong with a file', async () => {
    expect(await commands.run('retention', 'set', 'shop', 'nowhere.yaml')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no file nowhere.yaml'),
    })
    const broken = await commands.file('broken.yaml', 'rules: [')
    expect(await commands.run('retention', 'set', 'shop', broken)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('neither YAML nor JSON'),
    })
    const wrong = await commands.file('wrong.json', { rules: [{ name: 'x', action: 'delete', when: { pushed: {} } }] })
    expect(await commands.run('retention', 'set', 'shop', wrong)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('rules.0.when.pushed: expected atLeastDays'),
    })
  })

  test('imports a policy of another registry in dry run, and names what could not be said', async () => {
    const file = await commands.file('ecr.json', ECR)
    const args = ['retention', 'import', '--from', 'ecr', file, '--project', 'shop', '--repositories', 'shop/app']
    const { code, stdout } = await commands.run(...args)
    expect(code).toBe(1)
    expect(stdout).toContain('in dry run')
    expect(stdout).toContain('What could not be said:\n  rules.1')
    const { policy, problems } = await commands.json(...args)
    expect(problems).toHaveLength(1)
    expect(policy).toMatchObject({ isDryRun: true, rules: [{ action: 'delete', isExclusive: true }, {}] })
    const added = await commands.json(...args, '--add')
    expect(added.policy.rules.map(({ name }: { name: string }) => name)).toEqual([
      ...policy.rules.map(({ name }: { name: string }) => name),
      ...policy.rules.map(({ name }: { name: string }) => `${name} (2)`),
    ])
  })

  test('refuses a document that is none of that registry', async () => {
    const file = await commands.file('other.json', { rules: [{ rulePriority: 1 }] })
    const import_ = (from: string) => commands.run('retention', 'import', '--from', from, file, '--project', 'shop')
    expect(await import_('ecr')).toMatchObject({ code: 2, stderr: expect.stringContaining('rules.0.selection') })
    expect(await import_('quay')).toMatchObject({ code: 2, stderr: expect.stringContaining('from') })
  })
})
