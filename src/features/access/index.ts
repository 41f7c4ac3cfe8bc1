export { type Access, type Action, authorize, type Permit, type Resource, repositoryOf } from './authorize.ts'
