import type { Command } from 'commander'
import { type Client, show, table } from '../../../entry/remote/index.ts'
import { Secret } from '../../../platform/secrets/index.ts'
import { CommandError } from '../../command-error.ts'
import { askSecret, secretFromInput } from '../../remote/ask.ts'
import { connect } from '../../remote/connect.ts'
import { setPasswordHere } from '../../remote/set-password-here.ts'
import type { CommandContext } from '../context.ts'
import { done, type RemoteFlags, remote } from './remote.ts'

interface UserFlags extends RemoteFlags {
  readonly displayName?: string
  readonly email?: string
  readonly systemRole?: 'administrator' | 'auditor' | 'project creator'
  readonly passwordStdin?: boolean
}

interface PasswordFlags extends RemoteFlags {
  readonly local?: boolean
  readonly passwordStdin?: boolean
}

export function addUserCommands(program: Command, context: CommandContext): void {
  const user = program.command('user').description('users of the registry')
  const asking = remote(context)
  asking(user.command('list').description('users by name'), async client => {
    const items = await client.all('listUsers')
    const rows = items.map(each => [each.name, each.state, each.systemRole, each.source, each.signedInAt])
    return { value: items, lines: table(['NAME', 'STATE', 'SYSTEM ROLE', 'SOURCE', 'SIGNED IN'], rows) }
  })
  asking<[string], UserFlags>(
    user
      .command('create')
      .argument('<name>')
      .description('a local user')
      .option('--display-name <text>')
      .option('--email <address>')
      .option('--system-role <role>', 'administrator, auditor or "project creator"')
      .option('--password-stdin', 'the password is the first line of standard input; asked for when absent'),
    async (client, [name], { displayName, email, systemRole, passwordStdin }) => {
      const password = passwordStdin ? await secretFromInput() : await newPassword(name)
      const body = { name, displayName, email, systemRole, password: password.reveal() }
      const made = await client.call('createUser', { body })
      return { value: made, lines: [`User ${made.name} was made.`] }
    },
  )
  for (const [verb, state] of [
    ['disable', 'disabled'],
    ['enable', 'active'],
  ] as const)
    asking<[string], RemoteFlags>(
      user.command(verb).argument('<name>').description(`the account becomes ${state}`),
      async (client, [name]) => {
        const changed = await client.call('changeUser', { params: { user: name }, body: { state } })
        return { value: changed, lines: [`User ${name} is ${state} now.`] }
      },
    )
  asking<[string], UserFlags>(
    user
      .command('set')
      .argument('<name>')
      .description('change what is known of a user; "" takes it away')
      .option('--display-name <text>')
      .option('--email <address>')
      .option('--system-role <role>', 'administrator, auditor, "project creator" or ""'),
    async (client, [name], { displayName, email, systemRole }) => {
      const orNull = <T extends string>(text: T | undefined) => (text === undefined ? undefined : text || null)
      const body = { displayName: orNull(displayName), email: orNull(email), systemRole: orNull(systemRole) }
      const changed = await client.call('changeUser', { params: { user: name }, body })
      return { value: changed, lines: [`User ${name} was changed.`] }
    },
  )
  asking<[string], RemoteFlags>(
    user.command('delete').argument('<name>').description('with memberships, grants and tokens'),
    async (client, [name]) => {
      await client.call('removeUser', { params: { user: name } })
      return done(`User ${name} is gone.`)
    },
  )
  addPassword(user, context)
}

function addPassword(user: Command, context: CommandContext): void {
  user
    .command('password')
    .argument('<name>')
    .description('a new password: your own with the present one (BERTH_PASSWORD), of others as an administrator')
    .option('--password-stdin', 'the new password is the first line of standard input; asked for when absent')
    .option('--local', 'write to the registry in --data itself, for whoever lost the password')
    .option('--json', 'as JSON')
    .action((name: string, flags: PasswordFlags) => context.finish(password(context, name, flags)))
}

async function password(context: CommandContext, name: string, flags: PasswordFlags): Promise<number> {
  const next = flags.passwordStdin ? await secretFromInput() : await newPassword(name)
  if (flags.local) await setPasswordHere(context.config(), name, next)
  else await setPasswordThere(connect(process.env), name, next)
  return show(flags.json, { done: true }, [`The password of ${name} is changed.`])
}

async function setPasswordThere(client: Client, name: string, next: Secret): Promise<void> {
  const account = await client.call('getAccount')
  if (account.name !== name || account.kind !== 'user') {
    await client.call('changeUser', { params: { user: name }, body: { password: next.reveal() } })
    return
  }
  const { BERTH_PASSWORD } = process.env
  const present = BERTH_PASSWORD
    ? new Secret(BERTH_PASSWORD)
    : await askSecret('Present password: ', 'Set BERTH_PASSWORD to the present password.')
  await client.call('changePassword', { body: { present: present.reveal(), next: next.reveal() } })
}

async function newPassword(name: string): Promise<Secret> {
  const otherwise = 'Give --password-stdin, with the password on standard input.'
  const first = await askSecret(`New password of ${name}: `, otherwise)
  const second = await askSecret('The same again: ', otherwise)
  if (first.equals(second)) return first
  throw new CommandError('These are two different passwords: nothing was changed.')
}
