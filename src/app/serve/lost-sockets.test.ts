import { expect, test } from 'bun:test'
import { isLostSocket } from './lost-sockets.ts'

/** As it was seen when PostgreSQL restarted. */
const SEEN = `TypeError: null is not an object (evaluating 'socket.write')
    at nextWrite (/berth/node_modules/postgres/src/connection.js:255:15)`

function thrown(stack: string, message = "null is not an object (evaluating 'socket.write')"): Error {
  const error = new TypeError(message)
  error.stack = stack
  return error
}

test('a write of the driver to a connection that is gone does not end the server, and nothing else is let through', () => {
  expect(isLostSocket(thrown(SEEN))).toBe(true)
  expect(isLostSocket(thrown(SEEN, "undefined is not an object (evaluating 'rows.length')"))).toBe(false)
  expect(isLostSocket(thrown(SEEN.replace('node_modules/postgres', 'src/entry')))).toBe(false)
  expect(isLostSocket(new Error("null is not an object (evaluating 'socket.write')"))).toBe(false)
  expect(isLostSocket('socket.write')).toBe(false)
})
