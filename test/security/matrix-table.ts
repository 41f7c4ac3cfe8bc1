/**
 * What is expected, written down by hand and not taken from the code under test.
 * stat: is it there; list: names of tags and referrers; pull: content.
 */
export type Right = 'stat' | 'list' | 'pull' | 'push' | 'delete'

export interface Line {
  /** What it takes; `signed in`: to be somebody. */
  readonly needs: Right | 'signed in'
  /** Answered to whoever has it. What is deleted, changed or sent is none that is there, so that nothing is used up. */
  readonly answers: number
}

/** Every endpoint of /v2 and every method of it. */
export const DISTRIBUTION: Readonly<Record<string, Line>> = {
  'GET base': { needs: 'signed in', answers: 200 },
  'HEAD base': { needs: 'signed in', answers: 200 },
  'GET catalog': { needs: 'signed in', answers: 200 },
  'HEAD catalog': { needs: 'signed in', answers: 200 },
  'GET tags': { needs: 'list', answers: 200 },
  'HEAD tags': { needs: 'list', answers: 200 },
  'GET referrers': { needs: 'list', answers: 200 },
  'HEAD referrers': { needs: 'list', answers: 200 },
  'GET manifest': { needs: 'pull', answers: 200 },
  'HEAD manifest': { needs: 'stat', answers: 200 },
  'PUT manifest': { needs: 'push', answers: 400 },
  'DELETE manifest': { needs: 'delete', answers: 404 },
  'GET blob': { needs: 'pull', answers: 200 },
  'HEAD blob': { needs: 'stat', answers: 200 },
  'DELETE blob': { needs: 'delete', answers: 404 },
  'POST uploads': { needs: 'push', answers: 202 },
  'GET upload': { needs: 'push', answers: 404 },
  'HEAD upload': { needs: 'push', answers: 404 },
  'PATCH upload': { needs: 'push', answers: 404 },
  'PUT upload': { needs: 'push', answers: 404 },
  'DELETE upload': { needs: 'push', answers: 404 },
}

/** Who sees what else is served. `bad credentials`: a token or password that is none, or not any more. */
export const OTHERS: Readonly<
  Record<
    string,
    {
      readonly methods: readonly string[]
      readonly anonymous: number
      readonly member: number
      readonly administrator: number
      readonly badCredentials: number
    }
  >
> = {
  '/.well-known/jwks.json': {
    methods: ['GET', 'HEAD'],
    anonymous: 200,
    member: 200,
    administrator: 200,
    badCredentials: 401,
  },
  '/livez': { methods: ['GET', 'HEAD'], anonymous: 200, member: 200, administrator: 200, badCredentials: 200 },
  '/metrics': { methods: ['GET', 'HEAD'], anonymous: 401, member: 403, administrator: 200, badCredentials: 401 },
  '/readyz': { methods: ['GET', 'HEAD'], anonymous: 200, member: 200, administrator: 200, badCredentials: 200 },
  // What lies below it belongs to whoever comes back from a provider: test/identity/sign-on.test.ts.
  '/sign-on': { methods: ['GET', 'HEAD'], anonymous: 200, member: 200, administrator: 200, badCredentials: 401 },
  // Without a form, POST is told what is missing before it is told who is asking.
  '/token': { methods: ['GET', 'POST'], anonymous: 200, member: 200, administrator: 200, badCredentials: 401 },
}

export const DOORS_WITH_LINES: readonly string[] = ['admin', 'sign-on', 'token']

const NOTHING: readonly Right[] = []
const READS: readonly Right[] = ['stat', 'list', 'pull']
const WRITES: readonly Right[] = [...READS, 'push']
const ALL: readonly Right[] = [...WRITES, 'delete']

/** Their own project is shop; they have no role in any other. */
export const REPOSITORIES = {
  own: 'shop/web',
  'own, another repository': 'shop/api',
  'foreign private': 'bank/vault',
  'foreign internal': 'wiki/page',
  'foreign public': 'open/image',
} as const
export type Place = keyof typeof REPOSITORIES

export type CallerKind = 'anonymous' | 'signed in' | 'registry token' | 'bad credentials'

