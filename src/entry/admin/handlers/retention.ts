import {
  askForRun,
  enforcePolicy,
  findPolicy,
  findRun,
  importInto,
  listRunItems,
  listRuns,
  type PolicyView,
  previewPolicy,
  type RunCounts,
  relaxPolicy,
  removePolicy,
  type StoredRun,
  setPolicy,
  stopRun,
} from '../../../features/retention/index.ts'
import { type Handlers, paged } from '../handler.ts'
import { linesOf } from '../lines.ts'
import { instant, instantOrNone } from '../views.ts'
import { parseId } from './parse-id.ts'

type Operations =
  | 'getRetention'
  | 'setRetention'
  | 'removeRetention'
  | 'importRetention'
  | 'enforceRetention'
  | 'relaxRetention'
  | 'previewRetention'
  | 'startRetentionRun'
  | 'listRetentionRuns'
  | 'getRetentionRun'
  | 'stopRetentionRun'
  | 'listRetentionRunItems'

export const RETENTION: Handlers<Operations> = {
  getRetention: async ({ retention, permit }) => policyView(await findPolicy(retention, permit)),
  setRetention: async ({ retention, permit, body }) => policyView(await setPolicy(retention, permit, body)),
  async removeRetention({ retention, permit }) {
    await removePolicy(retention, permit)
    return undefined
  },
  async importRetention({ retention, permit, body: { document = null, ...body } }) {
    const { problems, notes, ...policy } = await importInto(retention, permit, { ...body, document })
    return { ...policyView(policy), problems, notes }
  },
  async enforceRetention({ retention, permit }) {
    const { next, ...policy } = await enforcePolicy(retention, permit)
    return { ...policyView(policy), next }
  },
  relaxRetention: async ({ retention, permit }) => policyView(await relaxPolicy(retention, permit)),
  async previewRetention({ retention, permit, body }) {
    const preview = await previewPolicy(retention, permit, body.policy)
    return linesOf(async (write, signal) => write({ report: await preview.tell(write, signal) }), retention.brokeOff)
  },
  startRetentionRun: async ({ retention, permit, body }) => runView(await askForRun(retention, permit, body)),
  async listRetentionRuns({ retention, permit, query: { after, limit } }) {
    return paged(await listRuns(retention, permit, { before: after, limit }), limit, runView, ({ id }) => id)
  },
  getRetentionRun: async ({ retention, permit, params }) => runView(await findRun(retention, permit, params.run)),
  async stopRetentionRun({ retention, permit, params }) {
    await stopRun(retention, permit, params.run)
    return undefined
  },
  async listRetentionRunItems({ retention, permit, params, query: { after, limit } }) {
    const from = after === undefined ? 0 : parseId(after, 'after')
    const items = await listRunItems(retention, permit, params.run, { from, limit })
    return paged(
      items,
      limit,
      item => item,
      () => String(from + items.length),
    )
  },
}

function policyView({ policy, updatedAt, updatedBy, nextRunAt }: PolicyView) {
  return { policy, updatedAt: instant(updatedAt), updatedBy, nextRunAt: instantOrNone(nextRunAt) }
}

function runView(run: StoredRun) {
  const { id, isDryRun, outcome, error, askedAt, askedBy, startedAt, endedAt, stoppedBy, attempts } = run
  const { kept = 0, deleted = 0, freedBytes = 0, listed = 0 } = run.counts as Partial<RunCounts>
  const state = endedAt !== undefined ? 'ended' : startedAt !== undefined ? 'running' : 'waiting'
  return {
    id,
    isDryRun,
    state,
    outcome,
    error,
    kept,
    deleted,
    freedBytes,
    listed,
    askedAt: instant(askedAt),
    askedBy,
    startedAt: instantOrNone(startedAt),
    endedAt: instantOrNone(endedAt),
    stoppedBy,
    attempts,
    policy: run.policy as PolicyView['policy'],
  } as const
}
