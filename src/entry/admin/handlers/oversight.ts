import { type AuditFilter, explainAccess, readAudit, readProjectAudit } from '../../../features/administration/index.ts'
import type { AdminRoutes, QueryOf } from '../../api/index.ts'
import { type Handlers, paged } from '../handler.ts'
import { auditView } from '../views.ts'
import { parseId } from './parse-id.ts'

type Query = QueryOf<AdminRoutes['readProjectAudit']>

export const OVERSIGHT: Handlers<'readAudit' | 'readProjectAudit' | 'explainAccess'> = {
  async readAudit({ administration, permit, query }) {
    const { project } = query
    const filter = { ...filterOf(query), ...(project === undefined ? {} : { project }) }
    const records = await readAudit(administration, permit, filter, pageOf(query))
    return paged(records, query.limit, auditView, ({ sequence }) => String(sequence))
  },
  async readProjectAudit({ administration, permit, query }) {
    const records = await readProjectAudit(administration, permit, filterOf(query), pageOf(query))
    return paged(records, query.limit, auditView, ({ sequence }) => String(sequence))
  },
  explainAccess: ({ administration, permit, query }) => explainAccess(administration, permit, query),
}

function pageOf({ after, limit }: Pick<Query, 'after' | 'limit'>) {
  return after === undefined ? { limit } : { limit, before: parseId(after, 'after') }
}

function filterOf({ actor, type, outcome, repository, digest, address, from, until }: Query): AuditFilter {
  const given = {
    actorName: actor,
    type,
    outcome,
    repository,
    digest,
    address,
    from: from === undefined ? undefined : Date.parse(from),
    to: until === undefined ? undefined : Date.parse(until),
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}
