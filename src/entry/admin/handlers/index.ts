import type { Handlers } from '../handler.ts'
import { ACCOUNT } from './account.ts'
import { ADVISORIES } from './advisories.ts'
import { CATALOG } from './catalog.ts'
import { NAMES } from './names.ts'
import { OVERSIGHT } from './oversight.ts'
import { PEOPLE } from './people.ts'
import { PROJECTS } from './projects.ts'
import { PROTECTION } from './protection.ts'
import { QUOTAS } from './quotas.ts'
import { RETENTION } from './retention.ts'
import { ROBOTS } from './robots.ts'
import { SCANNERS } from './scanners.ts'
import { SCANNING } from './scanning.ts'
import { TRASH } from './trash.ts'
import { VULNERABILITY_POLICY } from './vulnerability-policy.ts'

/** One for each operation: without it this does not compile. */
export const HANDLERS: Handlers = {
  ...ACCOUNT,
  ...PEOPLE,
  ...PROJECTS,
  ...NAMES,
  ...ROBOTS,
  ...OVERSIGHT,
  ...PROTECTION,
  ...QUOTAS,
  ...ADVISORIES,
  ...RETENTION,
  ...TRASH,
  ...CATALOG,
  ...SCANNING,
  ...VULNERABILITY_POLICY,
  ...SCANNERS,
}
