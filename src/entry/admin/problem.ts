import type { FieldFault } from '../../features/access/index.ts'
import type { RegistryError } from '../../oci/index.ts'

/** The names that HTTP has for them (RFC 9110, section 15). */
const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  507: 'Insufficient Storage',
}

/** An error as RFC 9457 has it. The type is none: what more there is to know is in `code` and `errors`. */
export function problemOf({ status, code, message, detail }: RegistryError, requestId: string): object {
  const errors = fieldsOf(detail)
  return {
    type: 'about:blank',
    title: TITLES[status] ?? 'Error',
    status,
    detail: message,
    code,
    instance: requestId,
    ...(errors ? { errors } : {}),
  }
}

function fieldsOf(detail: unknown): readonly FieldFault[] | undefined {
  return typeof detail === 'object' && detail !== null && 'errors' in detail
    ? (detail.errors as readonly FieldFault[])
    : undefined
}
