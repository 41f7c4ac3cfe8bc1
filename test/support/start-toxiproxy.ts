import { toolPath } from '../tools/find-tools.ts'
import { freePort } from './start-berth.ts'
import { untilListening } from './until-listening.ts'

export interface Toxic {
  /** https://github.com/Shopify/toxiproxy#toxics */
  readonly type: 'latency' | 'timeout' | 'reset_peer' | 'limit_data' | 'bandwidth' | 'slicer'
  readonly stream?: 'upstream' | 'downstream'
  readonly attributes: Readonly<Record<string, number>>
}

export interface Toxiproxy extends AsyncDisposable {
  readonly port: number
  add(toxic: Toxic): Promise<void>
  /** Refuses and breaks connections until `mend`. */
  cut(): Promise<void>
  /** Everything is as it should be again. */
  mend(): Promise<void>
}

/** Stands before a server of this machine and disturbs its connections. */
export async function startToxiproxy(upstreamPort: number): Promise<Toxiproxy> {
  const [api, port] = [freePort(), freePort()]
  const child = Bun.spawn([toolPath('toxiproxy-server'), '-host', '127.0.0.1', '-port', String(api)], {
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'ignore',
  })
  await untilListening(api)
  const ask = async (method: string, path: string, body?: object) => {
    const response = await fetch(`http://127.0.0.1:${api}${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', 'User-Agent': 'tests' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    if (!response.ok) throw new Error(`toxiproxy: ${method} ${path}: ${response.status} ${await response.text()}`)
  }
  const proxy = { name: 'server', listen: `127.0.0.1:${port}`, upstream: `127.0.0.1:${upstreamPort}`, enabled: true }
  await ask('POST', '/proxies', proxy)
  return {
    port,
    add: toxic => ask('POST', '/proxies/server/toxics', { stream: 'downstream', ...toxic }),
    cut: () => ask('POST', '/proxies/server', { ...proxy, enabled: false }),
    mend: () => ask('POST', '/reset'),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await child.exited
    },
  }
}
