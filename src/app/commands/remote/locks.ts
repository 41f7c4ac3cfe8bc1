import type { Command } from 'commander'
import { table } from '../../../entry/remote/index.ts'
import type { CommandContext } from '../context.ts'
import { type RemoteFlags, remote } from './remote.ts'

interface LockFlags extends RemoteFlags {
  readonly kind?: 'delete' | 'write'
  readonly reason: string
}

interface Locked {
  readonly repository: string
  readonly digest?: string | undefined
  readonly kind: string
}

const WHAT = 'repository, repository:tag or repository@digest'
const KIND = 'delete: it cannot be deleted; write: it cannot be changed; both unless given'

export function addLockCommands(program: Command, context: CommandContext): void {
  const asking = remote(context)
  asking<[string], LockFlags>(
    program
      .command('lock')
      .argument('<what>', WHAT)
      .description('keep an image or a repository as it is, from people and from retention')
      .requiredOption('--reason <text>', 'why; whoever is refused reads it')
      .option('--kind <kind>', KIND),
    async (client, [what], { kind, reason }) => {
      const { project, ...target } = targetOf(what)
      const kinds = kind === undefined ? undefined : [kind]
      const { items } = await client.call('addLock', { params: { project }, body: { ...target, kinds, reason } })
      return { value: items, lines: items.map(lock => `${nameOf(lock)} is locked (${lock.kind}).`) }
    },
  )
  asking<[string], LockFlags>(
    program.command('unlock').argument('<what>', WHAT).description('take locks away').option('--kind <kind>', KIND),
    async (client, [what], { kind }) => {
      const { project, ...target } = targetOf(what)
      const { items } = await client.call('removeLock', { params: { project }, query: { ...target, kind } })
      return { value: items, lines: items.map(lock => `${nameOf(lock)} is not locked any more (${lock.kind}).`) }
    },
  )
  asking<[string], RemoteFlags>(
    program.command('locks').argument('<project>').description('what is locked, by whom and why'),
    async (client, [project]) => {
      const items = await client.all('listLocks', { params: { project } })
      const rows = items.map(lock => [nameOf(lock), lock.kind, lock.lockedBy, lock.lockedAt, lock.reason])
      return { value: items, lines: table(['WHAT', 'KIND', 'BY', 'AT', 'WHY'], rows) }
    },
  )
}

function nameOf({ repository, digest }: Locked): string {
  return digest === undefined ? repository : `${repository}@${digest}`
}

/** A colon after the last slash begins the tag; the server judges the parts. */
function targetOf(what: string) {
  const at = what.indexOf('@')
  const colon = what.indexOf(':', what.lastIndexOf('/') + 1)
  const end = at >= 0 ? at : colon >= 0 ? colon : what.length
  const [repository, reference] = [what.slice(0, end), what.slice(end + 1)]
  return {
    project: repository.split('/')[0] as string,
    repository,
    reference: end === what.length ? undefined : reference,
  }
}
