import { expect, test } from 'bun:test'
import type { Digest } from '../../../../oci/index.ts'
import { readSbom } from './read-sbom.ts'

const read = (document: object, mediaType = 'application/json') =>
  readSbom(new TextEncoder().encode(JSON.stringify(document)), mediaType)
const brief = (document: object) =>
  read(document).packages.map(({ ecosystem, name, version }) => `${ecosystem} ${name} ${version}`)

const cycloneDx = (components: readonly object[]) => ({ bomFormat: 'CycloneDX', specVersion: '1.5', components })
const spdx = (purls: readonly string[]) => ({
  spdxVersion: 'SPDX-2.3',
  packages: purls.map(purl => ({
    name: 'x',
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }],
  })),
})

test('package-urls of every ecosystem become its own names', () => {
  const purls = [
    'pkg:npm/%40angular/core@16.0.0',
    'pkg:pypi/Typing_Extensions@4.0',
    'pkg:golang/github.com/spf13/cobra@v1.7.0',
    'pkg:golang/stdlib@go1.22.3',
    'pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1',
    'pkg:gem/rack@2.2.3?platform=ruby',
    'pkg:composer/Symfony/http-kernel@v5.4.0',
    'pkg:cargo/tokio@1.0.0',
    'pkg:nuget/Newtonsoft.Json@12.0.1',
  ]
  expect(brief(spdx(purls))).toEqual([
    'npm @angular/core 16.0.0',
    'PyPI typing-extensions 4.0',
    'Go github.com/spf13/cobra v1.7.0',
    'Go stdlib 1.22.3',
    'Maven org.apache.logging.log4j:log4j-core 2.14.1',
    'RubyGems rack 2.2.3',
    'Packagist symfony/http-kernel v5.4.0',
    'crates.io tokio 1.0.0',
    'NuGet Newtonsoft.Json 12.0.1',
  ])
})

test('packages of distributions are of the release that their purl or the document names', () => {
  const purls = [
    'pkg:deb/debian/libc6@2.36-9+deb12u4?arch=amd64&distro=debian-12&upstream=glibc',
    'pkg:deb/ubuntu/bash@5.1-6?distro=ubuntu-22.04',
    'pkg:apk/alpine/musl@1.2.4-r2?distro=alpine-3.19.1',
    'pkg:apk/alpine/musl@1.2.4-r2?distro=3.19.1',
    'pkg:apk/wolfi/curl@8.5.0-r0?distro=wolfi-20230201',
    'pkg:rpm/redhat/bash@5.1.8-6.el9?arch=x86_64&distro=rhel-9.3&epoch=1&upstream=bash-5.1.8-6.el9.src.rpm',
    'pkg:rpm/rocky/bash@5.1.8-6.el9?distro=rocky-9.3',
    'pkg:rpm/amzn/bash@5.2.15?distro=amzn-2023',
    'pkg:rpm/opensuse/bash@4.4?distro=opensuse-leap-15.5',
  ]
  const { packages } = read(spdx(purls))
  expect(packages.map(({ ecosystem, name, version }) => `${ecosystem} ${name} ${version}`)).toEqual([
    'Debian:12 libc6 2.36-9+deb12u4',
    'Ubuntu:22.04:LTS bash 5.1-6',
    'Alpine:v3.19 musl 1.2.4-r2',
    'Alpine:v3.19 musl 1.2.4-r2',
    'Wolfi curl 8.5.0-r0',
    'Red Hat:9 bash 1:5.1.8-6.el9',
    'Rocky Linux:9 bash 5.1.8-6.el9',
    'Amazon Linux:2023 bash 5.2.15',
    'openSUSE:Leap 15.5 bash 4.4',
  ])
  expect(packages[0]?.source).toEqual({ name: 'glibc', version: '2.36-9+deb12u4' })
  expect(packages[5]?.source).toEqual({ name: 'bash', version: '5.1.8-6.el9' })
  const trivy = cycloneDx([
    { type: 'operating-system', name: 'debian', version: '12.4' },
    {
      type: 'library',
      name: 'libc6',
      purl: 'pkg:deb/debian/libc6@2.36-9',
      licenses: [{ license: { id: 'LGPL-2.1-only' } }],
      properties: [
        { name: 'aquasecurity:trivy:SrcName', value: 'glibc' },
        { name: 'aquasecurity:trivy:SrcVersion', value: '2.36' },
        { name: 'aquasecurity:trivy:SrcRelease', value: '9' },
      ],
    },
  ])
  expect(read(trivy).packages[0]).toMatchObject({
    ecosystem: 'Debian:12',
    source: { name: 'glibc', version: '2.36-9' },
    licences: ['LGPL-2.1-only'],
  })
})

