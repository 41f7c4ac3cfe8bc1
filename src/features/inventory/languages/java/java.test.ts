import { expect, test } from 'bun:test'
import { foundBy, zipOf } from '../../../../../test/support/package-files.ts'
import { PartlyRead } from '../../partly-read.ts'
import { OverBudget, unpackMember, type ZipMember, zipMembers } from '../zip.ts'
import { JAVA_ARCHIVES } from './archives.ts'

const find = (path: string, bytes: Uint8Array) => foundBy([JAVA_ARCHIVES], path, bytes)
const names = async (path: string, bytes: Uint8Array) =>
  (await find(path, bytes))?.map(({ name, version, within }) => `${name} ${version}${within ? ` in ${within}` : ''}`)
const properties = (group: string, artifact: string, version: string) => ({
  [`META-INF/maven/${group}/${artifact}/pom.properties`]: `#Generated\ngroupId=${group}\nartifactId=${artifact}\nversion=${version}\n`,
})
const manifest = (...lines: string[]) => ({
  'META-INF/MANIFEST.MF': ['Manifest-Version: 1.0', ...lines, ''].join('\r\n'),
})

const LOG4J = zipOf({
  ...manifest('Bundle-License: https://www.apache.org/licenses/LICENSE-2.0.txt'),
  ...properties('org.apache.logging.log4j', 'log4j-core', '2.14.1'),
})

test('an archive is what Maven left in it', async () => {
  expect(await find('srv/log4j-core-2.14.1.jar', LOG4J)).toEqual([
    {
      ecosystem: 'Maven',
      name: 'org.apache.logging.log4j:log4j-core',
      version: '2.14.1',
      purl: 'pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1',
      licences: ['https://www.apache.org/licenses/LICENSE-2.0.txt'],
    },
  ])
})

test('archives in archives are read, stored and deflated, behind a script too', async () => {
  const war = zipOf({ 'stored:WEB-INF/lib/log4j-core-2.14.1.jar': LOG4J, 'WEB-INF/lib/other.jar': LOG4J })
  const ear = zipOf({ ...manifest('Implementation-Version: 3.0'), 'app.war': war }, '#!/bin/sh\nexec java -jar "$0"\n')
  expect(await names('srv/shop.ear', ear)).toEqual([
    'org.apache.logging.log4j:log4j-core 2.14.1 in app.war!/WEB-INF/lib/log4j-core-2.14.1.jar',
    'org.apache.logging.log4j:log4j-core 2.14.1 in app.war!/WEB-INF/lib/other.jar',
    'shop:shop 3.0',
  ])
})

test('every artifact that was put together into one archive is found, and the archive itself', async () => {
  const shaded = zipOf({
    ...manifest('Implementation-Version: 1.0', 'Implementation-Vendor-Id: com.acme'),
    ...properties('com.google.guava', 'guava', '19.0'),
    ...properties('org.yaml', 'snakeyaml', '1.26'),
    ...properties('com.acme', 'half-built', '$' + '{project.version}'),
  })
  expect(await names('srv/shop.jar', shaded)).toEqual([
    'com.google.guava:guava 19.0',
    'org.yaml:snakeyaml 1.26',
    'com.acme:shop 1.0',
  ])
})

test('without properties the name of the file, the manifest and what is known of groups tell', async () => {
  expect(await names('lib/spring-core-5.3.0.jar', zipOf(manifest()))).toEqual(['org.springframework:spring-core 5.3.0'])
  expect(await names('lib/spring-security-web-5.3.0.jar', zipOf(manifest()))).toEqual([
    'org.springframework.security:spring-security-web 5.3.0',
  ])
  const bundle = zipOf(manifest('Bundle-SymbolicName: org.acme.thi', ' ngs;singleton:=true', 'Bundle-Version: 1.5'))
  expect(await names('lib/things.jar', bundle)).toEqual(['org.acme:things 1.5'])
  expect(await names('lib/kafka_2.13-3.4.0.jar', zipOf(manifest()))).toEqual(['org.apache.kafka:kafka_2.13 3.4.0'])
  // As several tools put group and artifact into one name.
  expect(await names('lib/com.acme.tools-1.0.jar', zipOf({}))).toEqual(['com.acme:tools 1.0'])
  expect(await names('lib/nothing.jar', zipOf(manifest()))).toEqual([])
})

test('a damaged archive in another is told of, and hides nothing else', async () => {
  const war = zipOf({ 'WEB-INF/lib/broken.jar': 'PK no more', 'WEB-INF/lib/log4j-core.jar': LOG4J })
  const error = await find('srv/a.war', war).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(PartlyRead)
  expect((error as PartlyRead).message).toContain('it is no zip archive')
  expect((error as PartlyRead).packages.map(({ name }) => name)).toEqual(['org.apache.logging.log4j:log4j-core'])
})

test('an archive that unpacks to more than is read is refused with a reason', async () => {
  const bomb = zipOf({ 'META-INF/MANIFEST.MF': new Uint8Array(9 * 1024 * 1024) })
  await expect(find('bomb.jar', bomb)).rejects.toThrow('META-INF/MANIFEST.MF is larger than 8388608 bytes')
  const archive = zipOf({ 'a.jar': new Uint8Array(900), 'stored:b.jar': new Uint8Array(200) })
  const budget = { leftBytes: 1000, leftMembers: 10 }
  const [first, second] = [...zipMembers(archive, budget)] as [ZipMember, ZipMember]
  expect(unpackMember(archive, first, 5000, budget).byteLength).toBe(900)
  expect(() => unpackMember(archive, first, 5000, budget)).toThrow('unpacks to more than is read of one file')
  expect(() => unpackMember(archive, second, 5000, budget)).toThrow(OverBudget)
  expect(() => [...zipMembers(archive, { leftBytes: 0, leftMembers: 1 })]).toThrow(OverBudget)
})

test('archives in archives without end are refused with a reason', async () => {
  let nested: Uint8Array = zipOf(manifest())
  for (let depth = 0; depth < 12; depth++) nested = zipOf({ 'in.jar': nested })
  await expect(find('deep.jar', nested)).rejects.toThrow('in.jar is in 8 archives, and deeper ones are not read')
})

test('what is cut short, encrypted, or lies about where its members are is told of', async () => {
  await expect(find('cut.jar', LOG4J.subarray(0, LOG4J.byteLength - 30))).rejects.toThrow('its end is missing')
  const lying = LOG4J.slice()
  new DataView(lying.buffer).setUint32(lying.byteLength - 10, 0xffff_0000, true)
  await expect(find('lying.jar', lying)).rejects.toThrow('larger than the archive')
  const encrypted = LOG4J.slice()
  const entry = Buffer.from(encrypted).indexOf(Buffer.from('504b0102', 'hex'))
  encrypted[entry + 8] = 1
  await expect(find('encrypted.jar', encrypted)).rejects.toThrow('META-INF/MANIFEST.MF is encrypted')
})

test('other archives are left alone', async () => {
  expect(await find('srv/photos.zip', LOG4J)).toBeUndefined()
  expect(await find('srv/photos.rar', new TextEncoder().encode('Rar!....'))).toBeUndefined()
})
