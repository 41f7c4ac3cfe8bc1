import { describe, expect, test } from 'bun:test'
import type { RepositoryName } from '../../oci/index.ts'
import type { SystemRole, Visibility } from '../../stores/metadata/index.ts'
import { ANONYMOUS, type Principal, SYSTEM, userPrincipal } from '../identity/index.ts'
import { type Decision, decide, type Facts, type HeldGrant, type Question, type Resource } from './decide.ts'
import { type Action, BUILT_IN_ROLES, type BuiltInRole, type Permission } from './permissions.ts'

const NOW = 1_700_000_000_000
const ADA = userPrincipal(7, 'ada')
const ROBOT: Principal = { kind: 'robot', id: 'robot:3', accountId: 3, name: 'shop+ci', authenticatedBy: 'token' }
const PIPELINE: Principal = {
  kind: 'pipeline',
  id: 'pipeline:r1',
  name: 'github shop',
  authenticatedBy: 'identity token',
  rules: ['r1'],
}
const WEB = { repository: 'shop/web' as RepositoryName }
const SHOP = { project: 'shop' }

const held = (permissions: readonly Permission[], { repositories = '**', tags = '*' } = {}): HeldGrant => ({
  permissions,
  repositories,
  tags,
  via: 'a role',
})
interface World {
  readonly visibility?: Visibility
  readonly pushers?: 'members' | 'pipelines'
  readonly systemRole?: SystemRole | null
  readonly state?: 'active' | 'disabled'
  readonly grants?: readonly HeldGrant[]
  readonly brokenGlassUntil?: number
  readonly isTrusted?: boolean
}
const facts = ({ visibility = 'private', pushers = 'members', grants = [], ...rest }: World = {}): Facts => ({
  account: { name: 'ada', state: rest.state ?? 'active', systemRole: rest.systemRole ?? null },
  project: { id: 1, name: 'shop', visibility, pushers, network: null },
  grants,
  isTrusted: rest.isTrusted ?? true,
  ...(rest.brokenGlassUntil === undefined ? {} : { brokenGlassUntil: rest.brokenGlassUntil }),
})
const ask = (action: Action, resource: Resource, more: Partial<Question> = {}): Question => ({
  principal: ADA,
  action,
  resource,
  now: NOW,
  ...more,
})
const isAllowed = (question: Question, world: Facts) => decide(question, world).isAllowed
const refusal = (decision: Decision) => {
  if (decision.isAllowed) throw new Error(`allowed: ${decision.because}`)
  return decision
}

describe('a built-in role allows its actions and no others:', () => {
  const IN_REPOSITORY = ['stat', 'list', 'pull', 'push', 'delete', 'scan', 'sign', 'read audit'] as const
  const IN_PROJECT = ['see project', 'read audit', 'manage members', 'manage policy', 'manage project'] as const
  const allowed: Readonly<Record<BuiltInRole, readonly [repository: string, project: string]>> = {
    owner: [
      'stat list pull push delete scan sign read audit',
      'see project, read audit, manage members, manage policy, manage project',
    ],
    maintainer: ['stat list pull push delete scan sign read audit', 'see project, read audit, manage policy'],
    developer: ['stat list pull push scan', 'see project'],
    CI: ['stat push', 'see project'],
    reader: ['stat list pull', 'see project'],
    auditor: ['list read audit', 'see project, read audit'],
  }
  test('the table below has every role', () => {
    expect(Object.keys(allowed).sort()).toEqual(Object.keys(BUILT_IN_ROLES).sort())
  })
  for (const [role, [repository, project]] of Object.entries(allowed)) {
    const world = facts({ grants: [held(BUILT_IN_ROLES[role as BuiltInRole])] })
    test(role, () => {
      expect(IN_REPOSITORY.filter(action => isAllowed(ask(action, WEB), world)).join(' ')).toBe(repository)
      expect(IN_PROJECT.filter(action => isAllowed(ask(action, SHOP), world)).join(', ')).toBe(project)
    })
  }
})

test('whoever has no role may do nothing in a private project', () => {
  for (const action of ['stat', 'list', 'pull', 'push', 'delete'] as const) {
    expect(refusal(decide(ask(action, WEB), facts())).remedy).toBe('none')
    expect(refusal(decide(ask(action, WEB, { principal: ANONYMOUS }), { ...facts(), account: undefined })).remedy).toBe(
      'sign in',
    )
  }
})

