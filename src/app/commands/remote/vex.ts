import type { Command } from 'commander'
import { table } from '../../../entry/remote/index.ts'
import type { CommandContext } from '../context.ts'
import { readDocument } from './read-document.ts'
import { done, type RemoteFlags, remote } from './remote.ts'
import { scopeNamed, WHOLE } from './scope.ts'

interface ScopeFlags extends RemoteFlags {
  readonly registry?: boolean
}

/** Documents that say which findings do not affect an image. */
export function addVexCommands(program: Command, context: CommandContext): void {
  const vex = program.command('vex').description('documents that say which vulnerabilities do not affect an image')
  const asking = remote(context)
  asking<[string, string | undefined], ScopeFlags>(
    vex
      .command('upload')
      .argument('<file>', 'OpenVEX, CycloneDX or CSAF in JSON; - for standard input')
      .argument('[project]')
      .option(WHOLE[0], 'for images of all projects'),
    async (client, [file, given], { registry }) => {
      const project = scopeNamed(given, registry)
      const body = { document: (await readDocument(file)) as never }
      const made =
        project === undefined
          ? await client.call('uploadRegistryVex', { body })
          : await client.call('uploadVex', { params: { project }, body })
      return { value: made, lines: [`${made.statements} statements of ${made.format} count (document ${made.id}).`] }
    },
  )
  asking<[string | undefined], ScopeFlags>(
    vex.command('list').argument('[project]').option(WHOLE[0], 'those that were uploaded for all projects'),
    async (client, [given], { registry }) => {
      const project = scopeNamed(given, registry)
      const items =
        project === undefined
          ? await client.all('listRegistryVex', {})
          : await client.all('listVex', { params: { project } })
      const rows = items.map(each => [
        each.id,
        each.format,
        each.subject === undefined ? each.source : `${each.repository}@${each.subject}`,
        each.statements,
        each.name ?? '-',
        each.author ?? '-',
        each.problem ?? '-',
      ])
      return { value: items, lines: table(['ID', 'FORMAT', 'OF', 'SAYS', 'NAME', 'AUTHOR', 'PROBLEM'], rows) }
    },
  )
  asking<[string, string | undefined], ScopeFlags>(
    vex
      .command('remove')
      .argument('<id>')
      .argument('[project]')
      .option(WHOLE[0], 'one of the registry')
      .description('one that was uploaded; attached ones are deleted with what is attached'),
    async (client, [id, given], { registry }) => {
      const project = scopeNamed(given, registry)
      if (project === undefined) await client.call('removeRegistryVex', { params: { document: id } })
      else await client.call('removeVex', { params: { project, document: id } })
      return done(`The document ${id} does not count any more.`)
    },
  )
}
