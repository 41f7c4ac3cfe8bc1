import type { Command } from 'commander'
import { table } from '../../../entry/remote/index.ts'
import { CommandError } from '../../command-error.ts'
import type { CommandContext } from '../context.ts'
import { labelledBy } from './image-name.ts'
import { type RemoteFlags, remote, type Shown } from './remote.ts'

const ON = 'REPOSITORY:TAG, REPOSITORY@DIGEST, or REPOSITORY for the repository itself'

export function addLabelCommands(program: Command, context: CommandContext): void {
  const label = program.command('label').description('labels of images and repositories')
  const asking = remote(context)
  asking<[string], RemoteFlags>(label.command('list').argument('<on>', ON), async (client, [on]) => {
    const { repository, reference } = labelledBy(on)
    return shown(
      reference === undefined
        ? await client.call('listRepositoryLabels', { query: { repository } })
        : await client.call('listImageLabels', { query: { repository, reference } }),
    )
  })
  const set = label
    .command('set')
    .argument('<on>', ON)
    .argument('<label>', 'key=value, or several with a comma between')
  asking<[string, string], RemoteFlags>(set, async (client, [on, text]) => {
    const { repository, reference } = labelledBy(on)
    const body = { labels: labelsOf(text) }
    return shown(
      reference === undefined
        ? await client.call('setRepositoryLabels', { query: { repository }, body })
        : await client.call('setImageLabels', { query: { repository, reference }, body }),
    )
  })
  const remove = label.command('remove').argument('<on>', ON).argument('<key>')
  asking<[string, string], RemoteFlags>(remove, async (client, [on, key]) => {
    const { repository, reference } = labelledBy(on)
    return shown(
      reference === undefined
        ? await client.call('removeRepositoryLabel', { query: { repository, key } })
        : await client.call('removeImageLabel', { query: { repository, reference, key } }),
    )
  })
}

function shown(value: { readonly labels: Readonly<Record<string, string>> }): Shown {
  return { value, lines: table(['KEY', 'VALUE'], Object.entries(value.labels)) }
}

function labelsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').map(part => {
      const at = part.indexOf('=')
      if (at < 1) throw new CommandError(`"${part}" is no label: give key=value.`)
      return [part.slice(0, at).trim(), part.slice(at + 1)]
    }),
  )
}
