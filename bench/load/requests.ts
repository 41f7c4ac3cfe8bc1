import { join } from 'node:path'
import type { Work } from '../measure.ts'
import type { Registry } from '../registries.ts'

const GENERATOR = join(import.meta.dir, 'small-requests.ts')
const CONNECTIONS = 16

/** Requests of these paths, in turn, over 16 connections for `seconds`, by a process of their own. */
export async function loadRequests(
  { host }: Pick<Registry, 'host'>,
  { paths, method = 'GET', seconds = 3, connections = CONNECTIONS, authorization }: LoadOptions,
): Promise<Work> {
  const child = Bun.spawn([process.execPath, GENERATOR, host, method, String(connections), String(seconds)], {
    stdin: new Blob([paths.join('\n')]),
    env: { ...process.env, ...(authorization === undefined ? {} : { BENCH_AUTHORIZATION: authorization }) },
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const answer = await child.stdout.text()
  if ((await child.exited) !== 0) throw new Error(`The load on ${host} failed.`)
  const { requests, seconds: took }: { requests: number; seconds: number } = JSON.parse(answer)
  return { amount: requests, seconds: took }
}

interface LoadOptions {
  readonly paths: readonly string[]
  readonly method?: 'GET' | 'HEAD'
  readonly seconds?: number
  readonly connections?: number
  readonly authorization?: string
}
