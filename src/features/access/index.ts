export { audited, type Deed, entryOf } from './audited.ts'
export {
  type Access,
  type Asking,
  answer,
  authorize,
  authorizeIfAllowed,
  type Origin,
  type Permit,
  projectOfPermit,
  repositoryOf,
} from './authorize.ts'
export { type Decision, decide, type Facts, type HeldGrant, projectOf, type Question, type Resource } from './decide.ts'
export { conflict, denied, type FieldFault, invalid, notFound } from './faults.ts'
export { grantScopes, type RequestedScope } from './grant-scopes.ts'
export {
  type Action,
  BUILT_IN_ROLES,
  type BuiltInRole,
  isPermission,
  operationOf,
  PERMISSIONS,
  type Permission,
  type ProjectAction,
  type RegistryAction,
} from './permissions.ts'
export { difference, done, refused } from './recorded.ts'
export { type FindRenamed, permitByFormerName } from './renamed.ts'
export { sightOf } from './sight.ts'
