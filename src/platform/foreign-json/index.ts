import { isObject } from '../../oci/index.ts'

export { excessOf } from './excess.ts'

/** Of other people's JSON: what is not of the kind that is asked for is not there. */
export type Json = Readonly<Record<string, unknown>>

export function object(value: unknown): Json {
  return isObject(value) ? value : {}
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** Without what surrounds it; undefined for an empty one. */
export function text(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const trimmed = value.trim()
  return trimmed === '' ? undefined : trimmed
}

export function texts(...values: readonly unknown[]): readonly string[] {
  return values.flatMap(value => text(value) ?? [])
}

/** A table that is asked by other people's words: "constructor" is in it if it was put in, and not because objects have one. */
export function tableOf<Value>(entries: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  return Object.assign(Object.create(null), entries)
}

/** As every database takes it: none takes halves of characters, and one of them no zero. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}

/** Milliseconds since the epoch. */
export function instant(value: unknown): number | undefined {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isFinite(ms) ? ms : undefined
}
