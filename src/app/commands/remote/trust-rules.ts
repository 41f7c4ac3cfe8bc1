import type { Command } from 'commander'
import { table } from '../../../entry/remote/index.ts'
import { CommandError } from '../../command-error.ts'
import type { CommandContext } from '../context.ts'
import { done, permissionsOf, type RemoteFlags, remote } from './remote.ts'

interface RuleFlags extends RemoteFlags {
  readonly issuer: string
  readonly audience: string
  readonly condition: readonly string[]
  readonly permissions: string
  readonly repositories?: string
  readonly tags?: string
  readonly lifetimeSeconds: string
}

export function addTrustRuleCommands(program: Command, context: CommandContext): void {
  const rule = program
    .command('trust-rule')
    .description('which pipelines may act in a project, by their identity tokens')
  const asking = remote(context)
  asking<[string], RemoteFlags>(rule.command('list').argument('<project>'), async (client, [project]) => {
    const items = await client.all('listTrustRules', { params: { project } })
    const rows = items.map(each => [
      each.name,
      each.issuer,
      JSON.stringify(each.conditions),
      each.permissions.join(', '),
      each.repositories,
    ])
    return { value: items, lines: table(['NAME', 'ISSUER', 'CONDITIONS', 'MAY', 'REPOSITORIES'], rows) }
  })
  asking<[string, string], RuleFlags>(
    rule
      .command('add')
      .argument('<project>')
      .argument('<name>')
      .requiredOption('--issuer <url>', 'as the token has it in iss')
      .requiredOption('--audience <text>', 'exactly what the token has in aud')
      .requiredOption('--condition <claim=pattern...>', 'all must hold; the same claim again: one of its patterns must')
      .option('--permissions <list>', 'separated by commas', 'push')
      .option('--repositories <pattern>', 'some of them only, such as shop/web/*')
      .option('--tags <pattern>', 'some of them only, such as v1.*')
      .option('--lifetime-seconds <count>', 'of the token they get', '600'),
    async (
      client,
      [project, name],
      { issuer, audience, condition, permissions, repositories, tags, lifetimeSeconds },
    ) => {
      const body = {
        name,
        issuer,
        audience,
        conditions: conditionsOf(condition),
        permissions: permissionsOf(permissions),
        repositories,
        tags,
        lifetimeSeconds: Number(lifetimeSeconds),
      }
      const made = await client.call('addTrustRule', { params: { project }, body })
      return { value: made, lines: [`Trust rule ${name} was made.`] }
    },
  )
  asking<[string, string], RemoteFlags>(
    rule.command('remove').argument('<project>').argument('<name>'),
    async (client, [project, name]) => {
      await client.call('removeTrustRule', { params: { project, rule: name } })
      return done(`Trust rule ${name} is gone.`)
    },
  )
}

function conditionsOf(texts: readonly string[]): Record<string, string[]> {
  const conditions: Record<string, string[]> = {}
  for (const text of texts) {
    const equals = text.indexOf('=')
    if (equals < 1) throw new CommandError(`--condition: expected claim=pattern, not "${text}".`)
    const claim = text.slice(0, equals)
    conditions[claim] = [...(conditions[claim] ?? []), text.slice(equals + 1)]
  }
  return conditions
}

interface ExplainFlags extends RemoteFlags {
  readonly project?: string
  readonly address?: string
}

export function addAccessCommand(program: Command, context: CommandContext): void {
  const access = program.command('access').description('decisions about access')
  remote(context)<[string, string, string | undefined], ExplainFlags>(
    access
      .command('explain')
      .argument('<who>', 'a user, a robot (project+name) or anonymous')
      .argument('<action>', 'pull, push, delete, "manage members", …')
      .argument('[repository]')
      .description('whether somebody may do something, and why: ends with 1 when they may not')
      .option('--project <name>', 'of a project instead of a repository')
      .option('--address <address>', 'where the request would come from'),
    async (client, [who, action, repository], { project, address }) => {
      const query = { who, action: action as never, repository, project, address }
      const answer = await client.call('explainAccess', { query })
      const tags = answer.tags
        ? [`Tags to set: ${patterns(answer.tags.push)}; to move: ${patterns(answer.tags.overwrite)}.`]
        : []
      const verdict = `${answer.isAllowed ? 'Allowed' : 'Refused'}: ${answer.because}.`
      return { value: answer, lines: [verdict, ...tags], code: answer.isAllowed ? 0 : 1 }
    },
  )
}

function patterns(globs: readonly string[]): string {
  return globs.length === 0 ? 'none' : globs.join(', ')
}
