import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { berthCommand } from '../support/berth-command.ts'
import { blobOf, imageOf, registryClient } from '../support/registry-client.ts'
import { untilLogged } from '../support/sign-in.ts'
import { freePort, startBerth } from '../support/start-berth.ts'

const NOWHERE = join(tmpdir(), 'berth-never-made')

test('the first start makes an administrator, shows the password once, and lets nobody in without one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-first-'))
  const env = { BERTH_AUTH: 'required', BERTH_SECRETS_KEY: Buffer.alloc(32, 7).toString('base64') }
  const shown = /shown only now:\n {2}(\S+)\n/
  let password = ''
  {
    await using berth = await startBerth({ dataFolder: folder, env })
    password = shown.exec(berth.log())?.[1] ?? ''
    expect(password).toMatch(/^[A-Za-z0-9]{24}$/)
    const status = async (authorization?: string) =>
      (await fetch(`${berth.url}/v2/`, { headers: authorization ? { Authorization: authorization } : {} })).status
    expect(await status()).toBe(401)
    expect(await status(`Basic ${btoa('admin:admin')}`)).toBe(401)
    expect(await status(`Basic ${btoa(`admin:${password}`)}`)).toBe(200)
  }
  await using again = await startBerth({ dataFolder: folder, env })
  expect(shown.exec(again.log())).toBeNull()
  const headers = { Authorization: `Basic ${btoa(`admin:${password}`)}` }
  expect((await fetch(`${again.url}/v2/`, { headers })).status).toBe(200)
  await rm(folder, { recursive: true })
})

test('what was pushed before anybody was asked who they are belongs to private projects from then on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-adopted-'))
  const key = { BERTH_SECRETS_KEY: Buffer.alloc(32, 7).toString('base64') }
  const blob = blobOf('{}')
  {
    await using open = await startBerth({ dataFolder: folder, env: key })
    for (const repository of ['shop/web/api', 'shop/db', 'alone'])
      expect(await registryClient(open.url).pushBlob(repository, blob)).toBe(201)
  }
  const env = { ...key, BERTH_AUTH: 'required', BERTH_ADMIN_PASSWORD: 'a-password-from-outside' }
  await using closed = await startBerth({ dataFolder: folder, env })
  const headers = { Authorization: `Basic ${btoa('admin:a-password-from-outside')}` }
  const { items } = (await (await fetch(`${closed.url}/api/v1/projects`, { headers })).json()) as { items: object[] }
  expect(items).toMatchObject([
    { name: 'alone', visibility: 'private' },
    { name: 'shop', visibility: 'private' },
  ])
  expect((await fetch(`${closed.url}/v2/shop/db/blobs/${blob.digest}`, { headers })).status).toBe(200)
  await rm(folder, { recursive: true })
})

test('a password for the first administrator that is given is not shown, and must not be short', async () => {
  const env = { BERTH_AUTH: 'required', BERTH_SECRETS_KEY: Buffer.alloc(32, 7).toString('base64') }
  const short = await berthCommand(NOWHERE, ['serve'], { ...env, BERTH_ADMIN_PASSWORD: 'short' })
  expect(short).toMatchObject({ code: 2, stderr: expect.stringContaining('admin.password') })
  await using berth = await startBerth({ env: { ...env, BERTH_ADMIN_PASSWORD: 'a-password-from-outside' } })
  expect(berth.log()).not.toContain('a-password-from-outside')
  const headers = { Authorization: `Basic ${btoa('admin:a-password-from-outside')}` }
  expect((await fetch(`${berth.url}/v2/`, { headers })).status).toBe(200)
})

test('without authentication it serves on loopback addresses only', async () => {
  for (const listen of ['0.0.0.0:5000', '192.0.2.1:5000', '127.0.0.1:5000,[::]:5001', 'example.com:80']) {
    const { code, stderr } = await berthCommand(NOWHERE, ['serve'], { BERTH_LISTEN: listen })
    expect({ listen, code, stderr }).toEqual({
      listen,
      code: 2,
      stderr: expect.stringContaining('loopback addresses only'),
    })
  }
})

