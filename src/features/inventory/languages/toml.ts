import { parse } from 'smol-toml'
import type { Json } from '../../../platform/foreign-json/index.ts'
import { textOf } from './document.ts'

/** @throws Error when it is no TOML. */
export function tomlOf(bytes: Uint8Array): Json {
  try {
    return parse(textOf(bytes))
  } catch (cause) {
    throw new Error(`it is no TOML: ${(cause as Error).message.split('\n', 1)[0]}`, { cause })
  }
}
