import type { Entry } from 'ldapts'
import { normalizeDn } from './dn.ts'

/** Attributes' names compare without case (RFC 4512 section 2.5). */
function valueIn(entry: Entry, attribute: string): unknown {
  const key = Object.keys(entry).find(name => name.toLowerCase() === attribute.toLowerCase())
  return key === undefined ? undefined : entry[key]
}

export function textsOf(entry: Entry, attribute: string): readonly string[] {
  const value = valueIn(entry, attribute)
  return (Array.isArray(value) ? value : [value]).filter(text => typeof text === 'string' && text !== '')
}

export function textOf(entry: Entry, attribute: string): string | undefined {
  return textsOf(entry, attribute)[0]
}

/** Attributes whose values are bytes. */
export const BINARY = ['objectGUID', 'objectSid']

/** What stays when the entry is renamed or moved; undefined when the entry has no such attribute. */
export function subjectOf(entry: Entry, attribute: string): string | undefined {
  if (attribute.toLowerCase() === 'dn') return normalizeDn(entry.dn)
  const value = valueIn(entry, attribute)
  const first: unknown = Array.isArray(value) ? value[0] : value
  if (Buffer.isBuffer(first)) return first.length === 0 ? undefined : first.toString('hex')
  return typeof first === 'string' && first !== '' ? first : undefined
}
