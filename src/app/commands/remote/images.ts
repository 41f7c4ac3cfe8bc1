import type { Command } from 'commander'
import { printable, table } from '../../../entry/remote/index.ts'
import type { CommandContext } from '../context.ts'
import { imageNamed } from './image-name.ts'
import { addRepositoryRename } from './names.ts'
import { type RemoteFlags, remote } from './remote.ts'

export function addImageCommands(program: Command, context: CommandContext): void {
  const asking = remote(context)
  const image = program.command('image').description('images and what is known of them')
  const show = image.command('show').argument('<image>', 'REPOSITORY:TAG or REPOSITORY@DIGEST')
  asking<[string], RemoteFlags>(show, async (client, [name]) => {
    const found = await client.call('showImage', { query: imageNamed(name) })
    const pairs = (values: Readonly<Record<string, string>>) =>
      Object.entries(values).map(([key, value]) => `  ${printable(`${key}=${value}`)}`)
    const part = (title: string, lines: readonly string[]) => (lines.length === 0 ? [] : [`${title}:`, ...lines])
    const facts = [
      ['repository', found.repository],
      ['digest', found.digest],
      ['tags', found.tags.join(', ') || 'none'],
      ['media type', found.mediaType],
      ['artifact type', found.artifactType],
      ['subject', found.subject],
      ['platforms', found.platforms.join(', ') || 'none known'],
      ['bytes', found.sizeBytes],
      ['pushed', found.pushedAt],
      ['created', found.createdAt],
    ]
    const children = found.children.map(({ digest, platform, sizeBytes }) => [digest, platform, sizeBytes])
    const referrers = found.referrers.map(({ digest, artifactType, sizeBytes }) => [digest, artifactType, sizeBytes])
    return {
      value: found,
      lines: [
        ...facts.flatMap(([what, value]) => (value === undefined ? [] : [`${what}: ${printable(String(value))}`])),
        ...(found.isDescribed ? [] : ['Platforms, size and what its config says are still to be read.']),
        ...part('labels', pairs(found.labels)),
        ...part('labels of its config', pairs(found.configLabels)),
        ...part('annotations', pairs(found.annotations)),
        ...(children.length === 0 ? [] : ['', ...table(['NAMES', 'PLATFORM', 'BYTES'], children)]),
        ...(referrers.length === 0 ? [] : ['', ...table(['REFERRER', 'TYPE', 'BYTES'], referrers)]),
      ],
    }
  })
  const repository = program.command('repository').description('repositories and what is in them')
  addRepositoryRename(repository, context)
  const list = repository.command('list').option('--project <name>', 'those of one project')
  asking<[], RemoteFlags & { readonly project?: string }>(list, async (client, _, { project }) => {
    const items = await client.all('listRepositories', { query: { project } })
    const rows = items.map(({ name, tags, manifests, sizeBytes, lastPushedAt, isCut }) => {
      const atLeast = isCut ? '+' : ''
      return [name, `${tags}${atLeast}`, `${manifests}${atLeast}`, `${sizeBytes}${atLeast}`, lastPushedAt]
    })
    return { value: items, lines: table(['REPOSITORY', 'TAGS', 'MANIFESTS', 'BYTES', 'LAST PUSH'], rows) }
  })
}
