import { join } from 'node:path'
import { Glob } from 'bun'
import { DISTRIBUTION_METHODS } from '../../src/entry/distribution/index.ts'
import { PROBE_PATHS } from '../../src/entry/probes/index.ts'
import { SIGN_ON_PATH } from '../../src/entry/sign-on/index.ts'
import { TOKEN_PATHS } from '../../src/entry/token/index.ts'

/** Methods that a client could try anywhere. */
export const EVERY_METHOD = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/** `GET manifest`, for each that the code has: HEAD goes wherever GET does. */
export const DISTRIBUTION_ROUTES: readonly string[] = Object.entries(DISTRIBUTION_METHODS).flatMap(([kind, methods]) =>
  [...new Set([...methods, ...(methods.includes('GET') ? ['HEAD'] : [])])].map(method => `${method} ${kind}`),
)

/** Whatever else is served, by its path. */
export const OTHER_PATHS: readonly string[] = [...TOKEN_PATHS, ...PROBE_PATHS, SIGN_ON_PATH].sort()

const APP = join(import.meta.dir, '../../src/app')

/** The ways in beside /v2, as `app` puts them together. @throws when one is written in a way that this cannot read. */
export async function doors(): Promise<readonly string[]> {
  const names: string[] = []
  for await (const file of new Glob('**/*.ts').scan({ cwd: APP })) {
    const text = await Bun.file(join(APP, file)).text()
    const found = [...text.matchAll(/\bname: '([^']+)',\s*isFor\b/g)].map(([, name]) => name as string)
    if (found.length !== [...text.matchAll(/\bisFor\b/g)].length) throw new Error(`${file} has a door without a name.`)
    names.push(...found)
  }
  return names.sort()
}
