import { isObject } from '../../../oci/index.ts'
import { type Json, list } from '../../../platform/foreign-json/index.ts'
import type { Advisory, Affected, RangeEvent } from '../advisory.ts'
import { compareRpm } from '../versions/rpm.ts'
import { BadRecord } from './bad-record.ts'
import { type Component, type ProductTree, readProductTree } from './csaf-products.ts'
import { fieldsOf, textOf, textsOf, timeOf } from './fields.ts'
import { severityOf } from './severity.ts'

export function isCsaf(value: unknown): boolean {
  return isObject(value) && isObject(value.document) && isObject(value.document.tracking)
}

/**
 * A VEX document as Red Hat publishes them: for each vulnerability which packages of which release are affected, are not,
 * or were fixed in which version. Products that are no release of Red Hat Enterprise Linux are left out.
 * @throws BadRecord.
 */
export function readCsaf(value: unknown): readonly Advisory[] {
  const root = fieldsOf(value, 'The document')
  const document = fieldsOf(root.document, '"document"')
  const tracking = fieldsOf(document.tracking, '"tracking"')
  const file = textOf(tracking.id)
  if (file === '') throw new BadRecord('The document has no id')
  const tree = readProductTree(root.product_tree)
  return list(root.vulnerabilities).flatMap(each => {
    const vulnerability = fieldsOf(each, 'An entry of "vulnerabilities"')
    const id = textOf(vulnerability.cve) || textOf(list(vulnerability.ids).filter(isObject)[0]?.text)
    if (id === '') return []
    const title = textOf(vulnerability.title) || textOf(document.title)
    const notes = list(vulnerability.notes).filter(isObject)
    return [
      {
        record: `${file} ${id}`,
        id,
        aliases: [],
        upstream: [],
        related: file === id ? [] : [file],
        summary: title,
        details: textOf(notes.find(({ category }) => category === 'description')?.text),
        severity: severityOf(isObject(document.aggregate_severity) ? document.aggregate_severity.text : undefined),
        vectors: vectorsOf(vulnerability),
        published: timeOf(vulnerability.release_date) ?? timeOf(tracking.initial_release_date),
        modified: timeOf(tracking.current_release_date),
        withdrawn: undefined,
        affected: affectedOf(vulnerability, tree),
        url: urlOf(vulnerability, id),
      },
    ]
  })
}

interface Standing {
  readonly component: Component
  readonly fixed: Set<string>
  isAffected: boolean
  isNotAffected: boolean
}

function affectedOf(vulnerability: Json, tree: ProductTree): readonly Affected[] {
  const status = isObject(vulnerability.product_status) ? vulnerability.product_status : {}
  const standings = new Map<string, Standing>()
  const note = (products: unknown, mark: (standing: Standing, component: Component) => void) => {
    for (const id of textsOf(products)) {
      const component = tree.get(id)
      if (!component) continue
      const key = `${component.ecosystem} ${component.name}`
      let standing = standings.get(key)
      if (!standing) {
        standing = { component, fixed: new Set(), isAffected: false, isNotAffected: false }
        standings.set(key, standing)
      }
      mark(standing, component)
    }
  }
  note(status.fixed, (standing, { version }) => version !== undefined && standing.fixed.add(version))
  note(status.first_fixed, (standing, { version }) => version !== undefined && standing.fixed.add(version))
  for (const products of [status.known_affected, status.first_affected, status.last_affected])
    note(products, standing => {
      standing.isAffected = true
    })
  note(status.known_not_affected, standing => {
    standing.isNotAffected = true
  })
  return [...standings.values()].flatMap((standing): readonly Affected[] => {
    const { ecosystem, name } = standing.component
    const place = { ecosystem, name, versions: [] }
    if (standing.fixed.size > 0) return [{ ...place, status: 'affected', ranges: rangesOf([...standing.fixed]) }]
    if (standing.isAffected) return [{ ...place, status: 'affected', ranges: [[{ introduced: '0' }]] }]
    return standing.isNotAffected ? [{ ...place, status: 'not affected', ranges: [] }] : []
  })
}

/** The same fix in each stream of a module: what begins with another number is another stream. */
function rangesOf(fixed: readonly string[]): readonly (readonly RangeEvent[])[] {
  const streams = new Map<string, string>()
  for (const version of fixed.toSorted(compareRpm)) {
    const stream = /^(?:\d+:)?\d+/.exec(version)?.[0] ?? ''
    // Later builds of a stream have it, too.
    if (!streams.has(stream)) streams.set(stream, version)
  }
  return [...streams].map(([stream, version], at) => [{ introduced: at === 0 ? '0' : stream }, { fixed: version }])
}

function vectorsOf({ scores, metrics }: Json): readonly string[] {
  const all = [...list(scores), ...list(metrics).map(metric => (isObject(metric) ? metric.content : undefined))]
  const vectors = all
    .filter(isObject)
    .flatMap(({ cvss_v3, cvss_v4 }) =>
      [cvss_v4, cvss_v3].filter(isObject).map(({ vectorString }) => textOf(vectorString)),
    )
  return [...new Set(vectors.filter(vector => vector !== ''))]
}

function urlOf({ references }: Json, id: string): string {
  const own = list(references).filter(isObject)
  const url = textOf(own.find(({ category }) => category === 'self')?.url)
  return /^https?:\/\//.test(url) ? url : `https://access.redhat.com/security/cve/${encodeURIComponent(id)}`
}
