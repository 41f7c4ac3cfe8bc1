import { join } from 'node:path'

const ROOT = join(import.meta.dir, '../..')
const CRUISER = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')

interface Dependency {
  readonly resolved: string
}

export interface Cruise {
  readonly modules: readonly { readonly source: string; readonly dependencies: readonly Dependency[] }[]
  readonly violations: readonly { readonly rule: string; readonly from: string; readonly to: string }[]
}

/** Reads every import below `src` of `folder`, a copy of the repository's or the repository itself. */
export async function cruise(folder: string = ROOT): Promise<Cruise> {
  const child = Bun.spawn(
    [process.execPath, CRUISER, 'src', '--config', '.dependency-cruiser.mjs', '--output-type', 'json'],
    {
      cwd: folder,
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    },
  )
  const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  if (output === '') throw new Error(`dependency-cruiser said nothing: ${errors}`)
  const { modules, summary } = JSON.parse(output) as {
    modules: Cruise['modules']
    summary: { violations: { rule: { name: string }; from: string; to: string }[] }
  }
  return { modules, violations: summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })) }
}

/** The rooms (`features/content`, `oci`, …) and which imports which, in a stable order. */
export function roomGraph({ modules }: Cruise): readonly (readonly [from: string, to: string])[] {
  const arrows = new Set<string>()
  for (const { source, dependencies } of modules) {
    const from = roomOf(source)
    for (const { resolved } of dependencies) {
      const to = roomOf(resolved)
      if (from && to && from !== to) arrows.add(`${from} ${to}`)
    }
  }
  return [...arrows].sort().map(arrow => arrow.split(' ') as [string, string])
}

/** oci and platform are left out of the picture: everybody may use them. */
function roomOf(source: string): string | undefined {
  const [src, floor, room] = source.split('/')
  if (src !== 'src' || floor === undefined || floor === 'oci' || floor === 'platform') return undefined
  if (floor === 'app' || floor.endsWith('.ts')) return floor.replace('.ts', '')
  return `${floor}/${room}`
}

/** The picture as docs/architecture.md has it. */
export function mermaid(graph: ReturnType<typeof roomGraph>): string {
  const idOf = (room: string) => room.replace('/', '_')
  const rooms = [...new Set(graph.flat())].sort()
  const floors = Map.groupBy(rooms, room => room.split('/')[0] as string)
  const boxes = ['main', 'app', 'entry', 'features', 'stores'].flatMap(floor => {
    const inside = floors.get(floor) ?? []
    const nodes = inside.map(room => `    ${idOf(room)}[${room.split('/')[1] ?? room}]`)
    return inside.length > 1 ? [`  subgraph ${floor}`, ...nodes, '  end'] : nodes.map(node => node.slice(2))
  })
  return [
    '```mermaid',
    'flowchart TD',
    ...boxes,
    ...graph.map(([from, to]) => `  ${idOf(from)} --> ${idOf(to)}`),
    '```',
  ].join('\n')
}

export const ARCHITECTURE = join(ROOT, 'docs/architecture.md')
export const BLOCK = /(<!-- rooms: made by test\/architecture\/draw.ts -->\n)[\s\S]*?(\n<!-- end of rooms -->)/