test('every wrong setting is named at once, with what was expected, wherever it comes from', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-config-'))
  const file = join(folder, 'berth.yaml')
  await Bun.write(file, 'limits:\n  manifestBytes: many\n  blobBites: 3\nlisten: nonsense\n')
  const { code, stderr } = await berthCommand(NOWHERE, ['--config', file, 'config'], {
    BERTH_NONSENSE: '1',
    BERTH_GC_UNTAGGED: 'perhaps',
  })
  expect(code).toBe(2)
  for (const part of [
    'limits.manifestBytes',
    'limits.blobBites: there is no such setting',
    'listen',
    'BERTH_NONSENSE: there is no such setting',
    'gc.untagged',
  ]) {
    expect(stderr).toContain(part)
  }
  expect((await berthCommand(NOWHERE, ['--config', join(folder, 'none.yaml'), 'config'])).stderr).toContain(
    'there is no such file',
  )
  await Bun.write(file, ': not yaml: [')
  expect((await berthCommand(NOWHERE, ['--config', file, 'config'])).code).toBe(2)
  await rm(folder, { recursive: true })
})

test('flags are stronger than the environment, that is stronger than the file, and `config` prints what is in effect', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-config-'))
  const file = join(folder, 'berth.yaml')
  await Bun.write(
    file,
    'data: /from/file\nlimits: { manifestBytes: 1000, pageSize: 7 }\nhttp: { trustedProxies: [10.0.0.0/8] }\n',
  )
  const { code, stdout } = await berthCommand('/from/environment', ['--config', file, 'config', '--json'], {
    BERTH_LIMITS_MANIFEST_BYTES: '2000',
  })
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    data: '/from/environment',
    limits: { manifestBytes: 2000, pageSize: 7 },
    http: { trustedProxies: ['10.0.0.0/8'] },
  })
  const flagged = await berthCommand('/from/environment', ['--config', file, '--data', '/from/flag', 'config'])
  expect(flagged.stdout).toContain('data: /from/flag')
  await rm(folder, { recursive: true })
})

test('a data folder is served by one server at a time', async () => {
  await using berth = await startBerth()
  const second = await berthCommand(berth.dataFolder, ['serve'], { BERTH_LISTEN: `127.0.0.1:${freePort()}` })
  expect(second).toMatchObject({ code: 2, stderr: expect.stringContaining('Another Berth serves') })
})

test('several listeners serve the same registry, and the start says how to push', async () => {
  const other = freePort()
  const first = freePort()
  await using berth = await startBerth({ env: { BERTH_PROCESSES: '1' } })
  expect(await untilLogged(berth, 'docker push localhost:')).toBe(true)
  const folder = join(berth.dataFolder, 'two')
  const child = Bun.spawn([join(import.meta.dir, '../../bin/berth'), 'serve'], {
    env: {
      PATH: process.env.PATH,
      BERTH_DATA: folder,
      BERTH_AUTH: 'none',
      BERTH_LISTEN: `127.0.0.1:${first},127.0.0.1:${other}`,
    },
    stdout: 'pipe',
    stderr: 'ignore',
  })
  for await (const piece of child.stdout) if (new TextDecoder().decode(piece).includes('Berth serves')) break
  const blob = blobOf('two doors')
  expect(await registryClient(`http://127.0.0.1:${first}`).pushBlob('two/doors', blob)).toBe(201)
  expect(await registryClient(`http://127.0.0.1:${other}`).get('two/doors', 'blobs', blob.digest)).toEqual(blob.bytes)
  child.kill()
  expect(await child.exited).toBe(0)
})

test('a stop finishes the transfers that are going on, and says "not ready" meanwhile', async () => {
  await using berth = await startBerth({ env: { BERTH_SHUTDOWN_DRAIN_SECONDS: '0.6' } })
  const client = registryClient(berth.url)
  const blob = blobOf(new Uint8Array(2_000_000).fill(5))
  const location = client.locate(await client.begin('stop/graceful'))
  location.searchParams.set('digest', blob.digest)
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const upload = fetch(location, { method: 'PUT', body: readable })
  const writer = writable.getWriter()
  await writer.write(blob.bytes.slice(0, 1_000_000))
  const stopped = berth.stop()
  let ready = 200
  while (ready === 200) ready = (await fetch(`${berth.url}/readyz`)).status
  expect(ready).toBe(503)
  expect((await fetch(`${berth.url}/livez`)).status).toBe(200)
  await Bun.sleep(700)
  await writer.write(blob.bytes.slice(1_000_000))
  await writer.close()
  expect((await upload).status).toBe(201)
  await stopped
  await using again = await startBerth({ dataFolder: berth.dataFolder })
  expect(await registryClient(again.url).get('stop/graceful', 'blobs', blob.digest)).toEqual(blob.bytes)
})

