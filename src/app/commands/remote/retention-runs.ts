import type { Command } from 'commander'
import { type Client, table } from '../../../entry/remote/index.ts'
import type { CommandContext } from '../context.ts'
import { done, type RemoteFlags, remote, type Shown } from './remote.ts'
import { itemLine } from './retention-preview.ts'

interface RunFlags extends RemoteFlags {
  readonly dryRun?: boolean
  readonly wait: boolean
}

type Run = Awaited<ReturnType<typeof findRun>>

const LOOK_MS = 500
const SHOWN = 50

export function addRetentionRuns(retention: Command, context: CommandContext): void {
  const asking = remote(context)
  asking<[string], RunFlags>(
    retention
      .command('run')
      .argument('<project>')
      .description('run the policy now and wait for the end; ends with 1 when it failed, was stopped or met the fuse')
      .option('--dry-run', 'only report, whatever the policy says')
      .option('--no-wait', 'do not wait'),
    async (client, [project], { dryRun, wait }) => {
      const body = dryRun ? { isDryRun: true } : {}
      let run: Run = await client.call('startRetentionRun', { params: { project }, body })
      while (wait && run.state !== 'ended') {
        await Bun.sleep(LOOK_MS)
        run = await findRun(client, project, run.id)
      }
      return { value: run, lines: runLines(project, run), code: codeOf(run) }
    },
  )
  asking<[string, string | undefined], RemoteFlags>(
    retention
      .command('runs')
      .argument('<project>')
      .argument('[run]', 'what it decided about each image')
      .description('what runs did, newest first'),
    (client, [project, run]) => (run === undefined ? listRuns(client, project) : showRun(client, project, run)),
  )
  asking<[string, string], RemoteFlags>(
    retention
      .command('stop')
      .argument('<project>')
      .argument('<run>')
      .description('ask a run to end; what it has deleted stays deleted'),
    async (client, [project, run]) => {
      await client.call('stopRetentionRun', { params: { project, run } })
      return done(`The run ${run} ends soon.`)
    },
  )
}

function findRun(client: Client, project: string, run: string) {
  return client.call('getRetentionRun', { params: { project, run } })
}

async function listRuns(client: Client, project: string): Promise<Shown> {
  const { items } = await client.call('listRetentionRuns', { params: { project }, query: { limit: SHOWN } })
  const rows = items.map(({ id, isDryRun, state, outcome, askedAt, askedBy, deleted, kept, freedBytes }) => [
    id,
    askedAt,
    askedBy,
    isDryRun ? 'dry' : 'real',
    outcome ?? state,
    ...deeds({ isDryRun, outcome, deleted, kept, freedBytes }),
  ])
  return { value: items, lines: table(['RUN', 'ASKED', 'BY', 'KIND', 'OUTCOME', 'DELETED', 'KEPT', 'FREED'], rows) }
}

interface Deeds {
  readonly isDryRun: boolean
  readonly outcome?: string | undefined
  readonly deleted?: number | undefined
  readonly kept?: number | undefined
  readonly freedBytes?: number | undefined
}

/** A dry run, and one that the fuse ended, deleted nothing: what they say is what would be. */
function deeds({ isDryRun, outcome, deleted, kept, freedBytes }: Deeds): readonly (string | number | undefined)[] {
  if (!isDryRun && outcome !== 'fuse') return [deleted, kept, freedBytes]
  return [`none of ${deleted ?? '?'}`, kept, `none of ${freedBytes ?? '?'}`]
}

/** As a preview shows it. */
async function showRun(client: Client, project: string, id: string): Promise<Shown> {
  const run = await findRun(client, project, id)
  const items = await client.all('listRetentionRunItems', { params: { project, run: id }, query: { limit: 1000 } })
  const those = (wanted: string) =>
    items
      .filter(({ action }) => action === wanted)
      .map(({ repository, tags, digest, rule, bytes }) => ({ repository, tags, digest, rule, bytes }))
  return {
    value: { run, keep: those('keep'), delete: those('delete') },
    lines: [...runLines(project, run), ...items.map(itemLine)],
  }
}

function codeOf({ state, outcome }: Run): number {
  return state !== 'ended' || outcome === 'completed' ? 0 : 1
}

function runLines(project: string, run: Run): readonly string[] {
  const { id, isDryRun, state, outcome, error, kept, deleted, freedBytes, listed, policy } = run
  const kind = isDryRun ? 'dry run' : 'run'
  if (state !== 'ended')
    return [
      `The ${kind} ${id} is ${state}: ${deleted} to delete and ${kept} to keep so far (berth retention runs ${project} ${id}).`,
    ]
  const did = isDryRun
    ? `It would delete ${deleted} of ${deleted + kept} images, which would free ${freedBytes} bytes.`
    : `It deleted ${deleted} of ${deleted + kept} images, which frees ${freedBytes} bytes.`
  const cut = listed < deleted + kept ? [`${listed} of them are listed.`] : []
  const more = [...cut, `Each image: berth retention runs ${project} ${id}`]
  switch (outcome) {
    case 'fuse':
      return [
        `The ${kind} ${id} deleted nothing: it would have deleted ${deleted} of ${deleted + kept} images, more than the fuse of ${policy.fusePercent} % allows.`,
        ...more,
      ]
    case 'failed':
      return [`The ${kind} ${id} failed: ${error}`, did, ...more]
    case 'stopped':
      return [`The ${kind} ${id} was stopped.`, did, ...more]
    default:
      return [`The ${kind} ${id} is done.`, did, ...more]
  }
}
