import { ACCOUNT_ROUTES } from './routes/account.ts'
import { ADVISORY_ROUTES } from './routes/advisories.ts'
import { ACCESS_ROUTES, AUDIT_ROUTES } from './routes/audit.ts'
import { CATALOG_ROUTES } from './routes/catalog.ts'
import { GROUP_ROUTES, ROLE_ROUTES } from './routes/groups.ts'
import { NAME_ROUTES } from './routes/names.ts'
import { PROJECT_ROUTES } from './routes/projects.ts'
import { PROTECTION_ROUTES } from './routes/protection.ts'
import { QUOTA_ROUTES } from './routes/quotas.ts'
import { RETENTION_ROUTES } from './routes/retention.ts'
import { ROBOT_ROUTES } from './routes/robots.ts'
import { SCANNER_ROUTES } from './routes/scanners.ts'
import { SCANNING_ROUTES } from './routes/scanning.ts'
import { TRASH_ROUTES } from './routes/trash.ts'
import { USER_ROUTES } from './routes/users.ts'
import { VULNERABILITY_POLICY_ROUTES } from './routes/vulnerability-policy.ts'

export { type AnswerOf, type BodyOf, type ParamsOf, type QueryOf, type Route, route } from './route.ts'
export { problem } from './schemas.ts'

/** Every operation by its id: what the server answers, the OpenAPI document tells and the commands call. */
export const ADMIN_ROUTES = {
  ...ACCOUNT_ROUTES,
  ...USER_ROUTES,
  ...GROUP_ROUTES,
  ...ROLE_ROUTES,
  ...PROJECT_ROUTES,
  ...NAME_ROUTES,
  ...ROBOT_ROUTES,
  ...CATALOG_ROUTES,
  ...AUDIT_ROUTES,
  ...ACCESS_ROUTES,
  ...TRASH_ROUTES,
  ...RETENTION_ROUTES,
  ...PROTECTION_ROUTES,
  ...QUOTA_ROUTES,
  ...ADVISORY_ROUTES,
  ...SCANNING_ROUTES,
  ...VULNERABILITY_POLICY_ROUTES,
  ...SCANNER_ROUTES,
}

export type AdminRoutes = typeof ADMIN_ROUTES
export type Operation = keyof AdminRoutes
