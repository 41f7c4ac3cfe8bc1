import { expect } from 'bun:test'
import { createHash } from 'node:crypto'
import { registryClient } from './registry-client.ts'

/** What a registry serves: tags with what they point at, and the bytes of all that they lead to, hashed. */
export type Served = Readonly<Record<string, string>>

interface Named {
  readonly config?: { readonly digest: string }
  readonly layers?: readonly { readonly digest: string; readonly mediaType: string }[]
  readonly manifests?: readonly { readonly digest: string }[]
}

/** Reads everything that tags lead to, and expects each to have its digest. */
export async function everythingServed(url: string): Promise<Served> {
  const client = registryClient(url)
  const served: Record<string, string> = {}
  const read = async (repository: string, kind: 'manifests' | 'blobs', reference: string) => {
    const bytes = await client.get(repository, kind, reference)
    if (typeof bytes === 'number') throw new Error(`${repository} ${kind} ${reference}: ${bytes}`)
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    if (reference.startsWith('sha256:')) expect(digest).toBe(reference)
    served[`${repository} ${kind} ${reference}`] = digest
    return bytes
  }
  const follow = async (repository: string, reference: string): Promise<void> => {
    const named = JSON.parse(new TextDecoder().decode(await read(repository, 'manifests', reference))) as Named
    const layers = (named.layers ?? []).filter(layer => !layer.mediaType.includes('nondistributable'))
    for (const { digest } of [...(named.config ? [named.config] : []), ...layers])
      if (!(`${repository} blobs ${digest}` in served)) await read(repository, 'blobs', digest)
    for (const { digest } of named.manifests ?? []) await follow(repository, digest)
  }
  for (const repository of ((await client.list('_catalog', 'repositories')) ?? []) as string[]) {
    for (const tag of ((await client.list(`${repository}/tags/list`, 'tags')) ?? []) as string[]) {
      await follow(repository, tag)
    }
  }
  return served
}
