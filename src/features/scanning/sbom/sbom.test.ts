import { describe, expect, test } from 'bun:test'
import { Spec, Validation } from '@cyclonedx/cyclonedx-library'
import type { Digest, RepositoryName } from '../../../oci/index.ts'
import { writeSbom } from './make-sbom.ts'
import type { SbomContent } from './sbom-content.ts'

const digest = `sha256:${'a'.repeat(64)}` as Digest
const layer = `sha256:${'b'.repeat(64)}` as Digest
const content: SbomContent = {
  repository: 'team/app' as RepositoryName,
  digest,
  platform: 'linux/amd64',
  distribution: { id: 'debian', version: '12', name: 'Debian GNU/Linux 12' },
  madeAt: 1_790_000_000_123,
  packages: [
    {
      ecosystem: 'Debian:12',
      name: 'libssl3',
      version: '3.0.11-1~deb12u2',
      source: { name: 'openssl', version: '3.0.11-1~deb12u2' },
      purl: 'pkg:deb/debian/libssl3@3.0.11-1~deb12u2?distro=debian-12',
      licences: ['Apache-2.0', 'some licence of its own'],
      places: [{ layer, path: 'var/lib/dpkg/status' }],
      saidBy: undefined,
    },
    {
      ecosystem: 'npm',
      name: '@scope/left-pad',
      version: '1.3.0',
      source: undefined,
      purl: 'pkg:npm/%40scope/left-pad@1.3.0',
      licences: ['WTFPL', 'MIT OR Apache-2.0'],
      places: [
        { layer, path: 'app/node_modules/@scope/left-pad/package.json' },
        { layer, path: 'app/other/package.json' },
      ],
      saidBy: undefined,
    },
    {
      ecosystem: 'Go',
      name: 'stdlib',
      version: '1.22.0',
      source: undefined,
      purl: '',
      licences: [],
      places: [{ layer: undefined, path: '' }],
      saidBy: layer,
    },
  ],
  problems: [{ path: 'app/broken.jar', reason: 'it is no archive' }],
  version: '0.1.0',
}

describe('an SBOM as CycloneDX', () => {
  test('is what the schema of 1.6 says, to the letter', async () => {
    const { text, mediaType } = await writeSbom('cyclonedx', content)
    expect(mediaType).toBe('application/vnd.cyclonedx+json')
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6)
    expect(await validator.validate(text)).toBeNull()
    expect(JSON.parse(text)).toMatchObject({
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      metadata: { component: { type: 'container', name: 'team/app', version: digest } },
    })
  })

  test('names licences as expressions where they are, with the places of each package', async () => {
    const { components } = JSON.parse((await writeSbom('cyclonedx', content)).text)
    const find = (name: string) => components.find((each: { name: string }) => each.name === name)
    expect(find('@scope/left-pad').licenses).toEqual([{ expression: 'WTFPL AND (MIT OR Apache-2.0)' }])
    expect(find('libssl3').licenses).toEqual([
      { license: { name: 'Apache-2.0' } },
      { license: { name: 'some licence of its own' } },
    ])
    expect(find('@scope/left-pad').properties).toContainEqual({
      name: 'berth:location:1:path',
      value: 'app/other/package.json',
    })
    expect(find('stdlib').properties).toContainEqual({ name: 'berth:saidBy', value: layer })
  })
})

describe('an SBOM as SPDX', () => {
  test('has what 2.3 asks of a document, its packages and relationships', async () => {
    const { text, mediaType } = await writeSbom('spdx', content)
    expect(mediaType).toBe('application/spdx+json')
    const document = JSON.parse(text)
    expect(document).toMatchObject({
      spdxVersion: 'SPDX-2.3',
      dataLicense: 'CC0-1.0',
      SPDXID: 'SPDXRef-DOCUMENT',
      creationInfo: { created: '2026-09-21T14:13:20Z', creators: ['Tool: berth-0.1.0'] },
    })
    const ids = document.packages.map((each: { SPDXID: string }) => each.SPDXID)
    expect(new Set(ids).size).toBe(4)
    for (const each of document.packages) {
      expect(each.SPDXID).toMatch(/^SPDXRef-[A-Za-z0-9.-]+$/)
      expect(each).toMatchObject({ downloadLocation: 'NOASSERTION', filesAnalyzed: false })
    }
    for (const { spdxElementId, relatedSpdxElement } of document.relationships) {
      expect([...ids, 'SPDXRef-DOCUMENT']).toContain(spdxElementId)
      expect(ids).toContain(relatedSpdxElement)
    }
    expect(document.packages[1]).toMatchObject({
      licenseDeclared: 'NOASSERTION',
      licenseComments: 'Apache-2.0, some licence of its own',
    })
  })
})

test('the same content makes the same bytes, and other content another number', async () => {
  for (const format of ['cyclonedx', 'spdx'] as const) {
    const { text } = await writeSbom(format, content)
    expect((await writeSbom(format, structuredClone(content))).text).toBe(text)
    const { text: other } = await writeSbom(format, { ...content, packages: content.packages.slice(1) })
    expect(numberOf(other)).not.toBe(numberOf(text))
  }
})

function numberOf(text: string): string {
  const document = JSON.parse(text)
  return document.serialNumber ?? document.documentNamespace
}
