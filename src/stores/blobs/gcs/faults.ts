import { ApiError } from '@google-cloud/storage'
import { gaxios } from 'google-auth-library'
import { isStatusOfUnavailable } from '../objects/patience.ts'

/** Busy, broken or not reached: by the SDK's requests, or by those of its library for credentials. */
export function isPassing(error: unknown): boolean {
  const status = statusOf(error)
  if (status !== undefined) return isStatusOfUnavailable(status)
  // Of a request that was not answered: ECONNRESET and the like, from Node's sockets or from fetch.
  return (
    error instanceof gaxios.GaxiosError || (error instanceof Error && 'code' in error && typeof error.code === 'string')
  )
}

/** A bucket that is not there is no absent object: to the one who asks it is a fault of the configuration. */
export function isAbsent(error: unknown): boolean {
  return statusOf(error) === 404 && !/bucket does not exist/i.test((error as Error).message)
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof ApiError) return typeof error.code === 'number' ? error.code : undefined
  return error instanceof gaxios.GaxiosError ? error.response?.status : undefined
}
