import { isObject } from '../../../oci/index.ts'
import { type Json, list } from '../../../platform/foreign-json/index.ts'
import type { Severity } from '../../../stores/metadata/index.ts'
import type { Advisory, Affected, RangeEvent } from '../advisory.ts'
import { BadRecord } from './bad-record.ts'
import { fieldsOf, textOf, textsOf, timeOf } from './fields.ts'
import { ecosystemOf, nameOf } from './names.ts'
import { severityOf } from './severity.ts'

/** A record in the OSV format, version 1. @throws BadRecord. */
export function readOsv(value: unknown): Advisory {
  const record = fieldsOf(value, 'The record')
  const id = textOf(record.id)
  if (id === '') throw new BadRecord('The record has no id')
  if (!/^1\.|^$/.test(textOf(record.schema_version))) throw new BadRecord(`${id} has a schema_version that is not 1`)
  const own = isObject(record.database_specific) ? record.database_specific : {}
  const severities = vectorsOf(record.severity)
  const details = textOf(record.details)
  return {
    record: id,
    id,
    aliases: textsOf(record.aliases),
    upstream: textsOf(record.upstream),
    related: textsOf(record.related),
    summary: textOf(record.summary) || firstLine(details),
    details,
    severity: severityOf(own.severity) ?? severities.word,
    vectors: severities.vectors,
    published: timeOf(record.published),
    modified: timeOf(record.modified),
    withdrawn: timeOf(record.withdrawn),
    affected: list(record.affected).flatMap(each => affectedOf(each)),
    url: urlOf(id, own, record),
  }
}

function affectedOf(value: unknown): readonly Affected[] {
  const affected = fieldsOf(value, 'An entry of "affected"')
  // Some speak of commits only, and of no package.
  if (!isObject(affected.package)) return []
  const ecosystem = ecosystemOf(textOf(affected.package.ecosystem))
  const name = nameOf(ecosystem, textOf(affected.package.name))
  if (ecosystem === '' || name === '') return []
  const { word, vectors } = vectorsOf(affected.severity)
  const specific = [affected.ecosystem_specific, affected.database_specific].filter(isObject)
  const severity =
    specific.map(({ severity, urgency }) => severityOf(severity) ?? severityOf(urgency)).find(Boolean) ?? word
  return [
    {
      ecosystem,
      name,
      status: 'affected',
      ranges: list(affected.ranges).flatMap(range => eventsOf(range)),
      versions: textsOf(affected.versions),
      ...(severity ? { severity } : {}),
      ...(vectors.length > 0 ? { vectors } : {}),
    },
  ]
}

function eventsOf(value: unknown): readonly (readonly RangeEvent[])[] {
  const range = fieldsOf(value, 'A range')
  // Of commits, which packages do not tell.
  if (range.type === 'GIT') return []
  const events = list(range.events).flatMap((each): RangeEvent[] => {
    const event = fieldsOf(each, 'An event')
    const found: RangeEvent[] = []
    if (typeof event.introduced === 'string') found.push({ introduced: event.introduced })
    if (typeof event.fixed === 'string') found.push({ fixed: event.fixed })
    if (typeof event.last_affected === 'string') found.push({ lastAffected: event.last_affected })
    if (typeof event.limit === 'string' && event.limit !== '*') found.push({ limit: event.limit })
    return found
  })
  return events.length === 0 ? [] : [events]
}

function vectorsOf(value: unknown): { readonly word: Severity | undefined; readonly vectors: readonly string[] } {
  const all = list(value).filter(isObject)
  const vectors = all.filter(({ type }) => /^CVSS/.test(textOf(type))).map(({ score }) => textOf(score))
  // Ubuntu and others put their own word there.
  const word = all.map(({ type, score }) => (/^CVSS/.test(textOf(type)) ? undefined : severityOf(score))).find(Boolean)
  return { word, vectors: vectors.filter(vector => vector !== '') }
}

function urlOf(id: string, own: Json, record: Json): string | undefined {
  const references = list(record.references).filter(isObject)
  const advisory = references.find(({ type }) => type === 'ADVISORY') ?? references[0]
  const url = textOf(own.url) || textOf(own.source) || textOf(advisory?.url)
  if (/^https?:\/\//.test(url) && !url.includes('googleapis.com')) return url
  return `https://osv.dev/vulnerability/${encodeURIComponent(id)}`
}

export function firstLine(text: string): string {
  const line = text.split('\n', 1)[0] as string
  return line.length > 200 ? `${line.slice(0, 199)}…` : line
}
