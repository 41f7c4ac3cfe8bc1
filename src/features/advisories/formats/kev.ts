import { isObject } from '../../../oci/index.ts'
import { list } from '../../../platform/foreign-json/index.ts'
import type { Exploited } from '../../../stores/metadata/index.ts'
import { BadRecord } from './bad-record.ts'
import { fieldsOf, textOf, timeOf } from './fields.ts'

/** Whether a document is CISA's list of vulnerabilities that are used in attacks. */
export function isKev(value: unknown): boolean {
  return isObject(value) && 'catalogVersion' in value && Array.isArray(value.vulnerabilities)
}

/** @throws BadRecord. */
export function readKev(value: unknown): readonly Exploited[] {
  const { vulnerabilities, count } = fieldsOf(value, 'The document')
  const found = list(vulnerabilities).map(each => {
    const { cveID, dateAdded, dueDate } = fieldsOf(each, 'An entry of "vulnerabilities"')
    if (!/^CVE-\d+-\d+$/.test(textOf(cveID))) throw new BadRecord(`"${textOf(cveID)}" is no CVE`)
    return { vulnerability: textOf(cveID), addedAt: timeOf(dateAdded), dueAt: timeOf(dueDate) }
  })
  if (typeof count === 'number' && count !== found.length)
    throw new BadRecord(`It says that it has ${count} entries, and has ${found.length}`)
  return found
}
