import { isObject } from '../../../oci/index.ts'
import type { Json } from '../../../platform/foreign-json/index.ts'
import { tableOf } from '../../../platform/foreign-json/index.ts'
import type { Advisory, Affected } from '../advisory.ts'
import { fieldsOf, textOf } from './fields.ts'
import { firstLine } from './osv.ts'
import { severityOf } from './severity.ts'

/** Releases of Debian by the names that the tracker has for them. */
const RELEASES = tableOf<string>({
  jessie: '8',
  stretch: '9',
  buster: '10',
  bullseye: '11',
  bookworm: '12',
  trixie: '13',
  forky: '14',
  duke: '15',
})

/**
 * One source package of Debian's security tracker (https://security-tracker.debian.org/tracker/data/json): a record for
 * each of its vulnerabilities.
 * @throws BadRecord.
 */
export function readDebian(name: string, value: unknown): readonly Advisory[] {
  return Object.entries(fieldsOf(value, `The package ${name}`)).flatMap(([id, each]) => {
    const { description, releases } = fieldsOf(each, `${id} of ${name}`)
    const affected = Object.entries(isObject(releases) ? releases : {}).flatMap(([release, state]) =>
      affectedOf(name, release, fieldsOf(state, `${id} of ${name} in ${release}`)),
    )
    if (affected.length === 0) return []
    const text = textOf(description)
    return [
      {
        record: `${name} ${id}`,
        id,
        aliases: [],
        upstream: [],
        related: [],
        summary: firstLine(text),
        details: text,
        severity: undefined,
        vectors: [],
        published: undefined,
        modified: undefined,
        withdrawn: undefined,
        affected,
        url: `https://security-tracker.debian.org/tracker/${encodeURIComponent(id)}`,
      },
    ]
  })
}

function affectedOf(name: string, release: string, { status, fixed_version, urgency }: Json): readonly Affected[] {
  const number = RELEASES[release]
  if (number === undefined) return []
  const place = { ecosystem: `Debian:${number}`, name, versions: [] }
  const severity = severityOf(urgency)
  const more = severity ? { severity } : {}
  const fixed = textOf(fixed_version)
  if (status === 'resolved' && fixed === '0') return [{ ...place, status: 'not affected', ranges: [] }]
  if (status === 'resolved' && fixed !== '')
    return [{ ...place, ...more, status: 'affected', ranges: [[{ introduced: '0' }, { fixed }]] }]
  // "undetermined": nobody looked yet whether the release has it at all.
  if (status !== 'open') return []
  return [{ ...place, ...more, status: 'affected', ranges: [[{ introduced: '0' }]] }]
}
