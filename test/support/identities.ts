import { join } from 'node:path'
import { SETTING_PATHS, variableOf } from '../../src/app/config/settings.ts'
import { hashOf, hashPassword, newSecretToken, randomText } from '../../src/features/identity/index.ts'
import { Secret } from '../../src/platform/secrets/index.ts'
import {
  type CredentialScope,
  type Identities,
  openPostgresMetadata,
  openSqliteMetadata,
  type SystemRole,
  type Visibility,
} from '../../src/stores/metadata/index.ts'
import { databaseSettings, onPostgres } from './database.ts'

export const ADMIN_PASSWORD = 'the harbour master knows'

/** Tests fail to sign in on purpose, more often than a server puts up with. */
export const PATIENCE = Object.fromEntries(
  ['slowAfter', 'lockAfter', 'addressAfter', 'accountAfter']
    .map(name => ['rates', 'signInFailures', name])
    .filter(path => SETTING_PATHS.some(known => known.join('.') === path.join('.')))
    .map(path => [variableOf(path), '1000000']),
)

/** Settings of a server that asks everybody who they are. Replicas and tests seal with the same key. */
export const SECRETS_KEY = Buffer.from('thirty-two bytes for the tests..').toString('base64')
export const SECURED = {
  BERTH_AUTH: 'required',
  BERTH_ADMIN_PASSWORD: ADMIN_PASSWORD,
  BERTH_SECRETS_KEY: SECRETS_KEY,
  ...PATIENCE,
}

/** How long a server may go on with rights that were changed beside it (docs/security.md). */
export const RIGHTS_COUNT_AFTER_MS = onPostgres ? 2500 : 0

export interface TokenOptions {
  readonly scope?: readonly CredentialScope[]
  readonly expiresAt?: number
}

/** A token: the secret, and the id by which it is revoked. */
export interface MadeToken {
  readonly id: string
  readonly secret: string
  readonly owner: { readonly kind: 'user' | 'robot'; readonly id: number }
}

/** Makes whoever a test needs, beside the server on that folder. */
export interface TestIdentities extends AsyncDisposable {
  readonly tables: Identities
  project(name: string, visibility?: Visibility): Promise<void>
  /** @param options.password hashed as a real one is, which takes a while. */
  user(name: string, options?: { readonly password?: string; readonly systemRole?: SystemRole }): Promise<number>
  /** Gives the full name, `project+name`. */
  robot(project: string, name: string): Promise<string>
  group(name: string, members: readonly string[]): Promise<void>
  /** Gives the grant's id. @param subject a user; a robot when it has a "+"; a group when it begins with "@". */
  grant(
    project: string,
    subject: string,
    role: string,
    within?: { readonly repositories?: string; readonly tags?: string },
  ): Promise<number>
  /** Of a user, or of a robot. */
  token(owner: string, options?: TokenOptions): Promise<MadeToken>
  revoke(token: MadeToken): Promise<void>
}

export async function identitiesOf(dataFolder: string): Promise<TestIdentities> {
  const { metadata } = await openBeside(dataFolder)
  const { identities: tables } = metadata
  const now = Date.now()
  const ownerOf = async (name: string) => {
    const [project] = name.split('+')
    const isRobot = name.includes('+')
    const found = isRobot ? await tables.robots.find(project as string, name) : await tables.users.find(name)
    if (!found) throw new Error(`There is no ${name}.`)
    return { kind: isRobot ? 'robot' : 'user', id: found.id } as const
  }
  return {
    tables,
    async project(name, visibility = 'private') {
      if (!(await tables.projects.create({ name, visibility, now }))) throw new Error(`There is ${name} already.`)
    },
    async user(name, { password, systemRole } = {}) {
      const passwordHash = password === undefined ? undefined : await hashPassword(new Secret(password))
      const user = await tables.users.create({ name, systemRole, passwordHash, now })
      if (!user) throw new Error(`There is ${name} already.`)
      return user.id
    },
    async robot(project, name) {
      const full = `${project}+${name}`
      const id = crypto.randomUUID()
      const unused = { kind: 'robot', name: 'first', scope: undefined, createdAt: now, expiresAt: undefined } as const
      const credential = { ...unused, id, secretHash: id }
      const robot = await tables.robotSetup.create(project, {
        name: full,
        description: '',
        grants: [],
        credential,
        now,
      })
      if (typeof robot === 'string') throw new Error(`${full}: ${robot}`)
      return full
    },
    async group(name, members) {
      await tables.groups.create({ name, now })
      for (const user of members) await tables.groups.setMember({ group: name, user, isMember: true })
    },
    async grant(project, subject, role, { repositories = '**', tags = '*' } = {}) {
      const kind = subject.startsWith('@') ? 'group' : subject.includes('+') ? 'robot' : 'user'
      const name = kind === 'group' ? subject.slice(1) : subject
      const added = await tables.grants.add(project, { subject: { kind, name }, role, repositories, tags, now })
      if (typeof added === 'string') throw new Error(`${subject} in ${project}: ${added}`)
      return added
    },
    async token(name, { scope, expiresAt } = {}) {
      const owner = await ownerOf(name)
      const kind = owner.kind === 'robot' ? 'robot' : 'personal'
      const secret = newSecretToken(kind).reveal()
      const id = randomText(12)
      await tables.credentials.create({
        id,
        kind,
        owner,
        name: 'test',
        secretHash: hashOf(secret),
        scope,
        createdAt: now,
        expiresAt,
      })
      return { id, secret, owner }
    },
    async revoke({ id, owner }) {
      if (!(await tables.credentials.revoke({ id, owner, now }))) throw new Error(`${id} was not revoked.`)
    },
    [Symbol.asyncDispose]: () => metadata.close(),
  }
}

async function openBeside(dataFolder: string) {
  const { BERTH_DATABASE_URL: url } = await databaseSettings(dataFolder)
  if (url === undefined) return openSqliteMetadata(join(dataFolder, 'berth.db'))
  return openPostgresMetadata({ url, maxConnections: 2, connectTimeoutSeconds: 10, statementTimeoutSeconds: 60 })
}

/** The header of RFC 7617. */
export function basic(name: string, password: string): { readonly Authorization: string } {
  return { Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` }
}

export function bearer(token: string): { readonly Authorization: string } {
  return { Authorization: `Bearer ${token}` }
}

/** Asks for a registry token as clients do. @throws when it is refused. */
export async function registryToken(
  url: string,
  credentials: Readonly<Record<string, string>>,
  ...scopes: readonly string[]
): Promise<string> {
  const query = scopes.map(scope => `scope=${encodeURIComponent(scope)}`).join('&')
  const response = await fetch(`${url}/token?${query}`, { headers: credentials })
  const body = (await response.json()) as { token?: string }
  if (!body.token) throw new Error(`/token answered ${response.status}: ${JSON.stringify(body)}`)
  return body.token
}
