import { Unavailable } from '../../../platform/outcome/index.ts'

const ATTEMPTS = 5
const PAUSE_MS = 200

/** Of a store that is busy or broken now. */
export function isStatusOfUnavailable(status: number): boolean {
  return status >= 500 || status === 429 || status === 408
}

/**
 * What SDKs promise that cannot do it for a store which hangs: several tries with pauses that grow, each of which has
 * `timeoutMs`. The signal ends a try that nobody waits for any more.
 * @param mayPass of a try's failure: is it worth another?
 */
export async function patiently<Result>(
  attempt: (signal: AbortSignal) => Promise<Result>,
  timeoutMs: number,
  mayPass: (error: unknown) => boolean,
): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await once(attempt, timeoutMs)
    } catch (error) {
      if (tries === ATTEMPTS || !(error instanceof Unavailable || mayPass(error))) throw error
    }
    await Bun.sleep(PAUSE_MS * 2 ** tries * (0.5 + Math.random() / 2))
  }
}

async function once<Result>(attempt: (signal: AbortSignal) => Promise<Result>, timeoutMs: number): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const controller = new AbortController()
  const timer = setTimeout(() => {
    reject(new Unavailable(`The object storage did not answer within ${timeoutMs} ms.`))
    controller.abort()
  }, timeoutMs)
  try {
    return await Promise.race([attempt(controller.signal), promise])
  } finally {
    clearTimeout(timer)
  }
}
