import type { Migration } from 'kysely/migration'
import { content } from './0001-content.ts'
import { collection } from './0002-collection.ts'
import { storage } from './0003-storage.ts'
import { replicas } from './0004-replicas.ts'
import { jobs } from './0005-jobs.ts'
import { moving } from './0006-moving.ts'
import { identity } from './0007-identity.ts'
import { audit } from './0008-audit.ts'
import { limits } from './0009-limits.ts'
import { sources } from './0010-sources.ts'
import { usage } from './0011-usage.ts'
import { protection } from './0012-protection.ts'
import { retention } from './0013-retention.ts'
import { retentionPolicies } from './0014-retention-policies.ts'
import { trash } from './0015-trash.ts'
import { details } from './0016-details.ts'
import { history } from './0017-history.ts'
import { inventories } from './0018-inventories.ts'
import { advisories } from './0019-advisories.ts'
import { vulnerabilityPolicies } from './0020-vulnerability-policies.ts'
import { scanners } from './0021-scanners.ts'
import { references } from './0022-references.ts'

/** Every version of the schema in order; only ever appended to. A name is a version and never changes. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-content': content,
  '0002-collection': collection,
  '0003-storage': storage,
  '0004-replicas': replicas,
  '0005-jobs': jobs,
  '0006-moving': moving,
  '0007-identity': identity,
  '0008-audit': audit,
  '0009-limits': limits,
  '0010-sources': sources,
  '0011-usage': usage,
  '0012-protection': protection,
  '0013-retention': retention,
  '0014-retention-policies': retentionPolicies,
  '0015-trash': trash,
  '0016-details': details,
  '0017-history': history,
  '0018-inventories': inventories,
  '0019-advisories': advisories,
  '0020-vulnerability-policies': vulnerabilityPolicies,
  '0021-scanners': scanners,
  '0022-references': references,
}
