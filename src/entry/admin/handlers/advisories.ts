import { invalid } from '../../../features/access/index.ts'
import {
  listSources,
  receiveFiles,
  type SourceStatus,
  searchAdvisories,
  startUpdate,
} from '../../../features/advisories/index.ts'
import { type Handlers, paged } from '../handler.ts'
import { linesOf } from '../lines.ts'
import { instantOrNone } from '../views.ts'
import { parseId } from './parse-id.ts'

type Operations = 'searchAdvisories' | 'listAdvisorySources' | 'startAdvisoryUpdate' | 'uploadAdvisories'

export const ADVISORIES: Handlers<Operations> = {
  async searchAdvisories({ advisories, permit, query: { after, limit, ...question } }) {
    const page = { after: after === undefined ? undefined : parseId(after, 'after'), limit }
    const found = await searchAdvisories(advisories, permit, question, page)
    return paged(found, limit, advisoryView, ({ number }) => String(number))
  },
  listAdvisorySources: async ({ advisories, permit }) => ({
    items: (await listSources(advisories, permit)).map(sourceView),
  }),
  async startAdvisoryUpdate({ advisories, permit, body }) {
    return linesOf(await startUpdate(advisories, permit, body), error => advisories.failed(error, 'an update'))
  },
  async uploadAdvisories({ advisories, permit, stream }) {
    if (!stream) throw invalid({ field: '', message: 'There is no body' })
    return linesOf(await receiveFiles(advisories, permit, stream), error => advisories.failed(error, 'an upload'))
  },
}

type Found = Awaited<ReturnType<typeof searchAdvisories>>[number]

function advisoryView({ number: _, published, modified, withdrawn, affected, ...told }: Found) {
  return {
    ...told,
    published: instantOrNone(published),
    modified: instantOrNone(modified),
    withdrawn: instantOrNone(withdrawn),
    affected,
  }
}

function sourceView(source: SourceStatus) {
  const { id, format, origin, records, checkedAt, changedAt, triedAt, newestAt, ageMs, isStale, isUnderWay, problem } =
    source
  return {
    id,
    format,
    origin,
    records,
    checkedAt: instantOrNone(checkedAt),
    changedAt: instantOrNone(changedAt),
    triedAt: instantOrNone(triedAt),
    newestAt: instantOrNone(newestAt),
    ageSeconds: ageMs === undefined ? undefined : ageMs / 1000,
    isStale,
    isUnderWay,
    problem,
  }
}
