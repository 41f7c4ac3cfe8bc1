import { resolve } from 'node:path'
import type { Secret } from '../../platform/secrets/index.ts'
import type { Config } from '../config/index.ts'
import { FIRST_ADMINISTRATOR } from '../identity/first-administrator.ts'

/** What a start says on standard output: where the registry is, and how to push the first image. */
export function greeting(config: Config, urls: readonly string[]): string {
  const { host } = new URL(urls[0] as string)
  const registry = host.replace(/^127\.0\.0\.1/, 'localhost')
  const signIn = config.auth === 'none' ? '' : `docker login -u ${FIRST_ADMINISTRATOR} ${registry}\n  `
  return `Berth serves ${urls.join(', ')}; data in ${resolve(config.data)}

Push a first image:
  ${signIn}docker pull alpine && docker tag alpine ${registry}/hello/alpine && docker push ${registry}/hello/alpine
or, without Docker:
  ${signIn.replace('docker', 'skopeo').replace('login', 'login --tls-verify=false')}skopeo copy --dest-tls-verify=false docker://docker.io/library/alpine docker://${registry}/hello/alpine
See what is there:
  curl ${config.auth === 'none' ? '' : `-u ${FIRST_ADMINISTRATOR} `}${urls[0]}/v2/hello/alpine/tags/list

`
}

/** Said as soon as this start made it up: whatever goes wrong after that, nobody sees it again. */
export function firstPasswordText(password: Secret): string {
  return `This is the first start. The administrator is "${FIRST_ADMINISTRATOR}", with this password, which is shown only now:
  ${password.reveal()}

`
}
