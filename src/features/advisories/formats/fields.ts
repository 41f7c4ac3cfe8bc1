import { isObject } from '../../../oci/index.ts'
import { type Json, list } from '../../../platform/foreign-json/index.ts'
import { BadRecord } from './bad-record.ts'

export function fieldsOf(value: unknown, what: string): Json {
  if (!isObject(value)) throw new BadRecord(`${what} is no object`)
  return value
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export function textsOf(value: unknown): readonly string[] {
  return list(value).filter((item): item is string => typeof item === 'string' && item !== '')
}

/** RFC 3339, or a date; the year 1, which stands for "never", is none. */
export function timeOf(value: unknown): number | undefined {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) || ms <= 0 ? undefined : ms
}