test('an upload survives the death of the server and is resumed where it stopped', async () => {
  await using berth = await startBerth()
  const whole = blobOf(new Uint8Array(3_000_000).fill(9))
  const before = registryClient(berth.url)
  const location = before.locate(await before.begin('resume/me'))
  const head = { method: 'PATCH', body: whole.bytes.slice(0, 1_200_000), headers: { 'Content-Range': '0-1199999' } }
  expect((await fetch(location, head)).status).toBe(202)
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const cutOff = fetch(location, { method: 'PATCH', body: readable }).catch(() => undefined)
  const writer = writable.getWriter()
  await writer.write(whole.bytes.slice(1_200_000, 1_300_000))
  await berth.kill()
  await cutOff
  await using again = await startBerth({ dataFolder: berth.dataFolder })
  const resumed = new URL(location.pathname, again.url)
  const status = await fetch(resumed)
  expect(status.status).toBe(204)
  const have = Number(status.headers.get('Range')?.slice(2)) + 1
  expect(have).toBeGreaterThanOrEqual(1_200_000)
  resumed.searchParams.set('digest', whole.digest)
  const rest = { method: 'PUT', body: whole.bytes.slice(have), headers: { 'Content-Range': `${have}-2999999` } }
  expect((await fetch(resumed, rest)).status).toBe(201)
  expect(await registryClient(again.url).get('resume/me', 'blobs', whole.digest)).toEqual(whole.bytes)
})

test('two processes on one port are one registry, and one that dies is started anew', async () => {
  await using berth = await startBerth({ env: { BERTH_PROCESSES: '2' } })
  const client = registryClient(berth.url)
  const blob = blobOf('shared')
  const image = imageOf([blob])
  expect(await client.pushBlob('two/processes', blob)).toBe(201)
  expect(await client.putManifest('two/processes', 'v1', image)).toBe(201)
  const workers = async () => (await Bun.file(`/proc/${berth.pid}/task/${berth.pid}/children`).text()).trim().split(' ')
  const before = await workers()
  expect(before).toHaveLength(2)
  process.kill(Number(before[0]), 'SIGKILL')
  let after = await workers()
  while (after.length < 2 || after.includes(before[0] as string)) after = await workers()
  for (let request = 0; request < 40; request++) {
    const got = await client.get('two/processes', 'manifests', 'v1').catch(() => image.bytes)
    expect(got).toEqual(image.bytes)
  }
  const metrics = await (await fetch(`${berth.url}/metrics`)).text()
  expect(metrics).toMatch(/berth_http_requests_total\{route="manifest",method="GET",status="200"\} \d+/)
  await berth.stop()
})

test('an empty or a strange number is no zero', async () => {
  for (const value of ['', ' ', 'true', '1e3', '-1', '99999999999']) {
    const { code, stderr } = await berthCommand(NOWHERE, ['config'], { BERTH_GC_INTERVAL_SECONDS: value })
    expect({ value, code, stderr }).toEqual({ value, code: 2, stderr: expect.stringContaining('gc.intervalSeconds') })
  }
  for (const [variable, path] of [
    ['BERTH_LISTEN', 'listen'],
    ['BERTH_HTTP_TRUSTED_PROXIES', 'http.trustedProxies'],
  ] as const) {
    const { code, stderr } = await berthCommand(NOWHERE, ['config'], { [variable]: path === 'listen' ? '' : 'nowhere' })
    expect({ path, code, stderr }).toEqual({ path, code: 2, stderr: expect.stringContaining(path) })
  }
})

test('a port that is taken is said in one line, with one process and with several', async () => {
  await using berth = await startBerth()
  const dataFolder = await mkdtemp(join(tmpdir(), 'berth-taken-'))
  for (const processes of ['1', '2']) {
    const settings = { BERTH_LISTEN: berth.host, BERTH_PROCESSES: processes }
    const { code, stderr } = await berthCommand(dataFolder, ['serve'], settings)
    expect({ code, lines: stderr.trim().split('\n').length, stderr }).toEqual({
      code: 2,
      lines: 1,
      stderr: expect.stringContaining(`${berth.host} cannot be listened on`),
    })
  }
  await rm(dataFolder, { recursive: true })
})
