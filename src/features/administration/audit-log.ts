import type { AuditFilter, AuditPage, AuditRecord } from '../../stores/metadata/index.ts'
import { type Permit, projectOfPermit } from '../access/index.ts'
import type { Administration } from './administration.ts'

/** Newest first, of everything that happened here. */
export function readAudit(
  { audit }: Administration,
  _permit: Permit<'read registry audit'>,
  filter: AuditFilter,
  page: AuditPage,
): Promise<readonly AuditRecord[]> {
  return audit.records.find(filter, page)
}

/** Newest first, of the permit's project and of no other, whatever the filter says. */
export function readProjectAudit(
  { audit }: Administration,
  permit: Permit<'read audit'>,
  filter: Omit<AuditFilter, 'project'>,
  page: AuditPage,
): Promise<readonly AuditRecord[]> {
  return audit.records.find({ ...filter, project: projectOfPermit(permit) }, page)
}
