import type { Command } from 'commander'
import { type Client, show } from '../../../entry/remote/index.ts'
import { isPermission, PERMISSIONS, type Permission } from '../../../features/access/index.ts'
import { CommandError } from '../../command-error.ts'
import { connect } from '../../remote/connect.ts'
import type { CommandContext } from '../context.ts'

export interface RemoteFlags {
  readonly json?: boolean
}

/** What a command did: as JSON, and in lines. */
export interface Shown {
  readonly value: unknown
  readonly lines: readonly string[]
  /** Beside it, for whoever looks; where programs do not read. */
  readonly note?: string | undefined
  /** 0 unless given. */
  readonly code?: number
}

/** `--most`. @throws CommandError. */
export function mostOf(text: string): number {
  const most = Number(text)
  if (Number.isInteger(most) && most > 0) return most
  throw new CommandError(`--most: "${text}" is no whole number of 1 or more.`)
}

/** Of what was asked for one more than is shown, so that it is told that there is more. */
export function firstOf<Item>(
  items: readonly Item[],
  most: number,
): { items: readonly Item[]; note: string | undefined } {
  const note =
    items.length > most ? `There are more than these ${most}: --most ${most * 10} shows more of them.` : undefined
  return { items: items.slice(0, most), note }
}

/** Makes commands that ask a server; each takes --json. */
export function remote(context: CommandContext) {
  return <Args extends readonly (string | undefined)[], Flags extends RemoteFlags>(
    command: Command,
    work: (client: Client, args: Args, flags: Flags) => Promise<Shown>,
  ) =>
    command.option('--json', 'as JSON').action((...given: unknown[]) => {
      // Commander hands over the arguments, then the options, then the command.
      const args = given.slice(0, -2) as unknown as Args
      const flags = given.at(-2) as Flags
      return context.finish(ask(args, flags, work))
    })
}

async function ask<Args, Flags extends RemoteFlags>(
  args: Args,
  flags: Flags,
  work: (client: Client, args: Args, flags: Flags) => Promise<Shown>,
): Promise<number> {
  const { value, lines, note, code = 0 } = await work(connect(process.env), args, flags)
  show(flags.json, value, lines)
  if (note !== undefined) process.stderr.write(`${note}\n`)
  return code
}

export function done(line: string): Shown {
  return { value: { done: true }, lines: [line] }
}

/** Separated by commas. @throws CommandError naming what there is. */
export function permissionsOf(text: string): Permission[]
export function permissionsOf(text: string | undefined): Permission[] | undefined
export function permissionsOf(text: string | undefined): Permission[] | undefined {
  return text?.split(',').map(part => {
    const permission = part.trim()
    if (isPermission(permission)) return permission
    throw new CommandError(`--permissions: "${permission}" is none of ${PERMISSIONS.join(', ')}.`)
  })
}
