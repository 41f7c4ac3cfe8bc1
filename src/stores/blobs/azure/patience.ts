import { isRestError, type RequestPolicy, RestError } from '@azure/storage-blob'
import { isStatusOfUnavailable, patiently } from '../objects/patience.ts'

/** Instead of the SDK's way to try again, which gives up at once on a store that hangs, and on 429, 502 and 504. */
export function patience(next: RequestPolicy, timeoutMs: number): RequestPolicy {
  return {
    sendRequest: request =>
      patiently(
        async signal => {
          request.abortSignal = signal
          const answer = await next.sendRequest(request)
          if (!isStatusOfUnavailable(answer.status)) return answer
          const code = answer.headers.get('x-ms-error-code') ?? `HTTP ${answer.status}`
          throw new RestError(code, { code, statusCode: answer.status })
        },
        timeoutMs,
        isPassing,
      ),
  }
}

/** Busy, broken or not reached: without a status there was no answer. */
export function isPassing(error: unknown): boolean {
  return isRestError(error) && (error.statusCode === undefined || isStatusOfUnavailable(error.statusCode))
}
