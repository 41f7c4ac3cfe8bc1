import type { Command } from 'commander'
import { type Client, table } from '../../../entry/remote/index.ts'
import { CommandError } from '../../command-error.ts'
import type { CommandContext } from '../context.ts'
import { type RemoteFlags, remote, type Shown } from './remote.ts'

interface Which extends RemoteFlags {
  readonly repository?: string
  readonly deletion?: string
}

interface RestoreFlags extends Which {
  readonly overwrite?: boolean
}

interface PurgeFlags extends Which {
  readonly all?: boolean
}

const REPOSITORY = ['--repository <name>', 'of one repository only'] as const
const DELETION = ['--deletion <id>', 'what one request or one run deleted, as berth trash list shows it'] as const

export function addTrashCommands(program: Command, context: CommandContext): void {
  const trash = program.command('trash').description('what was deleted and can be restored')
  const asking = remote(context)
  asking<[string], Which>(
    trash
      .command('list')
      .argument('<project>')
      .option(...REPOSITORY)
      .option(...DELETION),
    async (client, [project], { repository, deletion }) => {
      const items = await client.all('listTrash', { params: { project }, query: { repository, deletion } })
      const rows = items.map(entry => [
        entry.id,
        entry.kind,
        entry.kind === 'tag' ? `${entry.repository}:${entry.tags[0]}` : `${entry.repository}@${entry.digest}`,
        entry.tags.join(' '),
        entry.rule ?? entry.deletedBy,
        entry.deletedAt,
        entry.expiresAt,
        entry.deletion,
      ])
      return { value: items, lines: table(['ID', 'KIND', 'WHAT', 'TAGS', 'BY', 'DELETED', 'UNTIL', 'DELETION'], rows) }
    },
  )
  asking<[string, string | undefined], RestoreFlags>(
    trash
      .command('restore')
      .description('with its tags, what it needs, and what went with it')
      .argument('<project>')
      .argument('[id]', 'as berth trash list shows it; or --deletion')
      .option(...DELETION)
      .option(...REPOSITORY)
      .option('--overwrite', 'move tags back that meanwhile point elsewhere'),
    (client, [project, entry], flags) => restore(client, project, entry, flags),
  )
  asking<[string, string | undefined], PurgeFlags>(
    trash
      .command('purge')
      .description('for good; the bytes go with garbage collection')
      .argument('<project>')
      .argument('[id]', 'as berth trash list shows it; or --deletion, --repository, --all')
      .option(...DELETION)
      .option(...REPOSITORY)
      .option('--all', 'everything in the trash of the project'),
    (client, [project, entry], flags) => purge(client, project, entry, flags),
  )
}

async function restore(
  client: Client,
  project: string,
  entry: string | undefined,
  { deletion, repository, overwrite }: RestoreFlags,
): Promise<Shown> {
  if ((entry === undefined) === (deletion === undefined)) throw new CommandError('Give an id, or --deletion.')
  if (entry !== undefined)
    return shown(await client.call('restoreTrash', { params: { project, entry }, body: { overwrite } }))
  const sum: Answer = { restored: [], keptTags: [], notRestored: [] }
  let after: string | undefined
  do {
    const params = { project, deletion: deletion as string }
    const part = await client.call('restoreDeletion', { params, body: { overwrite, repository, after } })
    sum.restored.push(...part.restored)
    sum.keptTags.push(...part.keptTags)
    sum.notRestored.push(...part.notRestored)
    after = part.next
  } while (after !== undefined)
  return shown(sum)
}

type Answer = Awaited<ReturnType<typeof answerOf>>
const answerOf = (client: Client) => client.call('restoreTrash')

function shown({ restored, keptTags, notRestored }: Answer): Shown {
  return {
    value: { restored, keptTags, notRestored },
    lines: [
      ...restored.map(({ repository, kind, digest, tags }) => {
        const what = kind === 'tag' ? `the tag ${repository}:${tags[0]}` : `${repository}@${digest}`
        return `Restored ${what}${kind === 'manifest' && tags.length > 0 ? ` with ${tags.join(', ')}` : ''}.`
      }),
      ...keptTags.map(({ repository, tag, because }) => `The tag ${repository}:${tag} is left as it is: ${because}.`),
      ...notRestored.map(({ repository, digest, because }) => `Not restored: ${repository}@${digest}: ${because}.`),
    ],
    code: keptTags.length + notRestored.length > 0 ? 1 : 0,
  }
}

async function purge(
  client: Client,
  project: string,
  entry: string | undefined,
  { deletion, repository, all }: PurgeFlags,
): Promise<Shown> {
  const isSome = deletion !== undefined || repository !== undefined || all === true
  if ((entry === undefined) !== isSome)
    throw new CommandError('Give an id, or what to purge: --deletion, --repository or --all.')
  if (entry !== undefined) {
    await client.call('purgeEntry', { params: { project, entry } })
    return { value: { purged: 1, needed: 0 }, lines: ['It is gone for good.'] }
  }
  let [purged, needed] = [0, 0]
  let after: string | undefined
  do {
    const part = await client.call('purgeTrash', { params: { project }, query: { deletion, repository, after } })
    purged += part.purged
    needed += part.needed
    after = part.next
  } while (after !== undefined)
  const lines = [
    `${purged} ${purged === 1 ? 'entry is' : 'entries are'} gone for good.`,
    ...(needed > 0 ? [`${needed} ${needed === 1 ? 'is' : 'are'} needed by others in the trash.`] : []),
  ]
  return { value: { purged, needed }, lines, code: needed > 0 ? 1 : 0 }
}
