import { closed } from '../../src/app/serve/gate.ts'
import { DISTRIBUTION_METHODS } from '../../src/entry/distribution/index.ts'
import { PROBE_PATHS } from '../../src/entry/probes/index.ts'
import { TOKEN_PATHS } from '../../src/entry/token/index.ts'

/** Methods that a client could try anywhere. */
export const EVERY_METHOD = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/** `GET manifest`, for each that the code has: HEAD goes wherever GET does. */
export const DISTRIBUTION_ROUTES: readonly string[] = Object.entries(DISTRIBUTION_METHODS).flatMap(([kind, methods]) =>
  [...new Set([...methods, ...(methods.includes('GET') ? ['HEAD'] : [])])].map(method => `${method} ${kind}`),
)

/** Whatever else is served, by its path. */
export const OTHER_PATHS: readonly string[] = [...TOKEN_PATHS, ...PROBE_PATHS].sort()

/** The ways in beside /v2: one that is added here needs lines in the matrix. Nothing of them is used but their names. */
export const DOORS: readonly string[] = closed(
  {} as Parameters<typeof closed>[0],
  {} as Parameters<typeof closed>[1],
).doors.map(({ name }) => name)
