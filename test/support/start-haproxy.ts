import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toolPath } from '../tools/find-tools.ts'
import { untilListening } from './until-listening.ts'

/** A balancer that gives each request to the next of the replicas, whoever sends it. */
export async function startHaproxy(port: number, replicas: readonly number[]): Promise<AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-haproxy-'))
  const file = join(folder, 'haproxy.cfg')
  await writeFile(file, configuration(port, replicas))
  const log = Bun.file(join(folder, 'log'))
  const child = Bun.spawn([toolPath('haproxy'), '-db', '-f', file], { stdin: 'ignore', stdout: log, stderr: log })
  await untilListening(port)
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await child.exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function configuration(port: number, replicas: readonly number[]): string {
  const servers = replicas.map(
    (replica, index) => `  server replica${index} 127.0.0.1:${replica} check inter 200ms rise 1 fall 1`,
  )
  return `global
  maxconn 2000
defaults
  mode http
  timeout connect 5s
  timeout client 300s
  timeout server 300s
  timeout http-keep-alive 300s
  option redispatch
  retries 3
frontend registry
  bind 127.0.0.1:${port}
  option forwardfor
  default_backend replicas
backend replicas
  balance roundrobin
  option httpchk GET /readyz
${servers.join('\n')}
`
}
