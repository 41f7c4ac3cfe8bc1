import type { Command } from 'commander'
import { type Client, table } from '../../../entry/remote/index.ts'
import { CommandError } from '../../command-error.ts'
import type { CommandContext } from '../context.ts'
import { daysOf } from './login.ts'
import { done, permissionsOf, type RemoteFlags, remote } from './remote.ts'

interface RobotFlags extends RemoteFlags {
  readonly role?: string
  readonly permissions?: string
  readonly repositories?: string
  readonly tags?: string
  readonly description?: string
  readonly days: string
}

interface RotateFlags extends RemoteFlags {
  readonly token?: string
  readonly overlapSeconds: string
}

export function addRobotCommands(program: Command, context: CommandContext): void {
  const robot = program.command('robot').description('accounts of programs, each in one project')
  const asking = remote(context)
  asking<[string], RemoteFlags>(robot.command('list').argument('<project>'), async (client, [project]) => {
    const items = await client.all('listRobots', { params: { project } })
    const robots = []
    for (const { name, ...robot } of items) {
      const params = { project, robot: name.slice(name.indexOf('+') + 1) }
      robots.push({ name, ...robot, tokens: await client.all('listRobotTokens', { params }) })
    }
    const rows = robots.map(({ name, state, createdAt, description, tokens }) => {
      const valid = tokens.filter(({ revokedAt }) => revokedAt === undefined)
      const ends = valid.map(({ expiresAt }) => expiresAt ?? 'never').toSorted()
      const used = tokens.flatMap(({ usedAt }) => usedAt ?? []).toSorted()
      return [name, state, createdAt, ends.at(-1) ?? 'no secret', used.at(-1) ?? 'never', description]
    })
    return { value: robots, lines: table(['NAME', 'STATE', 'MADE', 'SECRET ENDS', 'USED', 'DESCRIPTION'], rows) }
  })
  asking<[string, string], RobotFlags>(
    robot
      .command('create')
      .argument('<project>')
      .argument('<name>', 'without the project')
      .description('its secret is shown this once')
      .option('--role <name>', 'CI unless permissions are given')
      .option('--permissions <list>', 'instead of a role: pull,push,…')
      .option('--repositories <pattern>', 'some of them only, such as shop/web/*')
      .option('--tags <pattern>', 'some of them only, such as v1.*')
      .option('--description <text>')
      .option('--days <days>', 'how long the secret is valid', '90'),
    async (client, [project, name], { role, permissions, repositories, tags, description, days }) => {
      const what =
        permissions === undefined ? { role: role ?? 'CI' } : { role, permissions: permissionsOf(permissions) }
      const body = { name, description, grants: [{ ...what, repositories, tags }], lifetimeDays: daysOf(days) }
      const made = await client.call('createRobot', { params: { project }, body })
      return {
        value: made,
        lines: [
          `Robot ${made.name}; its secret until ${made.token.expiresAt}, which is shown only now:`,
          made.token.token,
        ],
      }
    },
  )
  asking<[string, string], RotateFlags>(
    robot
      .command('rotate')
      .argument('<project>')
      .argument('<name>')
      .description('a new secret in the place of the old one')
      .option('--token <id>', 'which, when it has several')
      .option('--overlap-seconds <count>', 'how long the old one goes on', '0'),
    async (client, [project, name], { token, overlapSeconds }) => {
      const params = { project, robot: name, token: token ?? (await onlyToken(client, project, name)) }
      const made = await client.call('rotateRobotToken', { params, body: { overlapSeconds: Number(overlapSeconds) } })
      return { value: made, lines: [`The new secret until ${made.expiresAt}, which is shown only now:`, made.token] }
    },
  )
  for (const [verb, state] of [
    ['disable', 'disabled'],
    ['enable', 'active'],
  ] as const)
    asking<[string, string], RemoteFlags>(
      robot.command(verb).argument('<project>').argument('<name>'),
      async (client, [project, name]) => {
        const changed = await client.call('changeRobot', { params: { project, robot: name }, body: { state } })
        return { value: changed, lines: [`Robot ${changed.name} is ${state} now.`] }
      },
    )
  asking<[string, string], RemoteFlags>(
    robot.command('delete').argument('<project>').argument('<name>').description('with its grants and secrets'),
    async (client, [project, name]) => {
      await client.call('removeRobot', { params: { project, robot: name } })
      return done(`Robot ${project}+${name} is gone.`)
    },
  )
}

async function onlyToken(client: Client, project: string, robot: string): Promise<string> {
  const tokens = await client.all('listRobotTokens', { params: { project, robot } })
  const now = new Date().toISOString()
  const [one, ...others] = tokens.filter(each => !each.revokedAt && (each.expiresAt ?? now) >= now)
  if (one && others.length === 0) return one.id
  const ids = [one, ...others].map(each => each?.id).join(', ')
  throw new CommandError(
    one ? `It has several: say which with --token, one of ${ids}.` : 'It has no valid secret: make it anew.',
  )
}

interface TokenFlags extends RemoteFlags {
  readonly days: string
  readonly repositories?: string
  readonly permissions?: string
}

export function addTokenCommands(program: Command, context: CommandContext): void {
  const token = program.command('token').description('your own tokens')
  const asking = remote(context)
  asking(token.command('list').description('newest first'), async client => {
    const items = await client.all('listOwnTokens')
    const rows = items.map(each => [each.id, each.name, each.expiresAt, each.usedAt, each.revokedAt])
    return { value: items, lines: table(['ID', 'NAME', 'ENDS', 'USED', 'REVOKED'], rows) }
  })
  asking<[string], TokenFlags>(
    token
      .command('create')
      .argument('<name>')
      .description('the token is shown this once')
      .requiredOption('--days <days>', 'how long it is valid')
      .option('--repositories <pattern>', 'only for these; needs --permissions')
      .option('--permissions <list>', 'only to do this: pull,push,…'),
    async (client, [name], { days, repositories, permissions }) => {
      const scope = permissions
        ? { scope: [{ repositories: repositories ?? '**', permissions: permissionsOf(permissions) }] }
        : {}
      if (repositories !== undefined && !permissions) throw new CommandError('--repositories needs --permissions.')
      const made = await client.call('createOwnToken', { body: { name, lifetimeDays: daysOf(days), ...scope } })
      return { value: made, lines: [`Token ${made.id} until ${made.expiresAt}; it is shown only now:`, made.token] }
    },
  )
  asking<[string], RemoteFlags>(token.command('revoke').argument('<id>'), async (client, [id]) => {
    await client.call('revokeOwnToken', { params: { token: id } })
    return done(`Token ${id} is revoked.`)
  })
}
