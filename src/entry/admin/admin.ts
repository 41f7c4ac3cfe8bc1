import { RegistryError } from '../../oci/index.ts'
import type { Exchange } from '../exchange/index.ts'
import { createAdminApplication } from './application.ts'
import { documentation } from './documentation.ts'
import type { Services } from './handler.ts'
import { openApiDocument } from './open-api.ts'

const DOCUMENT = '/api/v1/openapi.json'

/** Answers what lies below /api/v1. @param version of Berth, for the document. */
export function createAdmin(services: Services, version: string): (exchange: Exchange) => Promise<Response> {
  const application = createAdminApplication(services)
  let document: string | undefined
  return async exchange => {
    const { method, path, request } = exchange
    const isRead = method === 'GET' || method === 'HEAD'
    const isDocument = path === DOCUMENT
    if (isDocument) document ??= JSON.stringify(openApiDocument(application, version))
    const page = isDocument
      ? new Response(document, { headers: { 'Content-Type': 'application/json' } })
      : documentation(path)
    if (page && !isRead)
      throw new RegistryError('UNSUPPORTED', 'Only GET and HEAD are supported here.', {
        headers: { Allow: 'GET, HEAD' },
      })
    const response = page ?? (await application.fetch(request, { exchange }))
    response.headers.set('X-Content-Type-Options', 'nosniff')
    if (!page) response.headers.set('Cache-Control', 'no-store')
    return response
  }
}
