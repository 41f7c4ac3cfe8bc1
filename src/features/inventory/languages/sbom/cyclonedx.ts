import { type Fields, fieldsOf, listOf, wordOf } from '../document.ts'
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
export function readCycloneDx(document: Fields): Document {
  const listed: Listed[] = []
  let system: SaidSystem | undefined
  const waiting = [listOf(document.components)]
  for (let components = waiting.pop(); components !== undefined; components = waiting.pop()) {
    for (const value of components) {
      const component = fieldsOf(value)
      if (component.type === 'operating-system') {
        system ??= { id: wordOf(component.name) ?? '', version: wordOf(component.version) ?? '' }
      } else if (component.type !== 'file') listed.push(listedAs(component))
      if (component.components !== undefined) waiting.push(listOf(component.components))
    }
  }
  const metadata = fieldsOf(document.metadata)
  return {
    madeBy: toolOf(metadata.tools),
    about: wordOf(fieldsOf(metadata.component).version),
    system: system?.id === '' ? undefined : system,
    listed,
  }
}

/** A list until 1.4, and since 1.5 lists of kinds of tools. */
function toolOf(tools: unknown): string {
  const first = fieldsOf((Array.isArray(tools) ? tools : listOf(fieldsOf(tools).components))[0])
  return [wordOf(first.name), wordOf(first.version)].filter(word => word !== undefined).join(' ')
}

function listedAs(component: Fields): Listed {
  const properties = new Map(
    listOf(component.properties).map(property => [fieldsOf(property).name, wordOf(fieldsOf(property).value)]),
  )
  return {
    purl: wordOf(component.purl),
    said: {
      name: wordOf(component.name),
      licences: listOf(component.licenses).flatMap(choice => licenceOf(fieldsOf(choice))),
      source: trivySource(properties),
    },
  }
}

function licenceOf(choice: Fields): readonly string[] {
  const { id, name } = fieldsOf(choice.license)
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
