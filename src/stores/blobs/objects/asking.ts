import { Unavailable } from '../../../platform/outcome/index.ts'

/** How a vendor's errors are to be read. */
export interface ErrorReading {
  /** The object is not there; a bucket that is not there is another matter. */
  isAbsent(error: unknown): boolean
  /** Busy, broken or not reached: to try again later is of use. */
  isPassing(error: unknown): boolean
}

export interface Asking {
  /** @throws Unavailable, or what the store refuses for (a bucket that is not there, no rights), which stays what it is. */
  told<Result>(sending: Promise<Result>): Promise<Result>
  /** As {@link told}; undefined when the object is absent. */
  orAbsent<Result>(sending: Promise<Result>): Promise<Result | undefined>
}

/** What becomes of a vendor's errors, the same for all. */
export function asking({ isAbsent, isPassing }: ErrorReading): Asking {
  const translate = (error: unknown): unknown => {
    if (!isPassing(error)) return error
    const reason = error instanceof Error ? error.message || error.name : String(error)
    return new Unavailable(`The object storage cannot be used now: ${reason}`, { cause: error })
  }
  return {
    told: sending =>
      sending.catch(error => {
        throw translate(error)
      }),
    orAbsent: sending =>
      sending.catch(error => {
        if (isAbsent(error)) return undefined
        throw translate(error)
      }),
  }
}