test('everybody pulls from public projects, whoever is signed in from internal ones, and pushes to neither', () => {
  const pulls = (visibility: Visibility, principal: Principal) =>
    (['stat', 'list', 'pull', 'push', 'delete', 'read audit'] as const).filter(action =>
      isAllowed(ask(action, WEB, { principal }), facts({ visibility })),
    )
  const all: ReturnType<typeof pulls> = ['stat', 'list', 'pull']
  expect(pulls('public', ANONYMOUS)).toEqual(all)
  expect(pulls('public', ADA)).toEqual(all)
  expect(pulls('internal', ANONYMOUS)).toEqual([])
  expect(pulls('internal', ADA)).toEqual(all)
  expect(pulls('internal', ROBOT)).toEqual(all)
  expect(pulls('private', ADA)).toEqual([])
})

test('a project that is not there is refused in the words of one that is, so that nobody finds out by asking', () => {
  const absent: Facts = { ...facts(), project: undefined }
  for (const principal of [ADA, ROBOT, ANONYMOUS, PIPELINE]) {
    for (const action of ['stat', 'list', 'pull', 'push', 'delete', 'read audit'] as const) {
      const question = ask(action, WEB, { principal })
      for (const pushers of ['members', 'pipelines'] as const)
        expect(decide(question, absent)).toEqual(decide(question, facts({ pushers })))
    }
  }
})

test('a project is made by the push of an administrator or project creator, and by nothing else', () => {
  const absent = (systemRole: SystemRole | null): Facts => ({ ...facts({ systemRole }), project: undefined })
  expect(decide(ask('push', WEB), absent('administrator'))).toMatchObject({ isAllowed: true, makesProject: 'shop' })
  expect(decide(ask('push', WEB), absent('project creator'))).toMatchObject({ isAllowed: true, makesProject: 'shop' })
  for (const systemRole of ['administrator', 'project creator', 'auditor', null] as const) {
    for (const action of ['pull', 'list', 'delete'] as const) {
      const decision = decide(ask(action, WEB), absent(systemRole))
      expect(decision.isAllowed && decision.makesProject).not.toBeString()
    }
  }
  // What is not made must not be pushed to either: there would be nobody whose project it is.
  expect(isAllowed(ask('push', WEB), absent('auditor'))).toBe(false)
  const scope = [{ repositories: 'shop/**', permissions: ['push', 'pull'] }]
  expect(isAllowed(ask('push', WEB, { principal: { ...ADA, scope } }), absent('administrator'))).toBe(false)
})

test('an account that is disabled or gone may do nothing, not even what everybody may', () => {
  const disabled = facts({ state: 'disabled', systemRole: 'administrator', visibility: 'public' })
  const gone = { ...disabled, account: undefined }
  for (const world of [disabled, gone]) {
    for (const principal of [ADA, ROBOT]) {
      for (const question of [
        ask('pull', WEB, { principal }),
        ask('push', WEB, { principal }),
        ask('use API', 'registry', { principal }),
        ask('manage registry', 'registry', { principal }),
      ])
        expect(refusal(decide(question, world)).remedy).toBe('sign in')
    }
  }
})

test('a pipeline whose trust rule is gone may do nothing', () => {
  const world = facts({ isTrusted: false, visibility: 'internal' })
  expect(isAllowed(ask('pull', WEB, { principal: PIPELINE }), world)).toBe(false)
  expect(isAllowed(ask('use API', 'registry', { principal: PIPELINE }), world)).toBe(false)
})

describe('where only pipelines may push:', () => {
  const world = (more: World = {}) => facts({ pushers: 'pipelines', grants: [held(BUILT_IN_ROLES.owner)], ...more })
  test('a pipeline may, and a person or robot is told why not', () => {
    expect(isAllowed(ask('push', WEB, { principal: PIPELINE }), world())).toBe(true)
    for (const principal of [ADA, ROBOT])
      expect(refusal(decide(ask('push', WEB, { principal }), world())).because).toContain(
        'only pipelines may push to shop',
      )
  })
  test('an administrator may not either', () => {
    expect(isAllowed(ask('push', WEB), world({ systemRole: 'administrator' }))).toBe(false)
  })
  test('whoever broke the glass may, until the time that was set', () => {
    expect(isAllowed(ask('push', WEB), world({ brokenGlassUntil: NOW + 1 }))).toBe(true)
    expect(isAllowed(ask('push', WEB), world({ brokenGlassUntil: NOW }))).toBe(false)
    expect(isAllowed(ask('push', WEB), world({ systemRole: 'administrator', brokenGlassUntil: NOW + 1 }))).toBe(true)
  })
  test('broken glass gives nobody a right that their role does not', () => {
    expect(isAllowed(ask('push', WEB), world({ grants: [], brokenGlassUntil: NOW + 1 }))).toBe(false)
  })
  test('people pull and delete as before', () => {
    expect(isAllowed(ask('pull', WEB), world())).toBe(true)
    expect(isAllowed(ask('delete', WEB), world())).toBe(true)
  })
})

