import { type FieldFault, invalid } from '../access/index.ts'

/** On one image or repository. */
export const MOST_LABELS = 64
const MOST_KEY = 128
const MOST_VALUE = 256

const PREFIX = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/

/** Keys as annotations of OCI and labels of Kubernetes have them: `team`, `org.example.team`, `example.org/team`. */
export function isLabelKey(key: string): boolean {
  const [name = '', prefix, ...more] = key.split('/').reverse()
  return key.length <= MOST_KEY && more.length === 0 && NAME.test(name) && (prefix === undefined || PREFIX.test(prefix))
}

/** @throws INVALID naming every label that cannot be. */
export function requireLabels(labels: Readonly<Record<string, string>>): void {
  const faults = Object.entries(labels).flatMap(([key, value]) => [...keyFaults(key), ...valueFaults(key, value)])
  if (Object.keys(labels).length === 0) faults.push({ field: 'labels', message: 'give at least one' })
  if (faults.length > 0) throw invalid(...faults)
}

/** @throws INVALID. */
export function requireKey(key: string): void {
  const faults = keyFaults(key)
  if (faults.length > 0) throw invalid(...faults)
}

function keyFaults(key: string): readonly FieldFault[] {
  if (isLabelKey(key)) return []
  const message = `is no key: up to ${MOST_KEY} letters, digits and "._-", with a letter or digit at both ends; one "/" may follow a domain, as in example.org/team`
  return [{ field: `labels.${key.slice(0, MOST_KEY)}`, message }]
}

function valueFaults(key: string, value: string): readonly FieldFault[] {
  if (value.length <= MOST_VALUE && value.isWellFormed() && !/\p{Cc}/u.test(value)) return []
  const message = `its value has at most ${MOST_VALUE} characters, none of them a control character`
  return [{ field: `labels.${key.slice(0, MOST_KEY)}`, message }]
}
