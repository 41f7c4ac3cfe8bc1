import type { Engine } from '../engine.ts'
import { type AccessFacts, createAccessFacts } from './access-facts.ts'
import { type BreakGlass, createBreakGlass } from './break-glass.ts'
import { type CredentialRotation, createCredentialRotation } from './credential-rotation.ts'
import { type Credentials, type CredentialUpkeep, createCredentials } from './credentials.ts'
import { createGrants, type Grants } from './grants.ts'
import { createGroups, type Groups } from './groups.ts'
import { createProjects, type ProjectAdoption, type Projects } from './projects.ts'
import { createRobotSetup, type RobotSetup } from './robot-setup.ts'
import { createRobots, type Robots } from './robots.ts'
import { createRoles, type Roles } from './roles.ts'
import { createSignIns, type SignIns } from './sign-in.ts'
import { createSigningKeys, type SigningKeys } from './signing-keys.ts'
import { createTrustRules, type TrustRules } from './trust-rules.ts'
import { createUsers, type Users } from './users.ts'

export type { AccessFacts, AccountFacts, GrantFacts, ProjectFacts, TrustRuleFacts } from './access-facts.ts'
export type { BreakGlass, GlassOpening } from './break-glass.ts'
export type { CredentialRotation, Rotation } from './credential-rotation.ts'
export type {
  Credential,
  CredentialOwner,
  CredentialScope,
  Credentials,
  CredentialUpkeep,
  NewCredential,
} from './credentials.ts'
export type { Grant, GrantAdded, Grants } from './grants.ts'
export type { GroupMember, Groups } from './groups.ts'
export type { Project, ProjectAdoption, ProjectChange, ProjectRemoved, Projects } from './projects.ts'
export type { NewRobot, RobotSetup } from './robot-setup.ts'
export type { Robot, RobotCreated, Robots } from './robots.ts'
export type { RoleRecord, RoleRemoved, Roles } from './roles.ts'
export type { ExternalSignIn, SignIns } from './sign-in.ts'
export type { NewSigningKey, SigningKeyRecord, SigningKeys } from './signing-keys.ts'
export type { TrustRuleAdded, TrustRuleRecord, TrustRules } from './trust-rules.ts'
export type { NewUser, User, UserChange, UserChanged, Users } from './users.ts'

/** Who there is and what they may do: each a port of its own. */
export interface Identities {
  readonly users: Users
  readonly groups: Groups
  readonly robots: Robots
  readonly projects: Projects & ProjectAdoption
  readonly roles: Roles
  readonly grants: Grants
  readonly trustRules: TrustRules
  readonly breakGlass: BreakGlass
  readonly signIns: SignIns
  readonly credentials: Credentials & CredentialUpkeep
  readonly credentialRotation: CredentialRotation
  readonly robotSetup: RobotSetup
  readonly signingKeys: SigningKeys
  readonly accessFacts: AccessFacts
}

export function createIdentities(engine: Engine): Identities {
  return {
    users: createUsers(engine),
    groups: createGroups(engine),
    robots: createRobots(engine),
    projects: createProjects(engine),
    roles: createRoles(engine),
    grants: createGrants(engine),
    trustRules: createTrustRules(engine),
    breakGlass: createBreakGlass(engine),
    signIns: createSignIns(engine),
    credentials: createCredentials(engine),
    credentialRotation: createCredentialRotation(engine),
    robotSetup: createRobotSetup(engine),
    signingKeys: createSigningKeys(engine),
    accessFacts: createAccessFacts(engine),
  }
}
