import type { Command } from 'commander'
import { type Client, table } from '../../../entry/remote/index.ts'
import { quantity } from '../../../features/content/index.ts'
import { CommandError } from '../../command-error.ts'
import type { CommandContext } from '../context.ts'
import { type RemoteFlags, remote, type Shown } from './remote.ts'

const KINDS = ['bytes', 'repositories', 'tags', 'manifests'] as const
type Kind = (typeof KINDS)[number]
const DAY_MS = 86_400_000

interface SetFlags extends RemoteFlags, Readonly<Partial<Record<Kind, string>>> {
  readonly registry?: boolean
  readonly softBytes?: string
  readonly softRepositories?: string
  readonly softTags?: string
  readonly softManifests?: string
}

interface CheckFlags extends RemoteFlags {
  readonly repair?: boolean
}

interface HistoryFlags extends RemoteFlags {
  readonly days: string
}

export function addQuotaCommands(program: Command, context: CommandContext): void {
  const quota = program.command('quota').description('what projects and the registry use, and may use')
  const asking = remote(context)
  asking<[string | undefined], RemoteFlags>(
    quota
      .command('show')
      .argument('[project]', 'the registry as a whole unless given')
      .description('what is used, and what may be'),
    async (client, [project]) => shown(await usageOf(client, project)),
  )
  const set = quota
    .command('set')
    .argument('[project]')
    .description('set limits, or take one away with "none"; what is not named stays')
    .option('--registry', 'of the registry as a whole, instead of a project')
  for (const kind of KINDS) {
    const what = kind === 'bytes' ? 'bytes of blobs and manifests, such as 500GiB' : kind
    set
      .option(`--${kind} <limit>`, `at most so many ${what}`)
      .option(`--soft-${kind} <limit>`, 'warn of more than that')
  }
  asking<[string | undefined], SetFlags>(set, async (client, [project], flags) => {
    if ((project === undefined) === (flags.registry !== true))
      throw new CommandError('Give a project, or --registry for the registry as a whole.')
    const body = changesOf(flags)
    if (Object.keys(body).length === 0) throw new CommandError('Give a limit to set, such as --bytes 500GiB.')
    return shown(
      project === undefined
        ? await client.call('changeQuota', { body })
        : await client.call('changeProjectQuota', { params: { project }, body }),
    )
  })
  asking<[], CheckFlags>(
    quota
      .command('check')
      .description('count everything anew and compare; 1 when a figure is wrong')
      .option('--repair', 'put right what is wrong'),
    async (client, _, { repair }) => {
      const { items } = repair ? await client.call('repairUsage', {}) : await client.call('checkUsage', {})
      const rows = items.map(({ project, kind, counted, actual }) => [project ?? '(registry)', kind, counted, actual])
      if (rows.length === 0) return { value: items, lines: ['Every figure is right.'] }
      const lines = [...table(['PROJECT', 'FIGURE', 'COUNTED', 'ACTUAL'], rows), ...(repair ? ['Repaired.'] : [])]
      return { value: items, lines, code: repair ? 0 : 1 }
    },
  )
  asking<[string | undefined], HistoryFlags>(
    quota
      .command('history')
      .argument('[project]', 'the registry as a whole unless given')
      .description('what was used over time: a row whenever it had changed, an hour apart at least')
      .option('--days <count>', 'of so many days', '30'),
    async (client, [project], { days }) => {
      const query = { from: new Date(Date.now() - countOf(days, '--days') * DAY_MS).toISOString() }
      const items =
        project === undefined
          ? await client.all('readUsage', { query })
          : await client.all('readProjectUsage', { params: { project }, query })
      const rows = items.map(({ at, ...used }) => [at, ...KINDS.map(kind => used[kind])])
      return { value: items, lines: table(['AT', ...KINDS.map(kind => kind.toUpperCase())], rows) }
    },
  )
}

type Usage = Awaited<ReturnType<typeof usageOf>>

function usageOf(client: Client, project: string | undefined) {
  return project === undefined ? client.call('getQuota', {}) : client.call('getProjectQuota', { params: { project } })
}

function shown(usage: Usage): Shown {
  const rows = KINDS.map(kind => {
    const { hard, soft } = usage.quotas[kind] ?? {}
    return [kind, ...[usage.used[kind], soft, hard].map(count => (count === undefined ? '-' : textOf(kind, count)))]
  })
  return { value: usage, lines: table(['', 'USED', 'WARNED ABOVE', 'AT MOST'], rows) }
}

function textOf(kind: Kind, count: number): string {
  return kind === 'bytes' ? quantity(kind, count) : String(count)
}

function changesOf(flags: SetFlags) {
  const changes: Partial<Record<Kind, { hard?: number | null; soft?: number | null }>> = {}
  for (const kind of KINDS) {
    const soft = flags[`soft${kind[0]?.toUpperCase()}${kind.slice(1)}` as keyof SetFlags] as string | undefined
    const hard = flags[kind]
    if (hard === undefined && soft === undefined) continue
    changes[kind] = {
      ...(hard === undefined ? {} : { hard: limitOf(kind, hard, `--${kind}`) }),
      ...(soft === undefined ? {} : { soft: limitOf(kind, soft, `--soft-${kind}`) }),
    }
  }
  return changes
}

function limitOf(kind: Kind, text: string, option: string): number | null {
  if (text === 'none') return null
  return kind === 'bytes' ? bytesOf(text, option) : countOf(text, option)
}

const POWERS = { '': 0, k: 1, m: 2, g: 3, t: 4, p: 5 } as const

/** `500GiB` and `500G` are powers of 1024, `500GB` of 1000. */
function bytesOf(text: string, option: string): number {
  const [, number, unit = '', ending] = /^(\d+(?:\.\d+)?)\s*([kmgtp]?)(i?b)?$/i.exec(text) ?? []
  const base = ending?.toLowerCase() === 'b' && unit !== '' ? 1000 : 1024
  const bytes = Math.round(Number(number) * base ** POWERS[unit.toLowerCase() as keyof typeof POWERS])
  if (number !== undefined && Number.isSafeInteger(bytes)) return bytes
  throw new CommandError(`${option}: "${text}" is no number of bytes: write it as 1073741824 or 1GiB, or "none".`)
}

function countOf(text: string, option: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new CommandError(`${option}: "${text}" is no whole number.`)
}
