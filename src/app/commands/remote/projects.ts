import type { Command } from 'commander'
import { table } from '../../../entry/remote/index.ts'
import { CommandError } from '../../command-error.ts'
import type { CommandContext } from '../context.ts'
import { addProjectRename } from './names.ts'
import { done, permissionsOf, type RemoteFlags, remote } from './remote.ts'

interface ProjectFlags extends RemoteFlags {
  readonly visibility?: 'private' | 'internal' | 'public'
  readonly pushers?: 'members' | 'pipelines'
  readonly network?: string
  readonly trashDays?: string
}

interface GlassFlags extends RemoteFlags {
  readonly reason?: string
  readonly minutes: string
  readonly close?: boolean
  readonly user?: string
}

const VISIBILITY = 'private, internal (everybody who is signed in may pull) or public'

export function addProjectCommands(program: Command, context: CommandContext): void {
  const project = program.command('project').description('projects: the first part of repository names')
  const asking = remote(context)
  asking(project.command('list').description('those that you may see'), async client => {
    const items = await client.all('listProjects')
    const rows = items.map(({ name, visibility, pushers }) => [name, visibility, pushers])
    return { value: items, lines: table(['NAME', 'VISIBILITY', 'PUSHERS'], rows) }
  })
  asking<[string], ProjectFlags>(
    project.command('create').argument('<name>').description('you own it').option('--visibility <who>', VISIBILITY),
    async (client, [name], { visibility }) => {
      const made = await client.call('createProject', { body: { name, visibility } })
      return { value: made, lines: [`Project ${name} was made; it is ${made.visibility}.`] }
    },
  )
  asking<[string], RemoteFlags>(project.command('show').argument('<name>'), async (client, [name]) => {
    const found = await client.call('getProject', { params: { project: name } })
    const trash = found.trashDays === undefined ? 'as the registry has it' : `${found.trashDays} days`
    const network = found.network === undefined ? 'no rules' : JSON.stringify(found.network)
    return {
      value: found,
      lines: [`${name}: ${found.visibility}; ${found.pushers} may push; network: ${network}; trash: ${trash}`],
    }
  })
  asking<[string], ProjectFlags>(
    project
      .command('set')
      .argument('<name>')
      .description('change it')
      .option('--visibility <who>', VISIBILITY)
      .option('--pushers <who>', 'members, or pipelines only')
      .option(
        '--network <json>',
        '{"push":{"allow":["10.0.0.0/8"]}}; also pull and administration, and deny; "" for none',
      )
      .option(
        '--trash-days <count>',
        'how long what is deleted can be restored; 0: not at all; "" as the registry has it',
      ),
    async (client, [name], { visibility, pushers, network, trashDays }) => {
      const params = { project: name }
      if (visibility !== undefined) await client.call('changeProject', { params, body: { visibility } })
      if (pushers !== undefined || network !== undefined || trashDays !== undefined) {
        const body = { pushers, network: networkOf(network) as never, trashDays: daysOf(trashDays) }
        await client.call('changePolicy', { params, body })
      }
      const found = await client.call('getProject', { params })
      return { value: found, lines: [`Project ${name} was changed.`] }
    },
  )
  addProjectRename(project, context)
  asking<[string], RemoteFlags>(
    project.command('delete').argument('<name>').description('one without repositories'),
    async (client, [name]) => {
      await client.call('removeProject', { params: { project: name } })
      return done(`Project ${name} is gone.`)
    },
  )
  asking<[string], GlassFlags>(
    project
      .command('break-glass')
      .argument('<name>')
      .description('push yourself for a while where only pipelines may; it is recorded')
      .option('--reason <text>', 'why, in 10 characters at least')
      .option('--minutes <count>', 'for how long, 240 at most', '60')
      .option('--close', 'end it')
      .option('--user <name>', 'with --close: whose; your own unless given'),
    async (client, [name], { reason, minutes, close, user }) => {
      const params = { project: name }
      if (close) {
        await client.call('closeGlass', { params, query: { user } })
        return done(`Only pipelines push to ${name} again.`)
      }
      if (reason === undefined) throw new CommandError('--reason: say why; it is recorded.')
      const opened = await client.call('openGlass', { params, body: { reason, minutes: Number(minutes) } })
      return { value: opened, lines: [`You may push to ${name} until ${opened.endsAt}.`] }
    },
  )
}

function daysOf(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined
  if (text === '') return null
  if (/^\d+$/.test(text)) return Number(text)
  throw new CommandError('--trash-days: expected a number of days; "" for as many as the registry has.')
}

function networkOf(text: string | undefined): unknown {
  if (text === undefined) return undefined
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new CommandError('--network: this is not JSON.', { cause })
  }
}

interface MemberFlags extends RemoteFlags {
  readonly role?: string
  readonly permissions?: string
  readonly repositories?: string
  readonly tags?: string
}

export function addMemberCommands(program: Command, context: CommandContext): void {
  const member = program.command('member').description('who has which role in a project')
  const asking = remote(context)
  asking<[string], RemoteFlags>(member.command('list').argument('<project>'), async (client, [project]) => {
    const items = await client.all('listMembers', { params: { project } })
    const rows = items.map(({ id, subject, role, permissions, repositories, tags }) => [
      id,
      `${subject.kind}:${subject.name}`,
      role ?? permissions?.join(', '),
      repositories,
      tags,
    ])
    return { value: items, lines: table(['ID', 'WHO', 'MAY', 'REPOSITORIES', 'TAGS'], rows) }
  })
  asking<[string, string], MemberFlags>(
    member
      .command('add')
      .argument('<project>')
      .argument('<who>', 'user:NAME, group:NAME or robot:PROJECT+NAME')
      .option('--role <name>', 'see berth role list')
      .option('--permissions <list>', 'instead of a role: pull,push,…')
      .option('--repositories <pattern>', 'some of them only, such as shop/web/*')
      .option('--tags <pattern>', 'some of them only, such as v1.*'),
    async (client, [project, who], { role, permissions, repositories, tags }) => {
      const body = { subject: subjectOf(who), role, permissions: permissionsOf(permissions), repositories, tags }
      const made = await client.call('addMember', { params: { project }, body })
      return { value: made, lines: [`Done; berth member remove ${project} ${made.id} takes it away.`] }
    },
  )
  asking<[string, string], RemoteFlags>(
    member.command('remove').argument('<project>').argument('<id>', 'as berth member list shows it'),
    async (client, [project, id]) => {
      await client.call('removeMember', { params: { project, member: id } })
      return done(`It is taken away.`)
    },
  )
}

function subjectOf(text: string) {
  const [, kind, name] = /^(user|group|robot):(.+)$/.exec(text) ?? []
  if (kind && name) return { kind: kind as 'user' | 'group' | 'robot', name }
  throw new CommandError(`"${text}" is nobody: give user:NAME, group:NAME or robot:PROJECT+NAME.`)
}
