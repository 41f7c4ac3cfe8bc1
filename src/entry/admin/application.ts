import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import type { Context, Next } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import { z } from 'zod'
import { type Action, invalid, type Permit } from '../../features/access/index.ts'
import { type Administration, recordDenial } from '../../features/administration/index.ts'
import { RegistryError } from '../../oci/index.ts'
import { excessOf } from '../../platform/foreign-json/index.ts'
import { ADMIN_ROUTES, type Operation, problem, type Route } from '../api/index.ts'
import type { Exchange } from '../exchange/index.ts'
import type { Services } from './handler.ts'
import { HANDLERS } from './handlers/index.ts'
import { LINES } from './lines.ts'
import { permitFor } from './permit.ts'

/** Of a body, unless its route says otherwise. */
const MOST_BYTES = 64 * 1024

const BYTES = z.any().meta({ type: 'string', format: 'binary' })

interface Environment {
  Bindings: { readonly exchange: Exchange }
  Variables: { permit: Permit<Action> }
}

type Calling = Context<Environment>
type Loose = (call: unknown) => Promise<unknown>

const PLACES: Readonly<Record<Route['resource'], string>> = {
  registry: 'in the registry',
  project: 'in the project',
  repository: 'in the repository',
}

/** Every operation of {@link ADMIN_ROUTES} behind its access decision. Errors are thrown. */
export function createAdminApplication(services: Services): OpenAPIHono<Environment> {
  const application = new OpenAPIHono<Environment>({
    defaultHook(result) {
      if (!result.success) throw invalidRequest(result.error)
    },
  })
  application.onError(error => {
    if (error instanceof HTTPException)
      throw new RegistryError('INVALID', `${error.message}.`, { status: error.status, cause: error })
    throw error
  })
  application.notFound(context => {
    throw unknownRoute(context.env.exchange)
  })
  for (const [operation, route] of Object.entries(ADMIN_ROUTES))
    application.openapi(documented(operation, route, services.administration), context =>
      answer(services, operation as Operation, route, context as unknown as Calling),
    )
  return application
}

/** As the generator of the document takes it; its middleware runs before anything is validated. */
function documented(operation: string, route: Route, { access }: Administration) {
  const {
    method,
    path,
    summary,
    query,
    body,
    takes,
    answer: answered,
    lines,
    status = 200,
    mostBytes = MOST_BYTES,
  } = route
  const told = lines
    ? { [LINES]: { schema: lines } }
    : route.documents
      ? Object.fromEntries(route.documents.map(type => [type, { schema: z.looseObject({}) }]))
      : answered && { 'application/json': { schema: answered } }
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string)
  const params = z.object(Object.fromEntries(names.map(name => [name, z.string()])))
  const authorized = async (context: Calling, next: Next) => {
    context.set('permit', await permitFor(access, route, context.env.exchange, context.req.param('project')))
    await next()
  }
  const failure = (description: string) => ({
    description,
    content: { 'application/problem+json': { schema: problem } },
  })
  return createRoute({
    method,
    path,
    operationId: operation,
    summary,
    description: `Takes the permission "${route.action}" ${PLACES[route.resource]}${route.inProject ? `, or "${route.inProject}" in the project that is asked about` : ''}.`,
    tags: [path.split('/')[3] ?? ''],
    middleware: body
      ? [authorized, requireJson, limitedTo(mostBytes), requireModest]
      : takes
        ? [authorized, requireType(takes)]
        : [authorized],
    request: {
      ...(names.length > 0 ? { params } : {}),
      ...(query ? { query } : {}),
      ...(body ? { body: { required: true, content: { 'application/json': { schema: body } } } } : {}),
      ...(takes ? { body: { required: true, content: { [takes]: { schema: BYTES } } } } : {}),
    },
    responses: {
      ...(told ? { [status]: { description: 'Done', content: told } } : { 204: { description: 'Done' } }),
      400: failure('What was sent cannot be taken'),
      401: failure('Nobody is signed in, or not in a way that counts'),
      403: failure('The caller may not do this'),
      ...(names.length > 0 ? { 404: failure('There is no such thing, or not there') } : {}),
      ...(method === 'get' ? {} : { 409: failure('As things are, it cannot be done') }),
    },
  })
}

