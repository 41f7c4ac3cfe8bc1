import { blobOf, type Document, imageOf, registryClient } from '../support/registry-client.ts'
import { ADMIN, type Api, apiOf, basicOf, startClosed } from '../support/sign-in.ts'
import type { Berth } from '../support/start-berth.ts'

const config = blobOf('{}')

/** An image that is no other. */
export function image(note: string): Document {
  return imageOf([config], { note })
}

export interface Refused {
  readonly status: number
  readonly code?: string
  readonly message?: string
  readonly detail?: Readonly<Record<string, unknown>>
}

/** What a registry answered: its status, and of a refusal what it says. */
export async function answered(response: Response): Promise<Refused> {
  const text = await response.text()
  const { errors } = text.startsWith('{') ? JSON.parse(text) : { errors: undefined }
  return { status: response.status, ...errors?.[0] }
}

/** Pushes and deletes in somebody's name; what is refused comes with its reason. */
export function pusher(url: string, headers: Readonly<Record<string, string>> = {}) {
  const client = registryClient(url, headers)
  const ask = async (method: string, path: string, document?: Document) =>
    answered(
      await fetch(`${url}/v2/${path}`, {
        method,
        headers: { ...headers, ...(document ? { 'Content-Type': document.mediaType } : {}) },
        ...(document ? { body: document.bytes } : {}),
      }),
    )
  return {
    client,
    async push(repository: string, reference: string, document: Document): Promise<Refused> {
      await client.pushBlob(repository, config)
      return ask('PUT', `${repository}/manifests/${reference}`, document)
    },
    remove: (repository: string, reference: string) => ask('DELETE', `${repository}/manifests/${reference}`),
    /** Where the tag points; undefined when there is none. */
    async digestOf(repository: string, tag: string): Promise<string | undefined> {
      const response = await fetch(`${url}/v2/${repository}/manifests/${tag}`, {
        method: 'HEAD',
        headers: { ...headers, Accept: '*/*' },
      })
      return response.headers.get('Docker-Content-Digest') ?? undefined
    },
  }
}

export type Pusher = ReturnType<typeof pusher>

export interface Protected extends AsyncDisposable {
  readonly berth: Berth
  readonly admin: Api
  /** The administrator's pushes. */
  readonly docker: Pusher
}

/** A closed server with the project shop. */
export async function startProtected(env: Readonly<Record<string, string>> = {}): Promise<Protected> {
  const berth = await startClosed(env)
  const admin = apiOf(berth.url, ADMIN)
  await admin('POST', '/projects', { name: 'shop' })
  const docker = pusher(berth.url, { Authorization: basicOf(ADMIN) })
  return { berth, admin, docker, [Symbol.asyncDispose]: () => berth[Symbol.asyncDispose]() }
}
