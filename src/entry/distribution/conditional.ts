import type { Digest } from '../../oci/index.ts'

/** The entity tag of content is its digest: RFC 9110 section 8.8.3. */
export function etagOf(digest: Digest): string {
  return `"${digest}"`
}

/** Whether the client has it already, so that 304 answers: RFC 9110 section 13.1.2. */
export function isNotModified(headers: Headers, digest: Digest): boolean {
  const value = headers.get('If-None-Match')
  if (value === null) return false
  if (value.trim() === '*') return true
  return value.split(',').some(tag => tag.trim().replace(/^W\//, '') === etagOf(digest))
}
