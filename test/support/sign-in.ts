import { sqlOn } from './database.ts'
import { type Berth, replicaCount, startBerth } from './start-berth.ts'

export const ADMIN = { name: 'admin', password: 'the-administrators-own' } as const

/** A server that asks who is calling. */
export function startClosed(env: Readonly<Record<string, string>> = {}): Promise<Berth> {
  return startBerth({ env: { BERTH_AUTH: 'required', BERTH_ADMIN_PASSWORD: ADMIN.password, ...env } })
}

export interface Caller {
  readonly name: string
  readonly password: string
}

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it is in the test.
  readonly body: any
  readonly headers: Headers
}

export type Api = (method: string, path: string, body?: unknown) => Promise<Answer>

/** Requests below /api/v1 in somebody's name; nobody's when no caller is given. */
export function apiOf(url: string, caller?: Caller): Api {
  return async (method, path, body) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        ...(caller ? { Authorization: basicOf(caller) } : {}),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers }
  }
}

export function basicOf({ name, password }: Caller): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
}

/** Makes a user with a password, as an administrator does. */
export async function userOf(admin: Api, name: string, more: object = {}): Promise<Caller> {
  const password = `${name}s-long-password`
  const { status, body } = await admin('POST', '/users', { name, password, ...more })
  if (status !== 201) throw new Error(JSON.stringify(body))
  return { name, password }
}

interface Recorded {
  readonly type: string
  readonly outcome: string
  readonly reason?: string
  readonly actor: { readonly name: string }
  readonly resource: Readonly<Record<string, string>>
  readonly detail?: Readonly<Record<string, unknown>>
}

/** Every entry of the audit log, in the chain or on its way there. */
export async function auditOf({ dataFolder }: Pick<Berth, 'dataFolder'>): Promise<readonly Recorded[]> {
  // In this order: what is sealed meanwhile is found twice, and not never.
  const waiting = await sqlOn(dataFolder, 'select entry_id, entry from audit_inbox order by id')
  const sealed = await sqlOn(dataFolder, 'select id, body from audit_records order by sequence')
  const known = new Set(sealed.map(({ id }) => id))
  return [
    ...sealed.map(({ body }) => (JSON.parse(String(body)) as { entry: Recorded }).entry),
    ...waiting.filter(({ entry_id }) => !known.has(entry_id)).map(({ entry }) => JSON.parse(String(entry)) as Recorded),
  ]
}

/** What a server writes arrives here a moment after what it answers. */
export function untilLogged(berth: { log(): string }, text: string): Promise<boolean> {
  return until(async () => berth.log().includes(text))
}

/** Answers about an account may be two seconds old on PostgreSQL: asks until it is so, of every replica. */
export async function until(isSo: () => Promise<boolean>): Promise<boolean> {
  const wanted = replicaCount === 1 ? 1 : 2 * replicaCount
  const deadline = Date.now() + 30_000
  let inTurn = 0
  while (Date.now() < deadline) {
    inTurn = (await isSo()) ? inTurn + 1 : 0
    if (inTurn === wanted) return true
    if (inTurn === 0) await Bun.sleep(50)
  }
  return false
}
