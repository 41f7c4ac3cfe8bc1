import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { askServer } from '../support/ask-server.ts'
import { berthCommand } from '../support/berth-command.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'
import { image, type Pusher, pusher } from './protected.ts'

/** Nobody is asked who they are: rules hold all the same. */
let berth: Berth
let home: string
let docker: Pusher
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'berth-home-'))
  berth = await startBerth()
  docker = pusher(berth.url)
})
afterAll(async () => {
  await berth?.[Symbol.asyncDispose]()
  await rm(home, { recursive: true, force: true })
})

const run = (...args: readonly string[]) => askServer(home, { url: berth.url }, args)
const json = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await run(...args, '--json')
  expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' })
  return JSON.parse(stdout)
}

test('berth immutable makes, lists, previews, checks and removes rules', async () => {
  await run('project', 'create', 'shop')
  const one = image('one')
  for (const tag of ['v1.0.0', 'v1.0.0-rc.1', 'latest'])
    expect(await docker.push('shop/app', tag, one)).toMatchObject({ status: 201 })
  const rule = ['immutable', 'add', 'shop', 'releases', '--tag', 'semver:*', 'v*', '--except-tag', 'regex:.*-rc\\..*']
  const planned = await json(...rule, '--dry-run')
  expect(planned.items.map(({ tag }: { tag: string }) => tag)).toEqual(['v1.0.0'])
  expect((await json('immutable', 'list', 'shop')).length).toBe(0)
  const made = await run(...rule)
  expect(made).toMatchObject({ code: 0 })
  expect(made.stdout).toContain('Rule releases holds: for ever.')
  expect(made.stdout).toContain('Warning: The rule "releases" holds its tags for ever, and retention never deletes')
  const refused = await docker.push('shop/app', 'v1.0.0', image('two'))
  expect(refused).toMatchObject({ status: 403, code: 'DENIED', detail: { rule: 'releases' } })
  expect((await docker.push('shop/app', 'latest', image('two'))).status).toBe(201)
  const checked = await json('immutable', 'check', 'shop', '--tag', 'v1*')
  expect(checked.items).toMatchObject([{ repository: 'shop/app', tag: 'v1.0.0', rule: 'releases' }])
  expect((await run('immutable', 'check', 'shop')).stdout).toMatch(
    /shop\/app:v1\.0\.0 +releases of project shop +for ever +for ever/,
  )
  expect(await run(...rule, '--days', '400')).toMatchObject({
    code: 0,
    stdout: 'Rule releases holds: for 400 days, then retention may.\n',
  })
  expect((await run('immutable', 'list', 'shop')).stdout).toMatch(
    /releases +semver:\*, v\* except regex:\.\*-rc\\\.\.\* +\*\* +for 400 days, then retention may/,
  )
  expect(await run('immutable', 'add', 'shop', 'bad', '--tag', 'regex:(')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('tags.0: is no regular expression'),
  })
  expect(await run('immutable', 'add', 'shop', 'bad', '--tag', 'v*', '--days', 'many')).toMatchObject({ code: 2 })
  expect((await run('immutable', 'remove', 'shop', 'releases')).code).toBe(0)
  expect((await docker.push('shop/app', 'v1.0.0', image('two'))).status).toBe(201)
})

test('rules of all projects are those of "*"', async () => {
  await run('project', 'create', 'bank')
  await docker.push('bank/app', 'signed', image('one'))
  expect((await run('immutable', 'add', '*', 'signed', '--tag', 'signed')).code).toBe(0)
  expect((await json('immutable', 'list', '*')).map(({ name }: { name: string }) => name)).toEqual(['signed'])
  expect((await json('immutable', 'check', '*')).items).toMatchObject([{ tag: 'signed', scope: 'the registry' }])
  expect((await docker.push('bank/app', 'signed', image('two'))).status).toBe(403)
  expect((await run('immutable', 'remove', '*', 'signed')).code).toBe(0)
})

