import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Comparison, Work } from '../measure.ts'
import type { Registry } from '../registries.ts'

const WIDTH = 4
/** Requests of a row, by the largest body in it. */
const REQUESTS = { none: 100, '1MB': 200, '10MB': 60, '100MB': 12 } as const

const MIXED = '20% 1MB, 70% 10MB, 10% 100MB'
const ROWS: readonly (readonly [name: string, largest: keyof typeof REQUESTS])[] = [
  ['Get Catalog', 'none'],
  ...(['Push Monolith', 'Push Chunk Streamed', 'Pull', 'Pull 75% and Push 25% Mixed'] as const).flatMap(name =>
    (['1MB', '10MB', '100MB'] as const).map(size => [`${name} ${size}`, size] as const),
  ),
  [`Pull Mixed ${MIXED}`, '100MB'],
  [`Push Monolith Mixed ${MIXED}`, '100MB'],
  ['Push Chunk Mixed 33% 1MB, 33% 10MB, 33% 100MB', '100MB'],
]

/** Every row of zot's own benchmark that needs no second registry. @param binary zb. */
export function zb(binary: string, folder: string): readonly Comparison[] {
  return ROWS.map(([name, largest]) => ({
    name: `zb: ${name}`,
    unit: 'requests',
    target: 1,
    run: registry => runRow(binary, folder, { registry, name, requests: REQUESTS[largest] }),
  }))
}

async function runRow(
  binary: string,
  folder: string,
  { registry, name, requests }: { registry: Registry; name: string; requests: number },
): Promise<Work> {
  const scratch = join(folder, 'zb')
  await mkdir(scratch, { recursive: true })
  const escaped = `^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`
  const child = Bun.spawn(
    [binary, '-c', String(WIDTH), '-n', String(requests), '-d', scratch, '-t', escaped, registry.url],
    { cwd: scratch, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' },
  )
  const [printed, errors] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  await rm(scratch, { recursive: true, force: true })
  const rate = Number(/Requests per second:\s+([\d.]+)/.exec(printed)?.[1])
  const complete = Number(/Complete requests:\s+(\d+)/.exec(printed)?.[1])
  const failed = Number(/Failed requests:\s+(\d+)/.exec(printed)?.[1])
  if (!(rate > 0) || failed !== 0) throw new Error(`zb "${name}" on ${registry.name} failed:\n${printed}${errors}`)
  return { amount: complete, seconds: complete / rate }
}
