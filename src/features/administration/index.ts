export type { AuditFilter, AuditRecord, Credential, Grant, Project, Robot, User } from '../../stores/metadata/index.ts'
export {
  type AccountView,
  changePassword,
  createOwnToken,
  describeAccount,
  limitsOfCaller,
  listOwnTokens,
  revokeOwnToken,
  rotateOwnToken,
} from './account.ts'
export type { Administration, PageOf } from './administration.ts'
export { readAudit, readProjectAudit } from './audit-log.ts'
export { closeGlass, openGlass } from './break-glass.ts'
export { checkTrustRule, type TrustRuleCheck, type TrustRuleInput } from './check-trust-rule.ts'
export { ACTIONS, type AccessQuestion, type Explanation, explainAccess } from './explain-access.ts'
export { createGroup, listGroupMembers, listGroups, removeGroup, setGroupMember } from './groups.ts'
export { addMember, type GrantInput, listMembers, type MemberInput, removeMember } from './members.ts'
export type { NetworkRule, NetworkRules } from './network-rules.ts'
export { changePolicy, changeProject, createProject, findProject, listProjects, removeProject } from './projects.ts'
export { recordDenial } from './record-denial.ts'
export {
  changeRobot,
  createRobot,
  createRobotToken,
  findRobot,
  listRobots,
  listRobotTokens,
  type RobotInput,
  removeRobot,
  revokeRobotToken,
  rotateRobotToken,
} from './robots.ts'
export { impliedPermissions, listRoles, putRole, type RoleView, removeRole } from './roles.ts'
export type { IssuedSecret, RotationInput, TokenInput } from './tokens.ts'
export { addTrustRule, listTrustRules, removeTrustRule, type TrustRuleView } from './trust-rules.ts'
export { listTokensOfUser, revokeTokenOfUser } from './user-tokens.ts'
export { changeUser, createUser, findUser, listUsers, removeUser, type UserInput, type UserUpdate } from './users.ts'
