import type { Command } from 'commander'
import { table } from '../../../entry/remote/index.ts'
import type { CommandContext } from '../context.ts'
import { done, type RemoteFlags, remote } from './remote.ts'

interface RemoveFlags extends RemoteFlags {
  readonly project?: string
}

interface Rewritten {
  readonly grants: number
  readonly trustRules: number
  readonly tokens: number
  readonly immutabilityRules: number
  readonly retentionPolicies: number
  readonly vulnerabilityPolicies: number
}

export function addNameCommands(program: Command, context: CommandContext): void {
  const asking = remote(context)
  const redirect = program.command('redirect').description('former names, by which pulls go on')
  asking<[string], RemoteFlags>(
    redirect.command('list').argument('<project>').description('those in the project, and those that lead into it'),
    async (client, [project]) => {
      const items = await client.all('listRedirects', { params: { project } })
      const rows = items.map(({ name, kind, to, createdBy, createdAt }) => [name, kind, to, createdBy, createdAt])
      return { value: items, lines: table(['NAME', 'OF', 'NOW', 'BY', 'SINCE'], rows) }
    },
  )
  asking<[string], RemoveFlags>(
    redirect
      .command('remove')
      .argument('<name>')
      .description('end pulls by it; anybody who may can take the name then')
      .option('--project <name>', 'that it leads to; the one that it was in unless given'),
    async (client, [name], { project = firstOf(name) }) => {
      await client.call('removeRedirect', { params: { project }, query: { name } })
      return done(`${name} leads nowhere any more.`)
    },
  )
}

/** `berth repository rename`. */
export function addRepositoryRename(repository: Command, context: CommandContext): void {
  remote(context)<[string, string], RemoteFlags>(
    repository
      .command('rename')
      .argument('<old>')
      .argument('<new>', 'in another project too, which is to move it')
      .description('pulls by the old name go on'),
    async (client, [name, to]) => {
      const params = { project: firstOf(name) }
      const renamed = await client.call('renameRepository', { params, body: { repository: name, to } })
      return { value: renamed, lines: [`${name} is now ${to}.`, ...linesOf(renamed)] }
    },
  )
}

/** `berth project rename`. */
export function addProjectRename(project: Command, context: CommandContext): void {
  remote(context)<[string, string], RemoteFlags>(
    project
      .command('rename')
      .argument('<old>')
      .argument('<new>')
      .description('its repositories and robots with it; pulls by the old names go on'),
    async (client, [name, to]) => {
      const renamed = await client.call('renameProject', { params: { project: name }, body: { to } })
      const lines = [
        `Project ${name} is now ${to}, with ${renamed.repositories} repositories and ${renamed.robots} robots.`,
        ...linesOf(renamed),
      ]
      return { value: renamed, lines }
    },
  )
}

function linesOf({
  rewritten,
  byHand,
}: {
  readonly rewritten: Rewritten
  readonly byHand: readonly string[]
}): readonly string[] {
  const counted = [
    [rewritten.grants, 'grants'],
    [rewritten.trustRules, 'trust rules'],
    [rewritten.tokens, 'tokens'],
    [rewritten.immutabilityRules, 'rules of immutable tags'],
    [rewritten.retentionPolicies, 'retention policies'],
    [rewritten.vulnerabilityPolicies, 'vulnerability policies and exceptions'],
  ] as const
  const parts = counted.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)
  return [...(parts.length > 0 ? [`Named anew in ${parts.join(', ')}.`] : []), ...byHand]
}

function firstOf(name: string): string {
  return name.split('/')[0] ?? name
}
