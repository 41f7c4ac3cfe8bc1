import { expect, test } from 'bun:test'
import { startHeartbeat } from './heartbeat.ts'

const lostOf = ({ lost }: { readonly lost: AbortSignal }) =>
  new Promise<unknown>(resolve => lost.addEventListener('abort', () => resolve(lost.reason)))

test('a lease that is renewed is kept', async () => {
  const enough = Promise.withResolvers<void>()
  let renewals = 0
  const heartbeat = startHeartbeat(async () => {
    renewals += 1
    if (renewals === 3) enough.resolve()
    return true
  }, 10_000)
  await enough.promise
  expect(heartbeat.lost.aborted).toBe(false)
  await heartbeat.stop()
})

test('a lease that another has is lost', async () => {
  const heartbeat = startHeartbeat(async () => false, 100)
  expect(String(await lostOf(heartbeat))).toContain('another process')
  await heartbeat.stop()
})

test('a lease that cannot be renewed is lost before it ends, and why is said', async () => {
  const heartbeat = startHeartbeat(() => Promise.reject(new Error('No database.')), 100)
  expect(await lostOf(heartbeat)).toMatchObject({
    message: expect.stringContaining('renewed'),
    cause: expect.any(Error),
  })
  await heartbeat.stop()
})

test('so is one whose renewal is not answered', async () => {
  const answer = Promise.withResolvers<boolean>()
  const heartbeat = startHeartbeat(() => answer.promise, 100)
  expect(String(await lostOf(heartbeat))).toContain('renewed')
  answer.resolve(true)
  await heartbeat.stop()
})