test('components within components are read, and the case of Go modules is as their name has it', () => {
  const document = cycloneDx([
    {
      type: 'application',
      name: 'app',
      components: [
        { type: 'library', name: 'github.com/BurntSushi/toml', purl: 'pkg:golang/github.com/burntsushi/toml@v1.2.1' },
      ],
    },
  ])
  expect(brief(document)).toEqual(['Go github.com/BurntSushi/toml v1.2.1'])
  expect(read(document).problems).toEqual(['1 of 2: no package-url, so that it cannot be told what they are'])
})

test('statements and envelopes are opened', () => {
  const inside = spdx(['pkg:npm/left-pad@1.0.0'])
  const statement = {
    _type: 'https://in-toto.io/Statement/v0.1',
    predicateType: 'https://spdx.dev/Document',
    predicate: inside,
  }
  expect(brief(statement)).toEqual(['npm left-pad 1.0.0'])
  expect(brief({ ...statement, predicate: { Data: JSON.stringify(inside) } })).toEqual(['npm left-pad 1.0.0'])
  expect(read({ ...statement, subject: [{ name: 'x', digest: { sha256: 'a'.repeat(64) } }] }).about).toBe(
    `sha256:${'a'.repeat(64)}` as Digest,
  )
  const payload = Buffer.from(JSON.stringify(statement)).toString('base64')
  expect(brief({ payloadType: 'application/vnd.in-toto+json', payload, signatures: [] })).toEqual([
    'npm left-pad 1.0.0',
  ])
})

test('SPDX 3.0 is read', () => {
  const graph = [
    { type: 'CreationInfo' },
    { type: 'software_Package', name: 'left-pad', software_packageUrl: 'pkg:npm/left-pad@1.0.0' },
    {
      type: 'software_Package',
      externalIdentifier: [{ externalIdentifierType: 'packageUrl', identifier: 'pkg:npm/right-pad@1.0.0' }],
    },
  ]
  expect(brief({ '@context': 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld', '@graph': graph })).toEqual([
    'npm left-pad 1.0.0',
    'npm right-pad 1.0.0',
  ])
})

test('which tool made a document, and of what, is told', () => {
  const metadata = {
    tools: { components: [{ type: 'application', name: 'syft', version: '1.57.1' }] },
    component: { type: 'container', name: 'app', version: `sha256:${'b'.repeat(64)}` },
  }
  expect(read({ ...cycloneDx([]), metadata })).toMatchObject({
    madeBy: 'syft 1.57.1',
    about: `sha256:${'b'.repeat(64)}`,
  })
  expect(read({ ...cycloneDx([]), metadata: { tools: [{ name: 'trivy', version: '0.50' }] } }).madeBy).toBe(
    'trivy 0.50',
  )
  const creationInfo = { creators: ['Organization: Anchore', 'Tool: syft-1.57.1'] }
  expect(read({ ...spdx([]), creationInfo }).madeBy).toBe('syft-1.57.1')
})

test('what is no such document is refused, and what cannot be used of one is told', () => {
  expect(() => read({ hello: 'world' })).toThrow('neither CycloneDX nor SPDX')
  expect(() => read({ predicateType: 'https://slsa.dev/provenance/v1', predicate: {} })).toThrow(
    'neither CycloneDX nor SPDX',
  )
  expect(() => readSbom(new Uint8Array(), 'application/vnd.cyclonedx+xml')).toThrow('attach the JSON form')
  expect(read(spdx(['pkg:npm/left-pad', 'nonsense', 'pkg:generic/x@1'])).problems).toEqual([
    '1 of 3: no version',
    '1 of 3: a package-url that is none',
    '1 of 3: packages of the type generic, of which no advisories tell',
  ])
})
