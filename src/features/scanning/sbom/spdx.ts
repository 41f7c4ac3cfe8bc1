import { expressionOf } from './licences.ts'
import { instantOf, purlOfImage, type SbomContent, type SbomPackage, uuidOf } from './sbom-content.ts'

const IMAGE = 'SPDXRef-image'

/** SPDX 2.3, JSON. */
export function spdxOf(content: SbomContent): string {
  const created = instantOf(content.madeAt).toISOString().replace('.000Z', 'Z')
  const unread = content.problems.map(({ path, reason }) => (path === '' ? reason : `${path}: ${reason}`))
  const document = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `${content.repository}@${content.digest}`,
    documentNamespace: `urn:uuid:${uuidOf(content)}`,
    creationInfo: { created, creators: [`Tool: berth-${content.version}`] },
    ...(unread.length === 0 ? {} : { comment: `Not read: ${unread.join('; ')}` }),
    packages: [imageOf(content), ...content.packages.map(packageOf)],
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relatedSpdxElement: IMAGE, relationshipType: 'DESCRIBES' },
      ...content.packages.map((_, index) => ({
        spdxElementId: IMAGE,
        relatedSpdxElement: idOf(index),
        relationshipType: 'CONTAINS',
      })),
    ],
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function imageOf(content: SbomContent) {
  const { repository, digest, platform, distribution } = content
  const [algorithm = '', checksum] = digest.split(':')
  const facts = [
    ...(platform ? [`platform ${platform}`] : []),
    ...(distribution ? [`distribution ${distribution.id} ${distribution.version}`.trim()] : []),
  ]
  return {
    SPDXID: IMAGE,
    name: repository,
    versionInfo: digest,
    ...COMMON,
    licenseDeclared: 'NOASSERTION',
    primaryPackagePurpose: 'CONTAINER',
    checksums: [{ algorithm: algorithm.toUpperCase(), checksumValue: checksum }],
    externalRefs: [purlReference(purlOfImage(content))],
    ...(facts.length === 0 ? {} : { comment: facts.join(', ') }),
  }
}

const COMMON = {
  downloadLocation: 'NOASSERTION',
  filesAnalyzed: false,
  licenseConcluded: 'NOASSERTION',
  copyrightText: 'NOASSERTION',
} as const

function packageOf(each: SbomPackage, index: number) {
  const expression = expressionOf(each.licences)
  const where = each.places.map(({ path, layer }) => (layer ? `${path} (layer ${layer})` : path)).join('; ')
  const said = each.saidBy ? `said by ${each.saidBy}` : `found in ${where}`
  const built = each.source ? `built from ${each.source.name} ${each.source.version}, ` : ''
  return {
    SPDXID: idOf(index),
    name: each.name,
    versionInfo: each.version,
    ...COMMON,
    licenseDeclared: expression ?? 'NOASSERTION',
    ...(expression === undefined && each.licences.length > 0 ? { licenseComments: each.licences.join(', ') } : {}),
    sourceInfo: `${each.ecosystem}: ${built}${said}`,
    primaryPackagePurpose: 'LIBRARY',
    ...(each.purl === '' ? {} : { externalRefs: [purlReference(each.purl)] }),
  }
}

function idOf(index: number): string {
  return `SPDXRef-package-${index}`
}

function purlReference(purl: string) {
  return { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }
}