export interface Expected {
  readonly kind: CallerKind
  readonly own: readonly Right[]
  /** The other repository of the own project; as `own` when absent. */
  readonly api?: readonly Right[]
  readonly foreign?: readonly Right[]
  readonly internal?: readonly Right[]
  readonly public?: readonly Right[]
  /** Where there is no such project, and the push would make it. */
  readonly absent?: 'makes it' | 'reads what is not there' | 'lists what is not there'
  /** Where a refusal says that another token of the same identity would do: 401, and a challenge. */
  readonly identity?: CallerName
  /** Its signature is good, and it opens only what is everybody's. */
  readonly isSigned?: boolean
  readonly catalog?: boolean
  readonly metrics?: boolean
}

/** Signed in, and no more. */
const SOMEBODY = { kind: 'signed in', foreign: NOTHING, internal: READS, public: READS } as const
const BAD = { kind: 'bad credentials', own: NOTHING, internal: NOTHING, public: NOTHING } as const
const RESTRICTED = { foreign: NOTHING, internal: NOTHING, public: NOTHING } as const

export const CALLERS = {
  owner: { ...SOMEBODY, own: ALL },
  maintainer: { ...SOMEBODY, own: ALL },
  developer: { ...SOMEBODY, own: WRITES },
  CI: { ...SOMEBODY, own: ['stat', 'push'] },
  reader: { ...SOMEBODY, own: READS },
  auditor: { ...SOMEBODY, own: ['list'] },
  'custom role': { ...SOMEBODY, own: [...READS, 'delete'] },
  'by a group': { ...SOMEBODY, own: WRITES },
  'of one repository': { ...SOMEBODY, own: ALL, api: NOTHING },
  'reader of one repository': { ...SOMEBODY, own: READS, api: NOTHING },
  'no role': { ...SOMEBODY, own: NOTHING },
  administrator: { ...SOMEBODY, own: ALL, foreign: ALL, internal: ALL, public: ALL, absent: 'makes it', metrics: true },
  'auditor of the system': {
    ...SOMEBODY,
    own: ['list'],
    foreign: ['list'],
    absent: 'lists what is not there',
    metrics: true,
  },
  'project creator': { ...SOMEBODY, own: NOTHING, absent: 'makes it' },
  robot: { ...SOMEBODY, own: WRITES, api: NOTHING },
  'disabled robot': BAD,
  'robot of another project': { ...SOMEBODY, own: NOTHING, foreign: WRITES },
  anonymous: { kind: 'anonymous', own: NOTHING, internal: NOTHING, public: READS },
  'token to pull from one repository': { ...SOMEBODY, ...RESTRICTED, own: READS, api: NOTHING },
  'token to push': { ...SOMEBODY, ...RESTRICTED, own: ['stat', 'push'] },
  "administrator's token to pull": { ...SOMEBODY, ...RESTRICTED, own: READS, absent: 'reads what is not there' },
  'registry token to pull': {
    ...RESTRICTED,
    kind: 'registry token',
    own: READS,
    api: NOTHING,
    identity: 'owner',
    catalog: false,
  },
  'registry token to pull and push': {
    ...RESTRICTED,
    kind: 'registry token',
    own: WRITES,
    api: NOTHING,
    identity: 'owner',
    catalog: false,
  },
  'registry token that asked for everything': {
    ...RESTRICTED,
    kind: 'registry token',
    own: READS,
    api: NOTHING,
    internal: READS,
    public: READS,
    identity: 'reader of one repository',
    catalog: true,
  },
  'registry token without scopes': {
    ...RESTRICTED,
    kind: 'registry token',
    own: NOTHING,
    identity: 'owner',
    catalog: false,
  },
  'registry token of nobody': { ...RESTRICTED, kind: 'registry token', own: NOTHING, public: READS, catalog: false },
  'disabled user': BAD,
  'expired token': BAD,
  'revoked token': BAD,
  'wrong password': BAD,
  'token of a removed user': BAD,
  'registry token whose token was revoked': BAD,
  'registry token of a disabled user': { ...BAD, isSigned: true },
  'registry token of a removed user': BAD,
  'registry token of somebody who lost the role': {
    ...RESTRICTED,
    kind: 'registry token',
    own: NOTHING,
    identity: 'no role',
    catalog: false,
  },
} as const satisfies Record<string, Omit<Expected, 'identity'> & { readonly identity?: string }>
export type CallerName = keyof typeof CALLERS

export function rightsIn(place: Place, { own, api, foreign, internal, public: open }: Expected): readonly Right[] {
  if (place === 'own') return own
  if (place === 'own, another repository') return api ?? own
  return (place === 'foreign private' ? foreign : place === 'foreign internal' ? internal : open) ?? NOTHING
}
