import { basic } from '../support/identities.ts'
import { blobOf, type Document, imageOf, type RegistryClient, registryClient } from '../support/registry-client.ts'
import { ADMIN, type Api, apiOf, type Caller, startClosed, userOf } from '../support/sign-in.ts'
import type { Berth } from '../support/start-berth.ts'

/** A closed registry with the project `team` and a repository, and who may do what there. */
export interface TeamRegistry extends AsyncDisposable {
  readonly berth: Berth
  readonly admin: Api
  /** Owns the projects `team` and `crew`. */
  readonly owner: Caller
  readonly asOwner: Api
  readonly client: RegistryClient
}

export async function startTeam(env: Readonly<Record<string, string>> = {}): Promise<TeamRegistry> {
  const berth = await startClosed(env)
  const admin = apiOf(berth.url, ADMIN)
  const owner = await userOf(admin, 'olga', { systemRole: 'project creator' })
  const asOwner = apiOf(berth.url, owner)
  for (const name of ['team', 'crew']) await asOwner('POST', '/projects', { name })
  const client = registryClient(berth.url, basic(owner.name, owner.password))
  return { berth, admin, owner, asOwner, client, [Symbol.asyncDispose]: () => berth[Symbol.asyncDispose]() }
}

/** One of its own for each text. */
export function imageSaying(text: string): { readonly image: Document; readonly blobs: ReturnType<typeof blobOf>[] } {
  const blobs = [blobOf('{}'), blobOf(`layer of ${text}`)]
  return { image: imageOf(blobs), blobs }
}

/** Gives the image's digest. */
export async function push(client: RegistryClient, repository: string, tag: string, text = tag): Promise<string> {
  const { image, blobs } = imageSaying(text)
  for (const blob of blobs) {
    const status = await client.pushBlob(repository, blob)
    if (status !== 201) throw new Error(`The blob was answered with ${status}.`)
  }
  const status = await client.putManifest(repository, tag, image)
  if (status !== 201) throw new Error(`The manifest was answered with ${status}.`)
  return image.digest
}

/** Where the tag points, as a client is told. */
export async function digestOfTag(client: RegistryClient, repository: string, tag: string): Promise<string | number> {
  const answer = await client.get(repository, 'manifests', tag)
  if (typeof answer === 'number') return answer
  return `sha256:${new Bun.CryptoHasher('sha256').update(answer).digest('hex')}`
}
