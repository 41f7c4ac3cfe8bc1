import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { $ } from 'bun'
import { blobOf, registryClient } from '../support/registry-client.ts'
import { freePort, startBerth } from '../support/start-berth.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-tls-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function makePair(name: string): Promise<void> {
  const files = ['-keyout', join(folder, 'tls.key'), '-out', join(folder, 'tls.crt')]
  await $`openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=${name} ${files}`.quiet()
}

function nameSeen(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN))
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

test('a renewed certificate is served to new connections, while an upload over the old one goes on', async () => {
  await makePair('first')
  const secure = freePort()
  const plain = freePort()
  await Bun.write(
    join(folder, 'berth.yaml'),
    `listen:
  - 127.0.0.1:${plain}
  - { address: '127.0.0.1:${secure}', tls: { certificate: ${join(folder, 'tls.crt')}, key: ${join(folder, 'tls.key')} } }
http: { certificateCheckSeconds: 1 }
`,
  )
  await using outer = await startBerth()
  const child = Bun.spawn([join(import.meta.dir, '../../bin/berth'), '--config', join(folder, 'berth.yaml'), 'serve'], {
    env: { PATH: process.env.PATH, BERTH_DATA: join(outer.dataFolder, 'tls'), BERTH_AUTH: 'none' },
    stdout: 'pipe',
    stderr: 'ignore',
  })
  await using _ = { [Symbol.asyncDispose]: async () => child.kill('SIGKILL') }
  for await (const piece of child.stdout) if (new TextDecoder().decode(piece).includes('Berth serves')) break
  expect(await nameSeen(secure)).toBe('first')

  const url = `https://127.0.0.1:${secure}`
  const insecure = { tls: { rejectUnauthorized: false } }
  const blob = blobOf(new Uint8Array(500_000).fill(3))
  const begun = await fetch(`${url}/v2/tls/test/blobs/uploads/`, { method: 'POST', ...insecure })
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const target = `${url}${begun.headers.get('Location')}?digest=${blob.digest}`
  const upload = fetch(target, { method: 'PUT', body: readable, ...insecure })
  const writer = writable.getWriter()
  await writer.write(blob.bytes.slice(0, 100_000))

  await makePair('second')
  child.kill('SIGHUP')
  let seen = await nameSeen(secure)
  while (seen !== 'second') seen = await nameSeen(secure)

  await writer.write(blob.bytes.slice(100_000))
  await writer.close()
  expect((await upload).status).toBe(201)
  expect(await registryClient(`http://127.0.0.1:${plain}`).get('tls/test', 'blobs', blob.digest)).toEqual(blob.bytes)

  await Bun.write(join(folder, 'tls.crt'), 'no certificate')
  child.kill('SIGHUP')
  await Bun.sleep(200)
  expect(await nameSeen(secure)).toBe('second')
  child.kill()
  expect(await child.exited).toBe(0)
}, 60_000)
