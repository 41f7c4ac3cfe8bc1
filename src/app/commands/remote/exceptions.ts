import type { Command } from 'commander'
import { type Client, table } from '../../../entry/remote/index.ts'
import { CommandError } from '../../command-error.ts'
import type { CommandContext } from '../context.ts'
import { done, type RemoteFlags, remote } from './remote.ts'
import { scopeNamed, WHOLE } from './scope.ts'

interface AddFlags extends RemoteFlags {
  readonly registry?: boolean
  readonly package?: string
  readonly repositories?: string
  readonly digest?: string
  readonly owner: string
  readonly reason: string
  readonly expires: string
}

interface ListFlags extends RemoteFlags {
  readonly registry?: boolean
  readonly all?: boolean
}

/** Findings that do not count for a time. */
export function addExceptionCommands(program: Command, context: CommandContext): void {
  const exception = program.command('exception').description('findings that do not count for a time')
  const asking = remote(context)
  asking<[string, string | undefined], AddFlags>(
    exception
      .command('add')
      .argument('<vulnerability>', 'any of its names, such as CVE-2024-1')
      .argument('[project]')
      .option(WHOLE[0], 'in all projects')
      .option('--package <name>', 'in this package only')
      .option('--repositories <pattern>', 'in these repositories only')
      .option('--digest <digest>', 'of this image only')
      .requiredOption('--owner <name>', 'who answers for it')
      .requiredOption('--reason <text>', 'why')
      .requiredOption('--expires <day>', 'until when: 2026-12-31, a time, or 30d'),
    async (client, [vulnerability, given], { registry, json: _, expires, ...flags }) => {
      const project = scopeNamed(given, registry)
      const body = { vulnerability, ...flags, expiresAt: expiryOf(expires, Date.now()) }
      const made =
        project === undefined
          ? await client.call('addRegistryVulnerabilityException', { body })
          : await client.call('addVulnerabilityException', { params: { project }, body })
      const about = await findingsAbout(client, made, project)
      return {
        value: made,
        lines: [
          `${made.vulnerability} does not count until ${made.expiresAt} (exception ${made.id}).`,
          `It is about ${about === 1 ? 'one finding' : `${about === 0 ? 'no' : about} findings`} in the images that you may pull now.`,
        ],
      }
    },
  )
  asking<[string | undefined], ListFlags>(
    exception
      .command('list')
      .argument('[project]')
      .option(WHOLE[0], 'those of the registry')
      .option('--all', 'those that ended, too'),
    async (client, [given], { registry, all }) => {
      const project = scopeNamed(given, registry)
      const query = { all: all ? ('true' as never) : undefined }
      const items =
        project === undefined
          ? await client.all('listRegistryVulnerabilityExceptions', { query })
          : await client.all('listVulnerabilityExceptions', { params: { project }, query })
      const rows = items.map(each => [
        each.id,
        each.vulnerability,
        [each.package, each.repositories, each.digest].filter(part => part !== undefined).join(' ') || 'everything',
        each.state,
        each.expiresAt,
        each.owner,
        each.reason,
      ])
      return { value: items, lines: table(['ID', 'VULNERABILITY', 'IN', 'STATE', 'UNTIL', 'OWNER', 'WHY'], rows) }
    },
  )
  asking<[string, string | undefined], ListFlags>(
    exception
      .command('end')
      .argument('<id>')
      .argument('[project]')
      .option(WHOLE[0], 'one of the registry')
      .description('before its time; it stays to be read'),
    async (client, [id, given], { registry }) => {
      const project = scopeNamed(given, registry)
      if (project === undefined) await client.call('endRegistryVulnerabilityException', { params: { exception: id } })
      else await client.call('endVulnerabilityException', { params: { project, exception: id } })
      return done(`The exception ${id} is ended.`)
    },
  )
}

const DAY_MS = 24 * 3600 * 1000

/** A day lasts to its end, in UTC. @throws CommandError. */
function expiryOf(text: string, now: number): string {
  const days = /^(\d{1,4})d$/.exec(text)?.[1]
  if (days !== undefined) return new Date(now + Number(days) * DAY_MS).toISOString()
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T23:59:59.999Z`) : Date.parse(text)
  if (Number.isFinite(at)) return new Date(at).toISOString()
  throw new CommandError(`--expires: "${text}" is no time: write it as 2026-12-31, 2026-12-31T12:00:00Z or 30d.`)
}

/** More are not looked at. */
const MOST_LOOKED_AT = 5000

/** How many there are, so that a name that nothing has is seen. */
async function findingsAbout(
  client: Client,
  { id, vulnerability, package: name }: { id: string; vulnerability: string; package?: string | undefined },
  project: string | undefined,
): Promise<number> {
  const query = { project, id: vulnerability, package: name, limit: 1000 }
  const findings = await client.all('listFindings', { query }, MOST_LOOKED_AT)
  return findings.filter(({ suppressed }) => suppressed?.id === id).length
}
