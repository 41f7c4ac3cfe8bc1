import { type Json, list, object } from '../../../../platform/foreign-json/index.ts'
import { wordOf } from '../document.ts'
import type { Document, Listed } from './cyclonedx.ts'
import type { SaidSystem } from './purl-packages.ts'
import { builtFrom } from './sources.ts'

const SAYS_NOTHING = new Set(['NOASSERTION', 'NONE'])

/** SPDX 2.2 and 2.3. */
export function readSpdx2(document: Json): Document {
  const packages = list(document.packages).map(object)
  const isSystem = (one: Json) => one.primaryPackagePurpose === 'OPERATING-SYSTEM'
  const creators = list(object(document.creationInfo).creators).map(wordOf)
  return {
    madeBy: creators.find(creator => creator?.startsWith('Tool: '))?.slice('Tool: '.length) ?? '',
    about: wordOf(packages.find(one => one.primaryPackagePurpose === 'CONTAINER')?.versionInfo),
    system: systemOf(packages.find(isSystem)),
    listed: packages.filter(one => !isSystem(one)).map(listedIn2),
  }
}

function systemOf(one: Json | undefined): SaidSystem | undefined {
  const id = wordOf(one?.name)
  return id === undefined ? undefined : { id, version: wordOf(one?.versionInfo) ?? '' }
}

function listedIn2(one: Json): Listed {
  const reference = list(one.externalRefs)
    .map(object)
    .find(({ referenceType }) => referenceType === 'purl')
  const licence = [one.licenseConcluded, one.licenseDeclared]
    .map(wordOf)
    .find(text => text !== undefined && !SAYS_NOTHING.has(text))
  return {
    purl: wordOf(reference?.referenceLocator),
    said: {
      name: wordOf(one.name),
      licences: licence === undefined ? [] : [licence],
      source: builtFrom(wordOf(one.sourceInfo)),
    },
  }
}

/** SPDX 3.0, whose elements are a flat list. */
export function readSpdx3(document: Json): Document {
  const elements = list(document['@graph']).map(object)
  const of = (type: string) => elements.filter(element => element.type === type || element['@type'] === type)
  return {
    madeBy: wordOf(of('Tool')[0]?.name) ?? '',
    about: undefined,
    system: undefined,
    listed: of('software_Package').map(listedIn3),
  }
}

function listedIn3(one: Json): Listed {
  const identifier = list(one.externalIdentifier)
    .map(object)
    .find(({ externalIdentifierType: type }) => type === 'packageUrl' || type === 'purl')
  return {
    purl: wordOf(one.software_packageUrl) ?? wordOf(identifier?.identifier),
    said: { name: wordOf(one.name), licences: [] },
  }
}
