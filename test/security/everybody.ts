import { expect } from 'bun:test'
import {
  basic,
  bearer,
  identitiesOf,
  type MadeToken,
  RIGHTS_COUNT_AFTER_MS,
  registryToken,
  SECURED,
} from '../support/identities.ts'
import { type Bytes, blobOf, imageOf } from '../support/registry-client.ts'
import { startBerth } from '../support/start-berth.ts'
import { type CallerName, REPOSITORIES } from './matrix-table.ts'

export type Headers = Readonly<Record<string, string>>

/** A server on which every caller of the matrix is somebody, or was. */
export interface Everybody extends AsyncDisposable {
  readonly url: string
  readonly credentials: ReadonlyMap<CallerName, Headers>
}

/** What lies in each repository, under the tag v1. */
export const blob = blobOf('{}')
export const image = imageOf([blob])
export const everyScope = [...Object.values(REPOSITORIES).map(name => `repository:${name}:*`), 'registry:catalog:*']

export async function startWithEverybody(): Promise<Everybody> {
  const berth = await startBerth({ env: { ...SECURED, BERTH_LOG_REQUESTS: 'none' } })
  const identities = await identitiesOf(berth.dataFolder)
  const credentials = new Map<CallerName, Headers>()

  async function makeEverybody(): Promise<void> {
    const { project, user, grant, token, group, robot, tables } = identities
    for (const [name, visibility] of [
      ['shop', 'private'],
      ['bank', 'private'],
      ['wiki', 'internal'],
      ['open', 'public'],
    ] as const)
      await project(name, visibility)
    await tables.roles.put({ name: 'cleaner', permissions: ['pull', 'delete'], now: Date.now() })
    const tokens = new Map<string, MadeToken>()
    const enter = async (caller: CallerName, name: string, role?: string, within?: { repositories: string }) => {
      await user(name)
      if (role !== undefined) await grant('shop', name, role, within)
      const made = await token(name)
      tokens.set(name, made)
      credentials.set(caller, basic(name, made.secret))
      return made
    }
    for (const role of ['owner', 'maintainer', 'developer', 'CI', 'reader', 'auditor'] as const)
      await enter(role, role.toLowerCase(), role)
    await enter('custom role', 'custom', 'cleaner')
    await enter('by a group', 'grouped')
    await group('web', ['grouped'])
    await grant('shop', '@web', 'developer')
    await enter('of one repository', 'narrow', 'owner', { repositories: 'shop/web' })
    await enter('reader of one repository', 'narrow-reader', 'reader', { repositories: 'shop/web' })
    await enter('no role', 'stranger')
    for (const [caller, name, systemRole] of [
      ['administrator', 'root', 'administrator'],
      ['auditor of the system', 'inspector', 'auditor'],
      ['project creator', 'founder', 'project creator'],
    ] as const) {
      await user(name, { systemRole })
      credentials.set(caller, basic(name, (await token(name)).secret))
    }
    await pushContent()
    const ci = await robot('shop', 'ci')
    await grant('shop', ci, 'developer', { repositories: 'shop/web' })
    credentials.set('robot', basic(ci, (await token(ci)).secret))
    const off = await robot('shop', 'off')
    await grant('shop', off, 'developer')
    credentials.set('disabled robot', basic(off, (await token(off)).secret))
    await tables.robots.update('shop', off, { state: 'disabled' })
    const other = await robot('bank', 'ci')
    await grant('bank', other, 'developer')
    credentials.set('robot of another project', basic(other, (await token(other)).secret))

    credentials.set('anonymous', {})
    const restricted = async (caller: CallerName, name: string, permission: string, ...globs: readonly string[]) => {
      const scope = globs.map(repositories => ({ repositories, permissions: [permission] }))
      credentials.set(caller, bearer((await token(name, { scope })).secret))
    }
    await restricted('token to pull from one repository', 'owner', 'pull', 'shop/web')
    await restricted('token to push', 'owner', 'push', 'shop/**')
    await restricted("administrator's token to pull", 'root', 'pull', 'shop/**', 'nowhere*/**')
    await registryTokens()

    await endedIdentities(tokens)
  }

  async function pushContent(): Promise<void> {
    const root = credentials.get('administrator') as Headers
    for (const repository of Object.values(REPOSITORIES)) {
      const put = (path: string, body: Bytes, type = 'application/octet-stream') =>
        fetch(`${berth.url}/v2/${repository}/${path}`, {
          method: path.startsWith('blobs') ? 'POST' : 'PUT',
          body: body.bytes,
          headers: { ...root, 'Content-Type': type },
        })
      expect((await put(`blobs/uploads/?digest=${blob.digest}`, blob)).status).toBe(201)
      expect((await put('manifests/v1', image, image.mediaType)).status).toBe(201)
    }
  }

  async function registryTokens(): Promise<void> {
    const owner = credentials.get('owner') as Headers
    const ask = async (caller: CallerName, by: Headers, ...scopes: string[]) =>
      credentials.set(caller, bearer(await registryToken(berth.url, by, ...scopes)))
    await ask('registry token to pull', owner, 'repository:shop/web:pull')
    await ask('registry token to pull and push', owner, 'repository:shop/web:pull,push')
    await ask('registry token without scopes', owner)
    await ask('registry token of nobody', {}, ...everyScope)
    const narrow = credentials.get('reader of one repository') as Headers
    await ask('registry token that asked for everything', narrow, ...everyScope)
  }

  /** Those who were somebody once. */
  async function endedIdentities(tokens: Map<string, MadeToken>): Promise<void> {
    const { user, grant, token, tables, revoke } = identities
    expect(tokens.size).toBeGreaterThan(0)
    const leave = async (
      name: string,
      ...callers: [direct: CallerName | undefined, issued: CallerName | undefined]
    ) => {
      await user(name)
      const held = await grant('shop', name, 'owner')
      const made = await token(name)
      const [direct, issued] = callers
      if (direct) credentials.set(direct, basic(name, made.secret))
      const scope = 'repository:shop/web:pull,push,delete'
      if (issued) credentials.set(issued, bearer(await registryToken(berth.url, basic(name, made.secret), scope)))
      return { made, held }
    }
    const disabled = await leave('gone-disabled', 'disabled user', 'registry token of a disabled user')
    await tables.users.update('gone-disabled', { state: 'disabled' })
    expect(disabled.made.secret).not.toBe('')
    const revoked = await leave('gone-revoked', 'revoked token', 'registry token whose token was revoked')
    await revoke(revoked.made)
    await leave('gone-removed', 'token of a removed user', 'registry token of a removed user')
    await tables.users.remove('gone-removed')
    const lost = await leave('gone-role', undefined, 'registry token of somebody who lost the role')
    await tables.grants.remove('shop', lost.held)
    const expired = await token('owner', { expiresAt: Date.now() - 1 })
    credentials.set('expired token', basic('owner', expired.secret))
    credentials.set('wrong password', basic('owner', 'no password of theirs'))
  }

  await makeEverybody()
  await Bun.sleep(RIGHTS_COUNT_AFTER_MS)
  return {
    url: berth.url,
    credentials,
    async [Symbol.asyncDispose]() {
      await identities[Symbol.asyncDispose]()
      await berth[Symbol.asyncDispose]()
    },
  }
}
