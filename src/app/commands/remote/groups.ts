import type { Command } from 'commander'
import { table } from '../../../entry/remote/index.ts'
import type { CommandContext } from '../context.ts'
import { done, permissionsOf, type RemoteFlags, remote } from './remote.ts'

export function addGroupCommands(program: Command, context: CommandContext): void {
  const group = program.command('group').description('groups of users')
  const asking = remote(context)
  asking(group.command('list').description('groups by name'), async client => {
    const items = await client.all('listGroups')
    return {
      value: items,
      lines: table(
        ['NAME'],
        items.map(({ name }) => [name]),
      ),
    }
  })
  asking<[string], RemoteFlags>(group.command('create').argument('<name>'), async (client, [name]) => {
    const made = await client.call('createGroup', { body: { name } })
    return { value: made, lines: [`Group ${name} was made.`] }
  })
  asking<[string], RemoteFlags>(
    group.command('delete').argument('<name>').description('with memberships and grants'),
    async (client, [name]) => {
      await client.call('removeGroup', { params: { group: name } })
      return done(`Group ${name} is gone.`)
    },
  )
  asking<[string], RemoteFlags>(
    group.command('members').argument('<name>').description('who is in it, and who says so'),
    async (client, [name]) => {
      const items = await client.all('listGroupMembers', { params: { group: name } })
      return {
        value: items,
        lines: table(
          ['USER', 'SOURCE'],
          items.map(({ user, source }) => [user, source]),
        ),
      }
    },
  )
  asking<[string, string], RemoteFlags>(
    group.command('add').argument('<group>').argument('<user>').description('put a user in'),
    async (client, [name, user]) => {
      await client.call('addGroupMember', { params: { group: name, user } })
      return done(`${user} is in ${name}.`)
    },
  )
  asking<[string, string], RemoteFlags>(
    group.command('remove').argument('<group>').argument('<user>').description('take a user out'),
    async (client, [name, user]) => {
      await client.call('removeGroupMember', { params: { group: name, user } })
      return done(`${user} is not in ${name} any more, unless another source says so.`)
    },
  )
}

export function addRoleCommands(program: Command, context: CommandContext): void {
  const role = program.command('role').description('roles in projects')
  const asking = remote(context)
  asking(role.command('list').description('built-in roles and your own'), async client => {
    const items = await client.all('listRoles')
    const rows = items.map(({ name, permissions, isBuiltIn }) => [
      name,
      isBuiltIn ? 'built in' : 'own',
      permissions.join(', '),
    ])
    return { value: items, lines: table(['NAME', 'KIND', 'PERMISSIONS'], rows) }
  })
  asking<[string], RemoteFlags & { readonly permissions: string }>(
    role
      .command('set')
      .argument('<name>')
      .description('make a role, or change what it allows')
      .requiredOption('--permissions <list>', 'separated by commas: pull,push,"overwrite tag",…'),
    async (client, [name], { permissions }) => {
      const body = { permissions: permissionsOf(permissions) }
      const made = await client.call('putRole', { params: { role: name }, body })
      return { value: made, lines: [`Role ${name} allows ${made.permissions.join(', ')}.`] }
    },
  )
  asking<[string], RemoteFlags>(
    role.command('delete').argument('<name>').description('one that nobody has'),
    async (client, [name]) => {
      await client.call('removeRole', { params: { role: name } })
      return done(`Role ${name} is gone.`)
    },
  )
}
