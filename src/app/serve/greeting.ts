import { resolve } from 'node:path'
import type { Config } from '../config/index.ts'

/** What the first start says on standard output: where it is, and how to push the first image. */
export function greeting(config: Config, urls: readonly string[]): string {
  const { host } = new URL(urls[0] as string)
  const registry = host.replace(/^127\.0\.0\.1/, 'localhost')
  return `Berth serves ${urls.join(', ')}; data in ${resolve(config.data)}

Push a first image:
  docker pull alpine && docker tag alpine ${registry}/hello/alpine && docker push ${registry}/hello/alpine
or, without Docker:
  skopeo copy --dest-tls-verify=false docker://docker.io/library/alpine docker://${registry}/hello/alpine
See what is there:
  curl ${urls[0]}/v2/hello/alpine/tags/list

`
}