describe('a role for a part of a project:', () => {
  test('counts in the repositories that it names', () => {
    const world = facts({ grants: [held(BUILT_IN_ROLES.developer, { repositories: 'shop/web' })] })
    const push = (repository: string) => isAllowed(ask('push', { repository: repository as RepositoryName }), world)
    expect(['shop/web', 'shop/web/api', 'shop/webs', 'shop'].filter(push)).toEqual(['shop/web'])
  })
  test('lets nobody manage the whole', () => {
    for (const part of [{ repositories: 'shop/web' }, { repositories: 'shop/w**' }, { tags: 'dev-*' }]) {
      const world = facts({ grants: [held(BUILT_IN_ROLES.owner, part)] })
      for (const action of ['manage members', 'manage policy', 'manage project', 'read audit'] as const)
        expect([action, isAllowed(ask(action, SHOP), world)]).toEqual([action, false])
      expect(isAllowed(ask('see project', SHOP), world)).toBe(true)
    }
    const whole = facts({ grants: [held(BUILT_IN_ROLES.owner, { repositories: 'shop/**' })] })
    expect(isAllowed(ask('manage members', SHOP), whole)).toBe(true)
  })
})

describe('tags:', () => {
  const tagsOf = (world: Facts, principal: Principal = ADA) => {
    const decision = decide(ask('push', WEB, { principal }), world)
    return decision.isAllowed ? decision.tags : undefined
  }
  test('a role for some tags pushes, moves and removes those', () => {
    const world = facts({
      grants: [held(['push'], { tags: 'v*' }), held(['push', 'overwrite tag', 'delete'], { tags: 'dev-*' })],
    })
    expect(tagsOf(world)).toEqual({ push: ['v*', 'dev-*'], overwrite: ['dev-*'], remove: ['dev-*'] })
  })
  test('a role for another repository says nothing of the tags here', () => {
    const world = facts({
      grants: [held(['push']), held(['overwrite tag', 'delete'], { repositories: 'shop/api' })],
    })
    expect(tagsOf(world)).toEqual({ push: ['*'], overwrite: [], remove: [] })
  })
  test('a token that may push and no more cannot move a tag, whoever it belongs to', () => {
    const scope = [{ repositories: 'shop/**', permissions: ['push'] }]
    const created = { push: ['*'], overwrite: [], remove: [] }
    expect(tagsOf(facts({ grants: [held(BUILT_IN_ROLES.owner)] }), { ...ADA, scope })).toEqual(created)
    expect(tagsOf(facts({ systemRole: 'administrator' }), { ...ADA, scope })).toEqual(created)
  })
})

describe('a token restricts:', () => {
  const owner = facts({ grants: [held(BUILT_IN_ROLES.owner)] })
  const withAccess = (name: string, actions: readonly string[]): Principal => ({
    ...ADA,
    access: [{ type: 'repository', name, actions }],
  })
  test('a registry token is for the repositories and actions that it names', () => {
    const actions = (principal: Principal) =>
      (['stat', 'list', 'pull', 'push', 'delete'] as const).filter(action =>
        isAllowed(ask(action, WEB, { principal }), owner),
      )
    expect(actions(withAccess('shop/web', ['pull']))).toEqual(['stat', 'list', 'pull'])
    expect(actions(withAccess('shop/web', ['push']))).toEqual(['stat', 'push'])
    expect(actions(withAccess('shop/web', ['delete']))).toEqual(['delete'])
    expect(actions(withAccess('shop/web', ['*']))).toEqual(['stat', 'list', 'pull', 'push', 'delete'])
    expect(actions(withAccess('shop/webs', ['*']))).toEqual([])
    expect(actions(withAccess('shop/**', ['*']))).toEqual([])
    expect(actions({ ...ADA, access: [] })).toEqual([])
  })
  test('the refusal says whether another token would help, or what stands in the way', () => {
    const principal = withAccess('shop/web', ['pull'])
    expect(refusal(decide(ask('push', WEB, { principal }), owner)).remedy).toBe('another token')
    const pipelines = facts({ pushers: 'pipelines', grants: [held(BUILT_IN_ROLES.owner)] })
    expect(refusal(decide(ask('push', WEB, { principal }), pipelines)).because).toContain('only pipelines')
    expect(refusal(decide(ask('push', WEB, { principal }), facts())).remedy).toBe('none')
  })
  test('a registry token opens nothing but /v2', () => {
    const principal = { ...withAccess('shop/web', ['*']) }
    const administrator = facts({ systemRole: 'administrator', grants: [held(BUILT_IN_ROLES.owner)] })
    for (const action of ['see project', 'manage members', 'manage project', 'read audit'] as const)
      expect([action, isAllowed(ask(action, SHOP, { principal }), administrator)]).toEqual([action, false])
    for (const action of [
      'manage own account',
      'create project',
      'see registry',
      'read registry audit',
      'manage registry',
      'catalog',
    ] as const)
      expect([action, isAllowed(ask(action, 'registry', { principal }), administrator)]).toEqual([action, false])
    expect(isAllowed(ask('use API', 'registry', { principal }), administrator)).toBe(true)
  })
  test('a restricted personal token manages neither the account nor the registry', () => {
    const principal = { ...ADA, scope: [{ repositories: '**', permissions: ['pull', 'push', 'manage members'] }] }
    const administrator = facts({ systemRole: 'administrator' })
    for (const action of ['manage own account', 'create project', 'see registry', 'manage registry'] as const)
      expect([action, isAllowed(ask(action, 'registry', { principal }), administrator)]).toEqual([action, false])
  })
})

