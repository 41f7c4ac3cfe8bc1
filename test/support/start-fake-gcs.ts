import { toolPath } from '../tools/find-tools.ts'
import type { ObjectServer } from './object-server.ts'
import { freePort } from './start-berth.ts'
import { untilListening } from './until-listening.ts'

/** Google Cloud Storage, emulated in memory. */
export async function startFakeGcs(): Promise<ObjectServer> {
  const port = freePort()
  const child = Bun.spawn(
    [
      toolPath('fake-gcs-server'),
      ...['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port), '-backend', 'memory', '-log-level', 'error'],
      ...['-public-host', `127.0.0.1:${port}`, '-external-url', `http://127.0.0.1:${port}`],
    ],
    { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' },
  )
  await untilListening(port)
  let buckets = 0
  return {
    endpoint: `http://127.0.0.1:${port}`,
    port,
    credentials: {},
    async createBucket(endpoint = `http://127.0.0.1:${port}`) {
      const name = `berth-${++buckets}`
      const made = await fetch(`http://127.0.0.1:${port}/storage/v1/b?project=tests`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ name }),
      })
      if (!made.ok) throw new Error(`The bucket was not made: ${await made.text()}`)
      return `gs://${name}/registry?project=tests&endpoint=${encodeURIComponent(endpoint)}`
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await child.exited
    },
  }
}
