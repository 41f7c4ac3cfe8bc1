import { authorize, authorizeIfAllowed } from '../../features/access/index.ts'
import { type ListPage, listReferrers, listRepositories, listTags } from '../../features/content/index.ts'
import { type Descriptor, MEDIA_TYPE, parseDigest, RegistryError } from '../../oci/index.ts'
import type { Exchange } from '../exchange/index.ts'
import { type Call, type DistributionOptions, endpoint } from './handler.ts'

/** end-8a and end-8b of the specification. */
export const tagsEndpoints = { GET: endpoint('list', getTags) }

/** end-12a and end-12b of the specification. */
export const referrersEndpoints = { GET: endpoint('list', getReferrers, answerReferrers) }

async function getTags({ content, permit, exchange, repository }: Call<'list'>): Promise<Response> {
  const page = await listTags(content, permit, pageOf(exchange))
  return Response.json({ name: repository, tags: page.items }, { headers: linkHeader(exchange, page) })
}

/** Docker's `_catalog`, which the specification dropped and clients still call. */
export async function getCatalog(exchange: Exchange, { content, access }: DistributionOptions): Promise<Response> {
  const { principal, origin } = exchange
  const permit = await authorize(access, { principal, action: 'catalog', resource: 'registry', origin })
  // The token was for the catalog, and what it lists is what its bearer may see.
  const { access: _, ...bearer } = principal
  const page = await listRepositories(content, permit, {
    ...pageOf(exchange),
    maySee: async repository =>
      access.mode === 'open' ||
      (await authorizeIfAllowed(access, { principal: bearer, action: 'list', resource: { repository }, origin })) !==
        undefined,
  })
  return Response.json({ repositories: page.items }, { headers: linkHeader(exchange, page) })
}

async function getReferrers(call: Call<'list'>): Promise<Response> {
  const { content, permit, exchange, last } = call
  const artifactType = exchange.query.get('artifactType') ?? undefined
  const page = await listReferrers(content, permit, parseDigest(last), { ...pageOf(exchange), artifactType })
  return answerReferrers(call, page)
}

/** Nothing refers to what is not there: spec.md#listing-referrers asks for an empty list. */
function answerReferrers({ exchange }: Call<'list'>, page: ListPage<Descriptor> = { items: [] }): Response {
  const body = { schemaVersion: 2, mediaType: MEDIA_TYPE.imageIndex, manifests: page.items }
  const headers: Record<string, string> = { 'Content-Type': MEDIA_TYPE.imageIndex, ...linkHeader(exchange, page) }
  if (exchange.query.has('artifactType')) headers['OCI-Filters-Applied'] = 'artifactType'
  return new Response(JSON.stringify(body), { headers })
}

function pageOf({ query }: Exchange): { after?: string; limit?: number } {
  const [n, after] = [query.get('n'), query.get('last')]
  if (n !== null && !/^\d+$/.test(n)) {
    throw new RegistryError(
      'PAGINATION_NUMBER_INVALID',
      `The parameter "n" is a whole number, zero or more, not "${n}".`,
      {
        detail: { n },
      },
    )
  }
  return {
    ...(after === null ? {} : { after }),
    ...(n === null ? {} : { limit: Math.min(Number(n), Number.MAX_SAFE_INTEGER) }),
  }
}

/** RFC 8288, relative, so that it is right behind any proxy. */
function linkHeader({ path, query }: Exchange, { next }: ListPage<unknown>): Record<string, string> {
  if (!next) return {}
  const parameters = new URLSearchParams(query)
  parameters.set('n', String(next.limit))
  parameters.set('last', next.after)
  return { Link: `<${path}?${parameters}>; rel="next"` }
}