describe('the registry as a whole:', () => {
  const ACTIONS = [
    'use API',
    'catalog',
    'manage own account',
    'create project',
    'see registry',
    'read registry audit',
    'manage registry',
  ] as const
  const may = (principal: Principal, systemRole: SystemRole | null) =>
    ACTIONS.filter(action => isAllowed(ask(action, 'registry', { principal }), facts({ systemRole })))
  test('is for the system role that the action needs', () => {
    expect(may(ANONYMOUS, null)).toEqual([])
    expect(may(ADA, null)).toEqual(['use API', 'catalog', 'manage own account'])
    expect(may(ROBOT, null)).toEqual(['use API', 'catalog'])
    expect(may(PIPELINE, null)).toEqual(['use API', 'catalog'])
    expect(may(ADA, 'project creator')).toEqual(['use API', 'catalog', 'manage own account', 'create project'])
    expect(may(ADA, 'auditor')).toEqual([
      'use API',
      'catalog',
      'manage own account',
      'see registry',
      'read registry audit',
    ])
    expect(may(ADA, 'administrator')).toEqual([...ACTIONS])
  })
  test('an auditor of the system reads the audit of a project and what is in it by name, and no content', () => {
    const world = facts({ systemRole: 'auditor' })
    const actions = (['stat', 'list', 'pull', 'push', 'delete', 'read audit'] as const).filter(action =>
      isAllowed(ask(action, WEB), world),
    )
    expect(actions).toEqual(['list', 'read audit'])
    expect(isAllowed(ask('manage members', SHOP), world)).toBe(false)
  })
  test('gives somebody who works for it a token for what it says, and nothing else', () => {
    const principal = { ...SYSTEM, access: [{ type: 'repository', name: 'shop/web', actions: ['pull'] }] }
    const may = (action: Action, resource: Resource) => decide(ask(action, resource, { principal }), { grants: [] })
    for (const action of ['stat', 'list', 'pull'] as const) expect(may(action, WEB).isAllowed).toBe(true)
    expect(may('use API', 'registry').isAllowed).toBe(true)
    for (const action of ['push', 'delete', 'scan', 'sign', 'read audit'] as const)
      expect([action, may(action, WEB).isAllowed]).toEqual([action, false])
    expect(may('pull', { repository: 'shop/other' as RepositoryName }).isAllowed).toBe(false)
    for (const action of ['see project', 'manage policy', 'manage project'] as const)
      expect([action, may(action, SHOP).isAllowed]).toEqual([action, false])
    for (const action of ['catalog', 'see registry', 'manage registry', 'manage own account'] as const)
      expect([action, may(action, 'registry').isAllowed]).toEqual([action, false])
  })
  test('is nobody’s business but the registry’s own when it does something by itself', () => {
    expect(isAllowed(ask('delete', WEB, { principal: SYSTEM }), { grants: [] })).toBe(true)
  })
})

test('a network rule refuses everybody, administrators and the public included', () => {
  for (const principal of [ADA, ANONYMOUS, SYSTEM])
    expect(
      decide(
        ask('pull', WEB, { principal, networkRefusal: 'not from there' }),
        facts({ systemRole: 'administrator', visibility: 'public' }),
      ),
    ).toMatchObject({ isAllowed: false, because: 'not from there' })
})
