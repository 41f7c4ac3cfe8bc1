import { afterAll, beforeAll, expect } from 'bun:test'
import { basic, identitiesOf, RIGHTS_COUNT_AFTER_MS, SECURED, type TestIdentities } from '../support/identities.ts'
import type { Bytes, Document } from '../support/registry-client.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'

export type Headers = Readonly<Record<string, string>>

/** A server that asks who is calling, and whoever a suite makes. */
export interface Secured {
  readonly berth: Berth
  readonly identities: TestIdentities
  /** One request below /v2. */
  ask(
    method: string,
    path: string,
    headers: Headers,
    body?: string | Uint8Array<ArrayBuffer> | URLSearchParams,
  ): Promise<Response>
  status(
    method: string,
    path: string,
    headers: Headers,
    body?: string | Uint8Array<ArrayBuffer> | URLSearchParams,
  ): Promise<number>
  /** A user with this role in the project, by a token of theirs. */
  member(
    project: string,
    name: string,
    role: string,
    within?: { repositories?: string; tags?: string },
  ): Promise<Headers>
  pushBlob(repository: string, blob: Bytes, headers: Headers): Promise<number>
  pushManifest(repository: string, reference: string, document: Document, headers: Headers): Promise<number>
}

/** Starts it before a suite's tests and stops it after them. */
export function secured(prepare: (running: Secured) => Promise<void>, env: Headers = {}): () => Secured {
  let running: Secured | undefined
  beforeAll(async () => {
    const berth = await startBerth({ env: { ...SECURED, ...env } })
    running = securedOver(berth, await identitiesOf(berth.dataFolder))
    await prepare(running)
    await Bun.sleep(RIGHTS_COUNT_AFTER_MS)
  })
  afterAll(async () => {
    await running?.identities[Symbol.asyncDispose]()
    await running?.berth[Symbol.asyncDispose]()
  })
  return () => {
    if (!running) throw new Error('only to be used while a test runs')
    return running
  }
}

function securedOver(berth: Berth, identities: TestIdentities): Secured {
  const ask = (
    method: string,
    path: string,
    headers: Headers,
    body?: string | Uint8Array<ArrayBuffer> | URLSearchParams,
  ) => fetch(`${berth.url}/v2/${path}`, { method, headers, ...(body === undefined ? {} : { body }) })
  const status: Secured['status'] = async (...request) => {
    const response = await ask(...request)
    await response.arrayBuffer()
    return response.status
  }
  return {
    berth,
    identities,
    ask,
    status,
    async member(project, name, role, within) {
      await identities.user(name)
      await identities.grant(project, name, role, within)
      return basic(name, (await identities.token(name)).secret)
    },
    pushBlob: (repository, { digest, bytes }, headers) =>
      status('POST', `${repository}/blobs/uploads/?digest=${digest}`, headers, bytes),
    pushManifest: (repository, reference, { bytes, mediaType }, headers) =>
      status('PUT', `${repository}/manifests/${reference}`, { ...headers, 'Content-Type': mediaType }, bytes),
  }
}

/** All that came of several tries, by what was tried. */
export async function expectAll<Try extends string>(
  tries: readonly Try[],
  attempt: (what: Try) => Promise<unknown>,
  expected: unknown,
): Promise<void> {
  const outcomes: Record<string, unknown> = {}
  for (const what of tries) outcomes[what] = await attempt(what)
  expect(outcomes).toEqual(Object.fromEntries(tries.map(what => [what, expected])))
}
