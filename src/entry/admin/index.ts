import type { Exchange } from '../exchange/index.ts'
import type { Services } from './handler.ts'

export { problemOf } from './problem.ts'

export function isAdminPath(path: string): boolean {
  return path === '/api' || path.startsWith('/api/')
}

/**
 * Answers what lies below /api/v1. Loaded with the first request: a registry that is only pushed to and pulled from
 * does without its routes and schemas. @param version of Berth, for the document.
 */
export function createAdmin(services: Services, version: string): (exchange: Exchange) => Promise<Response> {
  let loading: Promise<(exchange: Exchange) => Promise<Response>> | undefined
  return async exchange => {
    loading ??= import('./admin.ts').then(module => module.createAdmin(services, version))
    return (await loading)(exchange)
  }
}