async function requireJson({ req }: Calling, next: Next): Promise<void> {
  const type = req.header('Content-Type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json')
    throw new RegistryError('UNSUPPORTED', 'The body must be JSON, and Content-Type say so: application/json.', {
      status: 415,
    })
  await next()
}

/** Before it is parsed: what is large may be made to take much more than its size. */
async function requireModest({ req }: Calling, next: Next): Promise<void> {
  const excess = excessOf(new Uint8Array(await req.arrayBuffer()))
  if (excess !== undefined)
    throw new RegistryError('SIZE_INVALID', `The body cannot be taken: ${excess}.`, { status: 413 })
  await next()
}

function requireType(type: string) {
  return async ({ req }: Calling, next: Next): Promise<void> => {
    if (req.header('Content-Type')?.split(';')[0]?.trim().toLowerCase() !== type)
      throw new RegistryError('UNSUPPORTED', `The body must be ${type}, and Content-Type say so.`, { status: 415 })
    await next()
  }
}

function limitedTo(maxSize: number) {
  return bodyLimit({
    maxSize,
    onError() {
      throw new RegistryError('SIZE_INVALID', `The body has more than ${maxSize} bytes.`, { status: 413 })
    },
  })
}

async function answer(services: Services, operation: Operation, route: Route, context: Calling): Promise<Response> {
  const { req } = context
  const permit = context.get('permit')
  const valid = (part: 'query' | 'json') => (req.valid as (part: string) => unknown)(part)
  const call = {
    ...services,
    permit,
    params: req.param(),
    query: route.query ? valid('query') : undefined,
    body: route.body ? valid('json') : undefined,
    stream: route.takes ? req.raw.body : null,
  }
  let given: unknown
  try {
    given = await (HANDLERS[operation] as Loose)(call)
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'DENIED' && error.status === 403)
      await recordDenial(services.administration, permit, { operation, reason: error.message })
    throw error
  }
  if (given === undefined) return new Response(null, { status: 204 })
  if (given instanceof Response) return given
  if (!route.paged) return Response.json(given, { status: route.status ?? 200 })
  const { next, ...body } = given as { readonly next: string | undefined }
  return Response.json(body, { headers: next === undefined ? {} : { Link: linkTo(context.env.exchange, next) } })
}

/** RFC 8288. Relative, as lists of /v2 have it: it works behind whatever proxy. */
function linkTo({ path, query }: Exchange, after: string): string {
  const parameters = new URLSearchParams(query)
  parameters.set('after', after)
  return `<${path}?${parameters}>; rel="next"`
}

function invalidRequest({ issues }: { readonly issues: readonly z.core.$ZodIssue[] }): RegistryError {
  return invalid(
    ...issues.flatMap(issue =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map(key => ({ field: [...issue.path, key].join('.'), message: 'is not known here' }))
        : [{ field: issue.path.join('.'), message: issue.message.replace(/^Invalid input: /, '') }],
    ),
  )
}

function unknownRoute({ path, method }: Exchange): RegistryError {
  const segments = path.split('/')
  const isThis = (route: Route) => {
    const parts = route.path.split('/')
    return parts.length === segments.length && parts.every((part, at) => part.startsWith('{') || part === segments[at])
  }
  const methods = Object.values(ADMIN_ROUTES)
    .filter(isThis)
    .map(route => route.method.toUpperCase())
  if (methods.length === 0)
    return new RegistryError('NOT_FOUND', 'There is no such path in this API: see /api/v1/docs.')
  const Allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ')
  return new RegistryError('UNSUPPORTED', `${method} is not supported here; ${Allow} is.`, { headers: { Allow } })
}
