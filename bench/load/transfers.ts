import { type Bytes, type Document, imageOf, registryClient } from '../../test/support/registry-client.ts'
import { type BigFile, randomBlob } from '../content.ts'
import type { Registry } from '../registries.ts'

/** Uploads by one POST and one PUT. */
export async function pushBlob({ url }: Registry, repository: string, blob: Bytes, who = {}): Promise<void> {
  expectStatus(201, await registryClient(url, who).pushBlob(repository, blob), `PUT of a blob to ${url}`)
}

/** The same, with the body sent from a file by curl, so that the client is no bottleneck. */
export async function pushFile({ url }: Registry, repository: string, file: BigFile): Promise<void> {
  const client = registryClient(url)
  const location = client.locate(await client.begin(repository))
  location.searchParams.set('digest', file.digest)
  await curl(['-T', file.path, '-H', 'Expect:', '-H', 'Content-Type: application/octet-stream', location.href])
}

/** POST, a PATCH for each chunk, PUT. */
export async function pushChunks(registry: Registry, repository: string, blob: Bytes, chunkBytes: number) {
  const status = await registryClient(registry.url).pushChunks(repository, blob, chunkBytes)
  expectStatus(201, status, `Chunked PUT of a blob to ${registry.url}`)
}

/** Reads a blob and drops it. @param bytesPerSecond slower than it could be, when given. */
export async function pullBlob({ url }: Registry, repository: string, digest: string, bytesPerSecond?: number) {
  const limit = bytesPerSecond === undefined ? [] : ['--limit-rate', String(bytesPerSecond)]
  await curl([...limit, '-o', '/dev/null', `${url}/v2/${repository}/blobs/${digest}`])
}

/** An image of a small config and one layer, with these tags. Gives its manifest. */
export async function pushImage(
  registry: Registry,
  repository: string,
  layer: Bytes,
  tags: readonly string[],
  authorization?: string,
): Promise<Document> {
  const who: Record<string, string> = authorization === undefined ? {} : { Authorization: authorization }
  const config = randomBlob(500)
  const image = imageOf([config, layer])
  const client = registryClient(registry.url, who)
  await pushBlob(registry, repository, config, who)
  await pushBlob(registry, repository, layer, who)
  for (const tag of tags) {
    expectStatus(201, await client.putManifest(repository, tag, image), `PUT of a manifest to ${registry.url}`)
  }
  return image
}

async function curl(args: readonly string[]): Promise<void> {
  const child = Bun.spawn(['curl', '--silent', '--show-error', '--fail', ...args], {
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
  })
  if ((await child.exited) !== 0) throw new Error(`curl ${args.at(-1)}: ${await child.stderr.text()}`)
}

function expectStatus(expected: number, actual: number, what: string): void {
  if (actual !== expected) throw new Error(`${what} was answered with ${actual}, not ${expected}.`)
}

/** Runs `count` pieces of work, `width` at a time. */
export async function inParallel(count: number, width: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: width }, worker))
}
