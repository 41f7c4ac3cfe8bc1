import { type Json, list, object } from '../../../../platform/foreign-json/index.ts'
import { wordOf } from '../document.ts'
import type { Said, SaidSystem } from './purl-packages.ts'

/** A package as a document of any format lists it. */
export interface Listed {
  readonly purl: string | undefined
  readonly said: Said
}

export interface Document {
  readonly madeBy: string
  /** What it says of which manifest it is; it may be anything. */
  readonly about: string | undefined
  readonly system: SaidSystem | undefined
  readonly listed: readonly Listed[]
}

/** Components and those within them, however deep. */
export function readCycloneDx(document: Json): Document {
  const listed: Listed[] = []
  let system: SaidSystem | undefined
  const waiting = [list(document.components)]
  for (let components = waiting.pop(); components !== undefined; components = waiting.pop()) {
    for (const value of components) {
      const component = object(value)
      if (component.type === 'operating-system') {
        system ??= { id: wordOf(component.name) ?? '', version: wordOf(component.version) ?? '' }
      } else if (component.type !== 'file') listed.push(listedAs(component))
      if (component.components !== undefined) waiting.push(list(component.components))
    }
  }
  const metadata = object(document.metadata)
  return {
    madeBy: toolOf(metadata.tools),
    about: wordOf(object(metadata.component).version),
    system: system?.id === '' ? undefined : system,
    listed,
  }
}

/** A list until 1.4, and since 1.5 lists of kinds of tools. */
function toolOf(tools: unknown): string {
  const first = object((Array.isArray(tools) ? tools : list(object(tools).components))[0])
  return [wordOf(first.name), wordOf(first.version)].filter(word => word !== undefined).join(' ')
}

function listedAs(component: Json): Listed {
  const properties = new Map(
    list(component.properties).map(property => [object(property).name, wordOf(object(property).value)]),
  )
  return {
    purl: wordOf(component.purl),
    said: {
      name: wordOf(component.name),
      licences: list(component.licenses).flatMap(choice => licenceOf(object(choice))),
      source: trivySource(properties),
    },
  }
}

function licenceOf(choice: Json): readonly string[] {
  const { id, name } = object(choice.license)
  const licence = wordOf(choice.expression) ?? wordOf(id) ?? wordOf(name)
  return licence === undefined ? [] : [licence]
}

/** Trivy has sources in properties of its own: name, epoch, version and release. */
function trivySource(properties: ReadonlyMap<unknown, string | undefined>) {
  const of = (name: string) => properties.get(`aquasecurity:trivy:${name}`)
  const [name, version, release, epoch] = [of('SrcName'), of('SrcVersion'), of('SrcRelease'), of('SrcEpoch')]
  if (name === undefined || version === undefined) return undefined
  const whole = release === undefined ? version : `${version}-${release}`
  return { name, version: epoch === undefined || epoch === '0' ? whole : `${epoch}:${whole}` }
}
