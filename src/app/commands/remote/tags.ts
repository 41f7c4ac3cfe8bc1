import type { Command } from 'commander'
import { table } from '../../../entry/remote/index.ts'
import { CommandError } from '../../command-error.ts'
import type { CommandContext } from '../context.ts'
import { done, type RemoteFlags, remote } from './remote.ts'

interface RestoreFlags extends RemoteFlags {
  readonly to?: string
  readonly before?: string
}

const TAGGED = 'repository:tag'

export function addTagCommands(program: Command, context: CommandContext): void {
  const tag = program.command('tag').description('tags, without a client: where they point, and where they did')
  const asking = remote(context)
  asking<[string], RemoteFlags>(
    tag.command('history').argument('<tag>', TAGGED).description('where it pointed, who made it so and when'),
    async (client, [text]) => {
      const { params, repository } = taggedOf(text)
      const items = await client.all('tagHistory', { params, query: { repository } })
      const rows = items.map(({ at, kind, digest, by, rule, endedAt }) => [
        at,
        kind,
        digest,
        rule === undefined ? by : `${by ?? '-'} (rule ${rule})`,
        endedAt,
      ])
      return { value: items, lines: table(['SINCE', 'CHANGE', 'DIGEST', 'BY', 'UNTIL'], rows) }
    },
  )
  asking<[string], RestoreFlags>(
    tag
      .command('restore')
      .argument('<tag>', TAGGED)
      .description('point it back to what it pointed to')
      .option('--to <digest>', 'one that it had, as berth tag history shows it')
      .option('--before <time>', 'what it had just before, such as 2027-03-01T09:00:00Z'),
    async (client, [text], { to, before }) => {
      if ((to === undefined) === (before === undefined)) throw new CommandError('Give --to or --before.')
      const { params, repository } = taggedOf(text)
      const body = { repository, digest: to, before: before === undefined ? undefined : instantOf(before) }
      const set = await client.call('restoreTag', { params, body })
      return { value: set, lines: [`${text} points to ${set.digest} again.`] }
    },
  )
  asking<[string, string], RemoteFlags>(
    tag
      .command('set')
      .argument('<tag>', TAGGED)
      .argument('<digest>', 'of a manifest in the repository')
      .description('point it to what is there already'),
    async (client, [text, digest]) => {
      const { params, repository } = taggedOf(text)
      const set = await client.call('setTag', { params, body: { repository, digest } })
      return { value: set, lines: [`${text} points to ${digest}.`] }
    },
  )
  asking<[string], RemoteFlags>(
    tag.command('delete').argument('<tag>', TAGGED).description('remove it, never what it points to'),
    async (client, [text]) => {
      const { params, repository } = taggedOf(text)
      await client.call('deleteTag', { params, query: { repository } })
      return done(`${text} is gone.`)
    },
  )
}

/** The server judges the parts. */
function taggedOf(text: string) {
  const [, repository, tag] = /^(.+):([^:/]+)$/.exec(text) ?? []
  if (repository === undefined || tag === undefined)
    throw new CommandError(`"${text}" is not a tag of a repository: give it as team/app:v1.`)
  return { repository, params: { project: projectOf(repository), tag } }
}

function projectOf(name: string): string {
  return name.split('/')[0] ?? name
}

function instantOf(text: string): string {
  const at = Date.parse(text)
  if (Number.isNaN(at)) throw new CommandError(`--before: "${text}" is not a time, such as 2027-03-01T09:00:00Z.`)
  return new Date(at).toISOString()
}