test('berth lock, locks and unlock', async () => {
  await run('project', 'create', 'shop')
  const one = image('locked')
  await docker.push('shop/locked', 'v1', one)
  expect((await run('lock', 'shop/locked:v1')).code).toBe(2)
  const locked = await run('lock', 'shop/locked:v1', '--reason', 'audit')
  expect(locked.stdout).toBe(
    ['delete', 'write'].map(kind => `shop/locked@${one.digest} is locked (${kind}).\n`).join(''),
  )
  expect((await run('lock', 'shop/locked', '--kind', 'write', '--reason', 'freeze')).code).toBe(0)
  const listed = await json('locks', 'shop')
  expect(listed).toMatchObject([
    { repository: 'shop/locked', kind: 'write', reason: 'freeze' },
    { repository: 'shop/locked', digest: one.digest, kind: 'delete', reason: 'audit' },
    { repository: 'shop/locked', digest: one.digest, kind: 'write', reason: 'audit' },
  ])
  expect((await docker.remove('shop/locked', 'v1')).status).toBe(403)
  // As the refusal says it.
  expect((await run('unlock', `shop/locked@${one.digest}`, '--kind', 'delete')).code).toBe(0)
  expect((await docker.push('shop/locked', 'v1', image('two'))).status).toBe(403)
  expect((await run('unlock', 'shop/locked:v1', '--kind', 'write')).code).toBe(0)
  expect((await docker.push('shop/locked', 'v1', image('two'))).status).toBe(403)
  expect((await run('unlock', 'shop/locked')).code).toBe(0)
  expect((await docker.push('shop/locked', 'v1', image('two'))).status).toBe(201)
  expect(await run('unlock', 'shop/locked')).toMatchObject({ code: 2, stderr: expect.stringContaining('no lock') })
})

test('an import moves no immutable tag, says which, and imports the rest', async () => {
  await run('project', 'create', 'team')
  const [one, two] = [image('first'), image('second')]
  await docker.push('team/app', 'v1', one)
  await docker.push('team/app', 'latest', one)
  const folder = join(home, 'export')
  expect(await berthCommand(berth.dataFolder, ['export', folder])).toMatchObject({ code: 0 })
  // The same again is no change.
  expect((await run('immutable', 'add', 'team', 'all', '--tag', '*')).code).toBe(0)
  expect(await berthCommand(berth.dataFolder, ['import', folder])).toMatchObject({ code: 0 })
  expect((await run('immutable', 'remove', 'team', 'all')).code).toBe(0)
  for (const tag of ['v1', 'latest']) expect((await docker.push('team/app', tag, two)).status).toBe(201)
  expect((await run('immutable', 'add', 'team', 'releases', '--tag', 'v*')).code).toBe(0)
  const { code, stdout, stderr } = await berthCommand(berth.dataFolder, ['import', folder])
  expect(code).toBe(1)
  expect(stdout + stderr).toContain('The tag v1 of team/app is immutable by the rule "releases" of project team')
  expect(await docker.digestOf('team/app', 'v1')).toBe(two.digest)
  expect((await run('immutable', 'remove', 'team', 'releases')).code).toBe(0)
})

test('rules and locks are part of a backup, and hold where it is restored', async () => {
  await run('project', 'create', 'kept')
  await docker.push('kept/app', 'v1', image('kept'))
  await docker.push('kept/locked', 'v1', image('locked'))
  expect((await run('immutable', 'add', 'kept', 'releases', '--tag', 'v*', '--repository', 'kept/app')).code).toBe(0)
  expect((await run('immutable', 'add', '*', 'all', '--tag', 'nothing')).code).toBe(0)
  expect((await run('lock', 'kept/locked:v1', '--reason', 'evidence')).code).toBe(0)
  const [target, data] = [join(home, 'backup'), join(home, 'restored')]
  expect(await berthCommand(berth.dataFolder, ['backup', target])).toMatchObject({ code: 0 })
  expect(await berthCommand(data, ['restore', target])).toMatchObject({ code: 0 })
  await using restored = await startBerth({ dataFolder: data })
  const there = pusher(restored.url)
  expect(await there.push('kept/app', 'v1', image('another'))).toMatchObject({ detail: { rule: 'releases' } })
  expect((await there.push('kept/locked', 'v1', image('another'))).message).toContain('(evidence)')
  const answer = await fetch(`${restored.url}/api/v1/immutability-rules`)
  expect(await answer.json()).toMatchObject({ items: [{ name: 'all' }] })
  expect((await run('immutable', 'remove', '*', 'all')).code).toBe(0)
})
