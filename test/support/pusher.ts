import { blobOf, imageOf, registryClient } from './registry-client.ts'

export interface Pusher {
  /** Ends pushing. Gives the tags that were acknowledged and not deleted since, with the digest of each. */
  stop(): Promise<Map<string, string>>
  /** Pushes that were acknowledged so far. */
  count(): number
  /** Answers that were neither success nor "moving". */
  readonly odd: string[]
}

/** Pushes images to `repository` and now and then deletes one, until it is stopped. */
export function startPushing(url: string, repository: string, layerBytes = 20_000): Pusher {
  const client = registryClient(url)
  const tags = new Map<string, string>()
  const odd: string[] = []
  let stopped = false
  let pushed = 0
  const judge = (what: string, status: number, ok: number) => {
    if (status !== ok && status !== 503) odd.push(`${what}: ${status}`)
    return status === ok
  }
  const push = async (number: number) => {
    const layer = blobOf(crypto.getRandomValues(new Uint8Array(layerBytes)))
    const config = blobOf(`{"number":${number},"of":"${repository}"}`)
    if (!judge('blob', await client.pushBlob(repository, config), 201)) return
    if (!judge('blob', await client.pushBlob(repository, layer), 201)) return
    const image = imageOf([config, layer])
    if (!judge('manifest', await client.putManifest(repository, `t${number}`, image), 201)) return
    tags.set(`t${number}`, image.digest)
    pushed += 1
    const victim = number % 5 === 4 ? `t${number - 2}` : undefined
    const digest = victim && tags.get(victim)
    if (digest && judge('delete', await client.remove(repository, 'manifests', digest), 202)) tags.delete(victim)
  }
  const loop = async () => {
    for (let number = 0; !stopped; number += 1) await push(number)
  }
  const running = loop()
  return {
    odd,
    count: () => pushed,
    async stop() {
      stopped = true
      await running
      return tags
    },
  }
}
