import type { Command } from 'commander'
import { type Client, printable, table } from '../../../entry/remote/index.ts'
import type { CommandContext } from '../context.ts'
import { readDocument } from './read-document.ts'
import { done, type RemoteFlags, remote, type Shown } from './remote.ts'
import { addRetentionPreview } from './retention-preview.ts'
import { addRetentionRuns } from './retention-runs.ts'

/** Rules for what stays. */
export function addRetentionCommands(program: Command, context: CommandContext): void {
  const retention = program.command('retention').description('what stays in a project and what goes')
  const asking = remote(context)
  asking<[string], RemoteFlags>(retention.command('show').argument('<project>'), async (client, [project]) => {
    const found = await client.call('getRetention', { params: { project } })
    return { value: found, lines: policyLines(found) }
  })
  asking<[string, string], RemoteFlags>(
    retention
      .command('set')
      .argument('<project>')
      .argument('<file>', 'the policy in YAML or JSON; - for standard input')
      .description('in place of the policy there is; new rules begin in dry run'),
    async (client, [project, file]) => {
      const body = (await readDocument(file)) as never
      const made = await client.call('setRetention', { params: { project }, body })
      return { value: made, lines: [savedLine(project, made.policy.isDryRun)] }
    },
  )
  asking<[string], RemoteFlags>(
    retention.command('remove').argument('<project>').description('nothing is deleted by itself any more'),
    async (client, [project]) => {
      await client.call('removeRetention', { params: { project } })
      return done(`${project} has no retention policy any more.`)
    },
  )
  asking<[string], ImportFlags>(
    retention
      .command('import')
      .argument('<file>', 'the document, in JSON or YAML; - for standard input')
      .description("another registry's policy, saved in dry run; ends with 1 when something of it could not be said")
      .requiredOption('--from <registry>', 'ecr, gar, harbor or gitlab')
      .requiredOption('--project <project>', 'whose policy it becomes')
      .option('--repositories <patterns>', 'separated by commas: which it is for; all of the project unless given')
      .option('--add', 'to the rules there are, instead of in their place'),
    (client, [file], flags) => importFile(client, file, flags),
  )
  asking<[string], RemoteFlags>(
    retention
      .command('enforce')
      .argument('<project>')
      .description('end the dry run: from now on runs delete; tells what the next one would'),
    (client, [project]) => enforce(client, project),
  )
  asking<[string], RemoteFlags>(
    retention.command('relax').argument('<project>').description('back to dry run'),
    async (client, [project]) => {
      const changed = await client.call('relaxRetention', { params: { project } })
      return { value: changed, lines: [`Runs of ${project} only report from now on.`] }
    },
  )
  addRetentionPreview(retention, context)
  addRetentionRuns(retention, context)
}

interface ImportFlags extends RemoteFlags {
  readonly from: string
  readonly project: string
  readonly repositories?: string
  readonly add?: boolean
}

async function importFile(
  client: Client,
  file: string,
  { from, project, repositories, add }: ImportFlags,
): Promise<Shown> {
  const body = {
    from: from as 'ecr',
    document: await readDocument(file),
    repositories: repositories?.split(',').map(glob => glob.trim()),
    isAdded: add === true,
  }
  const imported = await client.call('importRetention', { params: { project }, body })
  const { policy, problems, notes } = imported
  const told = (heading: string, remarks: readonly { path: string; message: string }[]) =>
    remarks.length === 0 ? [] : [heading, ...remarks.map(({ path, message }) => printable(`  ${path}: ${message}`))]
  return {
    value: imported,
    lines: [
      savedLine(project, policy.isDryRun),
      ...table(
        ['RULE', 'DOES'],
        policy.rules.map(({ name, action }) => [name, action]),
      ),
      ...told('What could not be said:', problems),
      ...told('What works in another way here:', notes),
    ],
    code: problems.length > 0 ? 1 : 0,
  }
}

async function enforce(client: Client, project: string): Promise<Shown> {
  const enforced = await client.call('enforceRetention', { params: { project } })
  const { outcome, deleted, freedBytes } = enforced.next
  const told =
    outcome === 'fuse'
      ? `The next would delete more than ${enforced.policy.fusePercent} % of what is there, so the fuse keeps it from deleting anything.`
      : `The next deletes ${deleted} of ${deleted + enforced.next.kept} images, which frees ${freedBytes} bytes.`
  return {
    value: enforced,
    lines: [`Runs of ${project} delete from now on; berth retention relax ${project} ends that.`, told],
  }
}

function policyLines({ policy, updatedAt, updatedBy, nextRunAt }: PolicyShown): readonly string[] {
  const { isDryRun, schedule, fusePercent, ignoredPullers, rules } = policy
  const rows = rules.map(({ name, action, select = {}, when = {} }) => [
    name,
    action,
    JSON.stringify(select),
    JSON.stringify(when),
  ])
  return [
    `${isDryRun ? 'Dry run: nothing is deleted' : 'Enforced'}; fuse at ${fusePercent} %; ${
      schedule === undefined ? 'run by hand' : `runs at "${schedule}" (UTC), next ${nextRunAt ?? 'never'}`
    }.`,
    ...(ignoredPullers.length > 0 ? [`Pulls that do not count: ${printable(ignoredPullers.join(', '))}`] : []),
    `Changed by ${printable(updatedBy)} at ${updatedAt}.`,
    ...table(['RULE', 'DOES', 'ABOUT', 'WHEN'], rows),
  ]
}

interface PolicyShown {
  readonly policy: {
    readonly isDryRun: boolean
    readonly schedule?: string | undefined
    readonly fusePercent: number
    readonly ignoredPullers: readonly string[]
    readonly rules: readonly {
      readonly name: string
      readonly action: string
      readonly select?: object
      readonly when?: object
    }[]
  }
  readonly updatedAt: string
  readonly updatedBy: string
  readonly nextRunAt?: string | undefined
}

export function savedLine(project: string, isDryRun: boolean): string {
  return isDryRun
    ? `The policy of ${project} is saved, in dry run: look at berth retention preview ${project}, then berth retention enforce ${project}.`
    : `The policy of ${project} is saved, and enforced.`
}
