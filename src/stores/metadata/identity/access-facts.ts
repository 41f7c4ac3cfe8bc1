import type { Engine } from '../engine.ts'
import type { IdentityState, Pushers, SystemRole, Visibility } from '../schema-identity.ts'

/** How long a replica may go on with what it knows; on SQLite every answer is that of the last commit. */
const STALE_MS = 1000

export interface ProjectFacts {
  readonly id: number
  readonly name: string
  readonly visibility: Visibility
  readonly pushers: Pushers
  /** JSON. */
  readonly network: string | null
}

export interface GrantFacts {
  readonly role: string
  /** JSON of a role that is not built in. */
  readonly permissions: string | null
  readonly repositories: string
  readonly tags: string
  /** The group that has the grant; null when the subject itself has it. */
  readonly group: string | null
}

export interface AccountFacts {
  readonly name: string
  readonly state: IdentityState
  readonly systemRole: SystemRole | null
}

export interface TrustRuleFacts {
  readonly id: string
  readonly project_id: number
  readonly name: string
  /** JSON. */
  readonly rule: string
}

/** What a decision about access is made of; asked for every request. */
export interface AccessFacts {
  project(name: string): Promise<ProjectFacts | undefined>
  account(kind: 'user' | 'robot', id: number): Promise<AccountFacts | undefined>
  /** Of the user and of the groups the user is in, or of the robot. */
  grants(kind: 'user' | 'robot', id: number, projectId: number): Promise<readonly GrantFacts[]>
  trustRule(id: string): Promise<TrustRuleFacts | undefined>
  /** When it ends that the user may push where only pipelines may; undefined when the user may not. */
  brokenGlass(userId: number, projectId: number): Promise<number | undefined>
  /** As long as it is the same, so is every answer. */
  moment(): number
}

export function createAccessFacts(engine: Engine): AccessFacts {
  const options = { hot: true, staleMs: STALE_MS }
  type Held = { id: number; project: number }
  const project = engine.prepare<{ name: string }, ProjectFacts>(
    (db, parameter) =>
      db
        .selectFrom('projects')
        .select(['id', 'name', 'visibility', 'pushers', 'network'])
        .where('name', '=', parameter('name')),
    options,
  )
  const user = engine.prepare<{ id: number }, AccountFacts>(
    (db, parameter) =>
      db.selectFrom('users').select(['name', 'state', 'system_role as systemRole']).where('id', '=', parameter('id')),
    options,
  )
  const robot = engine.prepare<{ id: number }, Omit<AccountFacts, 'systemRole'>>(
    (db, parameter) => db.selectFrom('robots').select(['name', 'state']).where('id', '=', parameter('id')),
    options,
  )
  const direct = (kind: 'user' | 'robot') =>
    engine.prepare<Held, GrantFacts>(
      (db, parameter) =>
        db
          .selectFrom('grants')
          .leftJoin('roles', 'roles.name', 'grants.role')
          .select(['grants.role', 'roles.permissions', 'grants.repositories', 'grants.tags'])
          .select(({ val }) => val(null).as('group'))
          .where('grants.subject_kind', '=', kind)
          .where('grants.subject_id', '=', parameter('id'))
          .where('grants.project_id', '=', parameter('project'))
          .$castTo<GrantFacts>(),
      options,
    )
  const [ofUser, ofRobot] = [direct('user'), direct('robot')]
  const ofGroups = engine.prepare<Held, GrantFacts>(
    (db, parameter) =>
      db
        .selectFrom('group_members')
        .innerJoin('grants', 'grants.subject_id', 'group_members.group_id')
        .innerJoin('groups', 'groups.id', 'group_members.group_id')
        .leftJoin('roles', 'roles.name', 'grants.role')
        .select(['grants.role', 'roles.permissions', 'grants.repositories', 'grants.tags', 'groups.name as group'])
        .where('group_members.user_id', '=', parameter('id'))
        .where('grants.subject_kind', '=', 'group')
        .where('grants.project_id', '=', parameter('project'))
        .$castTo<GrantFacts>(),
    options,
  )
  const trustRule = engine.prepare<{ id: string }, TrustRuleFacts>(
    (db, parameter) =>
      db.selectFrom('trust_rules').select(['id', 'project_id', 'name', 'rule']).where('id', '=', parameter('id')),
    options,
  )
  const brokenGlass = engine.prepare<Held, { ends_at: number }>(
    (db, parameter) =>
      db
        .selectFrom('break_glass')
        .select('ends_at')
        .where('user_id', '=', parameter('id'))
        .where('project_id', '=', parameter('project'))
        .orderBy('ends_at', 'desc')
        .limit(1),
    options,
  )
  return {
    project: async name => (await project({ name }))[0],
    async account(kind, id) {
      if (kind === 'user') return (await user({ id }))[0]
      const found = (await robot({ id }))[0]
      return found && { ...found, systemRole: null }
    },
    async grants(kind, id, projectId) {
      const held = { id, project: projectId }
      if (kind === 'robot') return ofRobot(held)
      const [own, groups] = [await ofUser(held), await ofGroups(held)]
      return groups.length === 0 ? own : [...own, ...groups]
    },
    moment: () => engine.moment(),
    trustRule: async id => (await trustRule({ id }))[0],
    brokenGlass: async (userId, projectId) => (await brokenGlass({ id: userId, project: projectId }))[0]?.ends_at,
  }
}
