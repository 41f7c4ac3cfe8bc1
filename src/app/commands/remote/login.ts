import { hostname } from 'node:os'
import type { Command } from 'commander'
import { basic, RemoteFault, show } from '../../../entry/remote/index.ts'
import { Secret } from '../../../platform/secrets/index.ts'
import { CommandError } from '../../command-error.ts'
import { ask, askSecret, secretFromInput } from '../../remote/ask.ts'
import { clientFor, connect, serverUrl } from '../../remote/connect.ts'
import { credentialsFile, readLogins, writeLogins } from '../../remote/credentials-file.ts'
import type { CommandContext } from '../context.ts'
import { singleSignOn } from './single-sign-on.ts'

interface LoginFlags {
  readonly username?: string
  readonly passwordStdin?: boolean
  readonly tokenName: string
  readonly days: string
  readonly json?: boolean
  readonly sso?: string | true
  readonly device?: boolean
  readonly browser: boolean
}

const LOCAL = 'http://127.0.0.1:5000'

export function addLoginCommands(program: Command, context: CommandContext): void {
  program
    .command('login')
    .argument('[url]', `address of the server; BERTH_URL, or ${LOCAL}`)
    .description('sign in to a server: makes a token and keeps that, never the password')
    .option('--username <name>', 'BERTH_USERNAME; asked for when absent')
    .option('--password-stdin', 'the password, or a token, is the first line of standard input; else BERTH_PASSWORD')
    .option('--token-name <name>', 'what the token is called', `berth on ${hostname()}`)
    .option('--days <days>', 'how long the token is valid', '30')
    .option('--sso [source]', 'sign in with a provider, in a browser')
    .option('--device', 'with --sso: in a browser elsewhere, by a code that is shown here')
    .option('--no-browser', 'with --sso: only print the address to open')
    .option('--json', 'as JSON')
    .action((url: string | undefined, flags: LoginFlags) => context.finish(login(url, flags)))
  program
    .command('logout')
    .argument('[url]', 'address of the server; the one that berth login was at last')
    .description('revoke the token that berth login made, and forget it')
    .option('--json', 'as JSON')
    .action((url: string | undefined, flags: { json?: boolean }) => context.finish(logout(url, flags)))
  program
    .command('whoami')
    .description('who you are at the server, and how you are signed in')
    .option('--json', 'as JSON')
    .action((flags: { json?: boolean }) => context.finish(whoami(flags)))
}

async function login(address: string | undefined, flags: LoginFlags): Promise<number> {
  const { BERTH_URL, BERTH_USERNAME, BERTH_PASSWORD } = process.env
  const url = serverUrl(address || BERTH_URL || LOCAL)
  if (flags.sso !== undefined) return keep(url, await singleSignOn(url, flags.sso, wishOf(flags), flags), flags)
  if (flags.device) throw new CommandError('--device is for --sso.')
  const name = flags.username ?? BERTH_USERNAME ?? (await ask('User name: ', 'Give --username, or set BERTH_USERNAME.'))
  const password = flags.passwordStdin
    ? await secretFromInput()
    : BERTH_PASSWORD
      ? new Secret(BERTH_PASSWORD)
      : await askSecret('Password: ', 'Give --password-stdin, or set BERTH_PASSWORD.')
  const client = clientFor(url, basic(name, password))
  const account = await client.call('getAccount')
  const isToken = account.credential !== undefined
  if (isToken) return keep(url, { account: account.name, token: password }, flags)
  const made = await client.call('createOwnToken', { body: wishOf(flags) })
  return keep(url, { ...made, account: account.name, token: new Secret(made.token) }, flags)
}

function wishOf({ tokenName, days }: LoginFlags) {
  return { name: tokenName, lifetimeDays: daysOf(days) }
}

/** @param login with an id and an end when it was made here and now. */
function keep(
  url: string,
  login: { account: string; token: Secret; id?: string; expiresAt?: string | undefined },
  { json }: Pick<LoginFlags, 'json'>,
): number {
  const { account: name, token, id, expiresAt } = login
  const file = credentialsFile(process.env)
  const entry = { name, token: token.reveal(), ...(id === undefined ? {} : { id }) }
  writeLogins(file, { current: url, servers: { ...readLogins(file).servers, [url]: entry } })
  const kept = id === undefined ? 'The token' : `A token until ${expiresAt}`
  return show(json, { url, name, token: id, expiresAt, file }, [
    `Signed in to ${url} as ${name}. ${kept} is kept in ${file}.`,
  ])
}

async function logout(address: string | undefined, { json }: { json?: boolean }): Promise<number> {
  const file = credentialsFile(process.env)
  const { current, servers } = readLogins(file)
  const named = address || process.env.BERTH_URL
  const url = named ? serverUrl(named) : current
  const known = url === undefined ? undefined : servers[url]
  if (url === undefined || !known) throw new CommandError('Nobody is signed in there.')
  const isRevoked = known.id !== undefined && (await revoke(url, known.name, new Secret(known.token), known.id))
  const { [url]: _, ...rest } = servers
  writeLogins(file, { current: current === url ? undefined : current, servers: rest })
  const token = isRevoked
    ? 'The token was revoked'
    : known.id
      ? 'The token was not valid any more'
      : 'The token, which is yours, was forgotten'
  return show(json, { url, name: known.name, isRevoked }, [`Signed out of ${url}. ${token}.`])
}

/** False when the token had ended anyway: then it is forgotten all the same. */
async function revoke(url: string, name: string, token: Secret, id: string): Promise<boolean> {
  try {
    await clientFor(url, basic(name, token)).call('revokeOwnToken', { params: { token: id } })
    return true
  } catch (error) {
    if (error instanceof RemoteFault && (error.status === 401 || error.status === 404)) return false
    throw error
  }
}

async function whoami({ json }: { json?: boolean }): Promise<number> {
  const account = await connect(process.env).call('getAccount')
  const { name, kind, systemRole, authenticatedBy } = account
  const role = systemRole === undefined ? '' : `, system role ${systemRole}`
  return show(json, account, [`${kind} ${name}${role}, by ${authenticatedBy}`])
}

export function daysOf(text: string, flag = '--days'): number {
  const days = Number(text)
  if (text.trim() !== '' && days > 0) return days
  throw new CommandError(`${flag}: expected a number of days, not "${text}".`)
}
