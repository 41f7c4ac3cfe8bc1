import { expect } from 'bun:test'
import { berthCommand } from '../support/berth-command.ts'
import { type Bytes, blobOf, type Document, type RegistryClient, registryClient } from '../support/registry-client.ts'
import { type Api, apiOf } from '../support/sign-in.ts'
import type { Berth } from '../support/start-berth.ts'

/** The server collects nothing by itself; removal waits for nobody. */
export const BY_HAND = {
  BERTH_GC_INTERVAL_SECONDS: '0',
  BERTH_GC_REMOVAL_DELAY_SECONDS: '0',
  BERTH_LOG_REQUESTS: 'none',
}

export interface Entry {
  readonly id: string
  readonly repository: string
  readonly kind: 'tag' | 'manifest'
  readonly digest: string
  readonly tags: readonly string[]
  readonly deletion: string
  readonly deletedAt: string
  readonly expiresAt: string
  readonly deletedBy: string
}

/** Everything in the trash of a project, newest first, page by page. */
export async function trashOf(api: Api, project = 'app', query = ''): Promise<readonly Entry[]> {
  const entries: Entry[] = []
  let path: string | undefined = `/projects/${project}/trash?limit=3${query}`
  while (path !== undefined) {
    const { status, body, headers }: Awaited<ReturnType<Api>> = await api('GET', path)
    expect({ status, path, body }).toMatchObject({ status: 200 })
    entries.push(...body.items)
    path = /^<\/api\/v1([^>]*)>; rel="next"$/.exec(headers.get('Link') ?? '')?.[1]
  }
  return entries
}

export async function collect(berth: Pick<Berth, 'dataFolder'>, ...flags: string[]) {
  const { code, stdout, stderr } = await berthCommand(
    berth.dataFolder,
    ['gc', '--json', '--grace', '0', ...flags],
    BY_HAND,
  )
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as { readonly trash: number; readonly objects: number; readonly manifests: number }
}

/** Client and API of a server that asks nobody who they are. */
export function openRegistry({ url }: Pick<Berth, 'url'>): { readonly client: RegistryClient; readonly api: Api } {
  return { client: registryClient(url), api: apiOf(url) }
}

export async function push(
  client: RegistryClient,
  repository: string,
  document: Document,
  { tag, blobs = [] }: { readonly tag?: string; readonly blobs?: readonly Bytes[] } = {},
): Promise<void> {
  for (const blob of blobs) expect(await client.pushBlob(repository, blob)).toBe(201)
  expect(await client.putManifest(repository, tag ?? document.digest, document)).toBe(201)
}

let made = 0
/** Bytes that are nobody else's. */
export function someBlob(): Bytes {
  made += 1
  return blobOf(`blob ${made} ${crypto.randomUUID()}`)
}
