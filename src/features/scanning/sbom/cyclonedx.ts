import { expressionOf } from './licences.ts'
import { instantOf, purlOfImage, type SbomContent, type SbomPackage, uuidOf } from './sbom-content.ts'

type Library = typeof import('@cyclonedx/cyclonedx-library')

/** CycloneDX 1.6, JSON. Places are properties, as syft writes them. */
export async function cyclonedxOf(content: SbomContent): Promise<string> {
  // Only those who ask for one have to hold it in memory.
  const library = await import('@cyclonedx/cyclonedx-library')
  const { Models, Enums, Serialize, Spec } = library
  const bom = new Models.Bom({ serialNumber: `urn:uuid:${uuidOf(content)}` })
  bom.metadata.timestamp = instantOf(content.madeAt)
  bom.metadata.tools.components.add(
    new Models.Component(Enums.ComponentType.Application, 'berth', { version: content.version }),
  )
  const image = new Models.Component(Enums.ComponentType.Container, content.repository, {
    version: content.digest,
    bomRef: content.digest,
    purl: purlOfImage(content),
  })
  if (content.platform) image.properties.add(new Models.Property('berth:platform', content.platform))
  for (const { path, reason } of content.problems)
    image.properties.add(new Models.Property('berth:unread', path === '' ? reason : `${path}: ${reason}`))
  bom.metadata.component = image
  const { distribution } = content
  if (distribution)
    bom.components.add(
      new Models.Component(Enums.ComponentType.OperatingSystem, distribution.id || 'unknown', {
        bomRef: 'os',
        ...(distribution.version ? { version: distribution.version } : {}),
        ...(distribution.name ? { description: distribution.name } : {}),
      }),
    )
  for (const [index, each] of content.packages.entries()) {
    const component = componentOf(library, each, index)
    bom.components.add(component)
    image.dependencies.add(component.bomRef)
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6))
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`
}

function componentOf({ Models, Enums }: Library, each: SbomPackage, index: number) {
  const component = new Models.Component(Enums.ComponentType.Library, each.name, {
    version: each.version,
    bomRef: `package-${index}`,
    ...(each.purl === '' ? {} : { purl: each.purl }),
  })
  const expression = expressionOf(each.licences)
  if (expression !== undefined) component.licenses.add(new Models.LicenseExpression(expression))
  else for (const licence of each.licences) if (licence !== '') component.licenses.add(new Models.NamedLicense(licence))
  const say = (name: string, value: string) => component.properties.add(new Models.Property(name, value))
  say('berth:ecosystem', each.ecosystem)
  if (each.source) say('berth:source', `${each.source.name}@${each.source.version}`)
  if (each.saidBy) say('berth:saidBy', each.saidBy)
  for (const [index, { layer, path }] of each.places.entries()) {
    say(`berth:location:${index}:path`, path)
    if (layer) say(`berth:location:${index}:layerID`, layer)
  }
  return component
}
