import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toolPath } from '../tools/find-tools.ts'
import type { ObjectServer } from './object-server.ts'
import { freePort } from './start-berth.ts'
import { untilListening } from './until-listening.ts'

/**
 * An S3 server over a temporary folder. What it knows of an object, the list of its parts too, stands in attributes of the
 * file, and for one of 820 parts (4 GiB) ext4 has no room there: with `manyParts` it stands in files beside.
 */
export async function startVersitygw({ manyParts = false } = {}): Promise<ObjectServer> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-s3-'))
  const root = join(folder, 'root')
  await mkdir(root)
  const metadata = join(folder, 'metadata')
  await mkdir(metadata)
  const kept = manyParts ? ['--sidecar', metadata] : []
  const port = freePort()
  const child = Bun.spawn([toolPath('versitygw'), '--quiet', '--port', `127.0.0.1:${port}`, 'posix', ...kept, root], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', ROOT_ACCESS_KEY: 'berth', ROOT_SECRET_KEY: 'berth-secret' },
    stdin: 'ignore',
    stdout: Bun.file(join(folder, 'log')),
    stderr: Bun.file(join(folder, 'errors')),
  })
  await untilListening(port)
  let buckets = 0
  return {
    endpoint: `http://127.0.0.1:${port}`,
    port,
    credentials: { AWS_ACCESS_KEY_ID: 'berth', AWS_SECRET_ACCESS_KEY: 'berth-secret' },
    async createBucket(endpoint = `http://127.0.0.1:${port}`) {
      const name = `berth-${++buckets}`
      await mkdir(join(root, name))
      return `s3://${name}/registry?endpoint=${encodeURIComponent(endpoint)}&region=us-east-1&pathStyle=true`
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await child.exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}
