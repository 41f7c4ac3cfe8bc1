import { blobOf, type Document, imageOf, type RegistryClient, registryClient } from '../support/registry-client.ts'
import { ADMIN, type Api, apiOf, basicOf } from '../support/sign-in.ts'
import type { Berth } from '../support/start-berth.ts'

/** The project of these tests, as its administrator. */
export interface Shop {
  readonly client: RegistryClient
  readonly admin: Api
  /** One image for all of the tags. */
  push(repository: string, ...tags: readonly string[]): Promise<Document>
  /** Every tag of a repository. */
  tags(repository: string): Promise<unknown[]>
  /** Asks for a run and waits for its end. */
  run(wanted?: object): Promise<Run>
  ended(id: string): Promise<Run>
  items(id: string): Promise<readonly Item[]>
  preview(body?: object): Promise<{ readonly items: readonly Item[]; readonly report: Counts & { outcome: string } }>
}

interface Counts {
  readonly kept: number
  readonly deleted: number
  readonly freedBytes: number
}

export interface Run extends Counts {
  readonly id: string
  readonly state: string
  readonly outcome: string
  readonly isDryRun: boolean
  readonly askedBy: string
  readonly attempts: number
  readonly stoppedBy?: string
  readonly error?: string
}

export interface Item {
  readonly repository: string
  readonly digest: string
  readonly tags: readonly string[]
  readonly action: 'keep' | 'delete'
  readonly rule: string | null
  readonly because: string
  readonly bytes: number
}

export const RETENTION = '/projects/shop/retention'
const DEADLINE_MS = 90_000

export function shopOn({ url }: Pick<Berth, 'url'>): Shop {
  const client = registryClient(url, { Authorization: basicOf(ADMIN) })
  const admin = apiOf(url, ADMIN)
  const ended = async (id: string): Promise<Run> => {
    const deadline = Date.now() + DEADLINE_MS
    while (Date.now() < deadline) {
      const { body } = await admin('GET', `${RETENTION}/runs/${id}`)
      if (body.state === 'ended') return body
      await Bun.sleep(50)
    }
    throw new Error(`The run ${id} did not end.`)
  }
  return {
    client,
    admin,
    ended,
    async push(repository, ...tags) {
      const blob = blobOf(`${repository} ${tags.join()}`)
      const image = imageOf([blob], { note: tags.join() })
      const statuses = [await client.pushBlob(repository, blob)]
      for (const tag of tags) statuses.push(await client.putManifest(repository, tag, image))
      if (statuses.some(status => status !== 201)) throw new Error(`${repository}: ${statuses}`)
      return image
    },
    tags: async repository => (await client.list(`${repository}/tags/list`, 'tags')) ?? [],
    async run(wanted = {}) {
      const { status, body } = await admin('POST', `${RETENTION}/runs`, wanted)
      if (status !== 201) throw new Error(JSON.stringify(body))
      return ended(body.id)
    },
    async items(id) {
      const items: Item[] = []
      for (let after: number | undefined = 0; after !== undefined; ) {
        const { body, headers } = await admin('GET', `${RETENTION}/runs/${id}/items?limit=7&after=${after}`)
        items.push(...body.items)
        after = headers.get('Link') === null ? undefined : items.length
      }
      return items
    },
    async preview(body = {}) {
      const response = await fetch(`${url}/api/v1${RETENTION}/preview`, {
        method: 'POST',
        headers: { Authorization: basicOf(ADMIN), 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      })
      const text = await response.text()
      if (!response.ok) throw new Error(text)
      const lines = text
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line))
      return { items: lines.slice(0, -1), report: lines.at(-1).report }
    },
  }
}
