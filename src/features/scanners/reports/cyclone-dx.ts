import { instant, type Json, list, object, text } from '../../../platform/foreign-json/index.ts'
import { type ReadReport, SEVERITIES, severityOf, severityOfScore } from './report.ts'

export function isCycloneDx({ bomFormat }: Json): boolean {
  return bomFormat === 'CycloneDX'
}

/** A CycloneDX document with vulnerabilities: https://cyclonedx.org/docs/1.6/json/ */
export function readCycloneDx(document: Json): ReadReport {
  const metadata = object(document.metadata)
  const components = componentsOf(document.components)
  const found = list(document.vulnerabilities).flatMap(each => {
    const { id, affects, ratings } = object(each)
    const vulnerability = text(id)
    if (vulnerability === undefined) return []
    return list(affects).flatMap(target => {
      const component = components.get(text(object(target).ref) ?? '')
      return component ? [{ vulnerability, ...component, fixedIn: undefined, severity: worstOf(ratings) }] : []
    })
  })
  const tools = object(metadata.tools)
  const tool = object(list(tools.components)[0] ?? list(metadata.tools)[0])
  return {
    format: 'CycloneDX',
    scanner: text(tool.name),
    version: text(tool.version),
    madeAt: instant(metadata.timestamp),
    found,
  }
}

interface Component {
  readonly package: string
  readonly version: string
}

function componentsOf(
  components: unknown,
  found = new Map<string, Component>(),
  depth = 0,
): ReadonlyMap<string, Component> {
  if (depth > 20) return found
  for (const each of list(components)) {
    const { 'bom-ref': ref, name, group, version, components: inner } = object(each)
    const [key, own, within] = [text(ref), text(name), text(group)]
    if (key !== undefined && own !== undefined)
      found.set(key, { package: within === undefined ? own : groupedName(within, own), version: text(version) ?? '' })
    componentsOf(inner, found, depth + 1)
  }
  return found
}

/** A scope of npm begins with @; what else has a group is Java's. */
function groupedName(group: string, name: string): string {
  return group.startsWith('@') ? `${group}/${name}` : `${group}:${name}`
}

function worstOf(ratings: unknown) {
  const said = new Set(
    list(ratings).map(each => {
      const { severity, score } = object(each)
      return text(severity) === undefined ? severityOfScore(Number(score)) : severityOf(text(severity))
    }),
  )
  return SEVERITIES.find(each => said.has(each)) ?? 'unknown'
}
