/**
 * Error codes and the status each is sent with unless the thrower says otherwise.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes
 * The last seven are Berth's own, for what the specification leaves to HTTP.
 */
const STATUS = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 400,
  UNAUTHORIZED: 401,
  DENIED: 403,
  UNSUPPORTED: 405,
  TOOMANYREQUESTS: 429,
  RANGE_INVALID: 416,
  PAGINATION_NUMBER_INVALID: 400,
  NOT_FOUND: 404,
  INVALID: 400,
  CONFLICT: 409,
  UNAVAILABLE: 503,
  UNKNOWN: 500,
} as const satisfies Record<string, number>

export type ErrorCode = keyof typeof STATUS

export interface RegistryErrorOptions {
  readonly status?: number
  readonly detail?: unknown
  readonly cause?: unknown
  /** Headers the answer carries besides the body, such as `Range` on a refused chunk. */
  readonly headers?: Readonly<Record<string, string>>
}

/** The one error a client may see. Anything else that escapes is a bug and answers 500. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError'
  readonly code: ErrorCode
  readonly status: number
  readonly detail: unknown
  readonly headers: Readonly<Record<string, string>>

  constructor(code: ErrorCode, message: string, options: RegistryErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.status = options.status ?? STATUS[code]
    this.detail = options.detail
    this.headers = options.headers ?? {}
  }
}

/** The name was a repository's, and is kept for those who pull by it: nothing new can be put there. */
export class RepositoryRenamed extends RegistryError {
  /** Undefined where nobody has looked yet, or the caller may not have it. */
  readonly renamedTo: string | undefined

  constructor(repository: string, renamedTo?: string) {
    super(
      'DENIED',
      renamedTo === undefined
        ? `${repository} was renamed, and its old name is kept for those who pull by it: push to its new name, or have the redirect removed (berth redirect remove ${repository}).`
        : `${repository} is now ${renamedTo}: push there.`,
      { detail: { repository, ...(renamedTo === undefined ? {} : { renamedTo }) } },
    )
    this.renamedTo = renamedTo
  }
}
