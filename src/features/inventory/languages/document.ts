import { isObject } from '../../../oci/index.ts'
import type { Json } from '../../../platform/foreign-json/index.ts'

const LARGEST_BYTES = 64 * 1024 * 1024

/**
 * The text of a file.
 * @throws Error when it is larger than any that a tool writes.
 */
export function textOf(bytes: Uint8Array): string {
  if (bytes.byteLength > LARGEST_BYTES) {
    throw new Error(`it has ${bytes.byteLength} bytes, more than the ${LARGEST_BYTES} that are read of such a file`)
  }
  return new TextDecoder().decode(bytes)
}

/**
 * A JSON document whose top is an object.
 * @throws Error when it is not.
 */
export function jsonOf(bytes: Uint8Array): Json {
  const document = anyJsonOf(bytes)
  if (!isObject(document)) throw new Error('it is JSON, but no object')
  return document
}

/** @throws Error when it is no JSON. */
export function anyJsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(bytes))
  } catch (cause) {
    throw new Error(`it is no JSON: ${(cause as Error).message}`, { cause })
  }
}

/** The text, or nothing when it is something else or empty. */
export const wordOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** The lines of a text one after the other, without their ends, and without a copy of all of them at once. */
export function* linesOf(text: string): Generator<string> {
  let start = 0
  while (start < text.length) {
    const end = text.indexOf('\n', start)
    const stop = end < 0 ? text.length : end
    yield text.slice(start, stop > start && text[stop - 1] === '\r' ? stop - 1 : stop)
    start = stop + 1
  }
}

/** The path's last segment. */
export const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
