import { hostname } from 'node:os'
import type { Command } from 'commander'
import { type AuditFlags, auditExportCommand, auditListCommand, auditVerifyCommand } from '../../entry/cli/index.ts'
import {
  type AuditFilter,
  es256Verifier,
  KeySetFault,
  type KnownRecord,
  type TextFormat,
  textOf,
  verifyAudit,
} from '../../features/audit/index.ts'
import type { Identities } from '../../stores/metadata/index.ts'
import { CommandError } from '../command-error.ts'
import { openExisting } from '../compose.ts'
import type { Config } from '../config/index.ts'
import { VERSION } from '../version.ts'
import type { CommandContext } from './context.ts'

interface VerifyFlags extends AuditFlags {
  readonly keys?: string
  readonly known?: readonly string[]
}

interface ListFlags extends AuditFlags, Omit<AuditFilter, 'from' | 'to'> {
  readonly since?: string
  readonly until?: string
  readonly limit: string
  readonly before?: string
}

export function addAuditCommand(program: Command, context: CommandContext): void {
  const audit = program.command('audit').description('the audit log, read from the database itself')
  audit
    .command('verify')
    .description('check that no record was changed, removed or added, beside a running server')
    .option(
      '--keys <file>',
      'the keys that sign checkpoints, as a JSON Web Key Set kept elsewhere; those in the database unless given',
    )
    .option('--known <sequence:hash...>', 'records or checkpoints as a SIEM received them')
    .option('--json', 'as JSON')
    .action((flags: VerifyFlags) => context.finish(verify(context.config(), flags)))
  audit
    .command('list')
    .description('records, newest first')
    .option('--since <time>', 'at that time or later, such as 2026-11-25 or 2026-11-25T08:00Z')
    .option('--until <time>', 'before that time')
    .option('--type <type>', 'such as manifest.push')
    .option('--category <category>', '"data read", "data write", authentication, administration, system')
    .option('--outcome <outcome>', 'success, denied, failure')
    .option('--actor-id <id>', 'who, by id')
    .option('--actor-name <name>', 'who, by name')
    .option('--project <project>', 'in a project')
    .option('--repository <repository>', 'in a repository')
    .option('--digest <digest>', 'of a digest')
    .option('--address <address>', 'from an address')
    .option('--before <sequence>', 'only records before that one')
    .option('--limit <count>', 'how many', '50')
    .option('--json', 'one JSON object a line')
    .action((flags: ListFlags) => context.finish(list(context.config(), flags)))
  audit
    .command('export')
    .description('all records as lines, oldest first')
    .option('--format <format>', 'json, cef, ocsf', 'json')
    .option('--after <sequence>', 'only records after that one', '0')
    .action((flags: { format: string; after: string }) => context.finish(exportAll(context.config(), flags)))
}

async function verify(config: Config, { keys, known = [], ...flags }: VerifyFlags): Promise<number> {
  const given = keys === undefined ? undefined : await keysIn(keys)
  const records = known.map(knownRecord)
  await using berth = await openExisting(config, 'audit')
  const { audit: tables, identities } = berth.metadata
  const verifier = given ?? (await ownKeys(identities))
  return await auditVerifyCommand(options => verifyAudit({ tables, verifier }, options), records, flags)
}

async function list(config: Config, { since, until, limit, before, json, ...texts }: ListFlags): Promise<number> {
  const filter = {
    ...texts,
    ...(since === undefined ? {} : { from: timeOf('--since', since) }),
    ...(until === undefined ? {} : { to: timeOf('--until', until) }),
  }
  const page = {
    limit: countOf('--limit', limit),
    ...(before === undefined ? {} : { before: countOf('--before', before) }),
    ...(json === undefined ? {} : { json }),
  }
  await using berth = await openExisting(config, 'audit')
  return await auditListCommand(berth.metadata.audit.records.find, filter, page)
}

async function exportAll(config: Config, { format, after }: { format: string; after: string }): Promise<number> {
  const text = textOf(formatOf(format), { host: hostname(), version: VERSION })
  const from = countOf('--after', after)
  await using berth = await openExisting(config, 'audit')
  return await auditExportCommand({ read: berth.metadata.audit.records.read, text: record => text(record) }, from)
}

async function keysIn(path: string) {
  try {
    return es256Verifier(await Bun.file(path).json())
  } catch (error) {
    if (!(error instanceof KeySetFault || error instanceof SyntaxError || (error instanceof Error && 'code' in error)))
      throw error
    throw new CommandError(`--keys ${path}: ${error.message}`, { cause: error })
  }
}

/** Those beside the log itself, of every age; undefined when nothing was ever signed here. */
async function ownKeys({ signingKeys }: Pick<Identities, 'signingKeys'>) {
  const keys = (await signingKeys.list()).map(({ id, publicKey }) => ({ ...JSON.parse(publicKey), kid: id }))
  return keys.length === 0 ? undefined : es256Verifier({ keys })
}

function knownRecord(text: string): KnownRecord {
  const [, sequence, hash] = /^(\d+):([0-9a-f]{64})$/.exec(text) ?? []
  if (sequence === undefined || hash === undefined)
    throw new CommandError(`--known: expected a sequence, a colon and 64 hexadecimal digits, not "${text}".`)
  return { sequence: Number(sequence), hash }
}

function timeOf(flag: string, text: string): number {
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw new CommandError(`${flag}: expected a time such as 2026-11-25T08:00Z, not "${text}".`)
  return time
}

function countOf(flag: string, text: string): number {
  const count = Number(text)
  if (text.trim() !== '' && Number.isSafeInteger(count) && count >= 0) return count
  throw new CommandError(`${flag}: expected a whole number, not "${text}".`)
}

function formatOf(text: string): TextFormat {
  if (text === 'json' || text === 'cef' || text === 'ocsf') return text
  throw new CommandError(`--format: expected json, cef or ocsf, not "${text}".`)
}
