import { describe, expect, test } from 'bun:test'
import { fetchSources, matchPackages, sourceStatuses } from '../../src/features/advisories/index.ts'
import type { Engine } from '../../src/stores/metadata/engine.ts'
import { onBothEngines } from '../support/both-engines.ts'
import { advisingOver, digestOf, gz, osv, seedImages, seedPackages } from './store.ts'
import { zipOf } from './zip.ts'

const entriesOf = async ({ db }: Engine) =>
  (await db.selectFrom('audit_inbox').select('entry').orderBy('id').execute()).map(({ entry }) => JSON.parse(entry))

const HOUR = 3_600_000
const REQUESTS = { ecosystem: 'PyPI', name: 'requests', version: '2.19.0' }
const FIXED = [{ introduced: '0' }, { fixed: '2.20.0' }]

onBothEngines((name, open) => {
  describe(`findings on ${name}`, () => {
    test('a package that an advisory names is found in every image that holds it', async () => {
      await using opened = await open()
      await using own = await advisingOver(opened.engine)
      const [vulnerable, safe] = await seedPackages(opened.engine, [REQUESTS, { ...REQUESTS, version: '2.20.0' }])
      await seedImages(opened.engine, 'shop/web', [
        { digest: digestOf(1), packages: [vulnerable as number, safe as number] },
        { digest: digestOf(2), packages: [safe as number] },
      ])
      const record = osv('PYSEC-2018-28', 'PyPI', 'Requests', FIXED, {
        aliases: ['CVE-2018-18074', 'GHSA-x84v-xcm2-53pg'],
        severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N' }],
      })
      const matched = await own.take({
        'PyPI/PYSEC-2018-28.json': record,
        'epss_scores.csv.gz': gz(
          '#model_version:v2025,score_date:2026-01-02T00:00:00+0000\ncve,epss,percentile\nCVE-2018-18074,0.5,0.9\n',
        ),
        'kev.json': {
          catalogVersion: '1',
          count: 1,
          vulnerabilities: [{ cveID: 'CVE-2018-18074', dateAdded: '2026-01-01' }],
        },
      })
      expect(matched).toEqual({ packages: 2, found: 1, ended: 0 })
      expect(await own.tables.findings.of('shop/web' as never, digestOf(1))).toEqual([
        {
          vulnerability: 'CVE-2018-18074',
          aliases: ['GHSA-x84v-xcm2-53pg', 'PYSEC-2018-28'],
          severity: 'high',
          cvssScore: 7.5,
          epssScore: 0.5,
          isExploited: true,
          ecosystem: 'PyPI',
          package: 'requests',
          version: '2.19.0',
          purl: expect.any(String),
          summary: 'PYSEC-2018-28 in Requests',
          source: 'osv:PyPI',
          fixedIn: '2.20.0',
          layer: `sha256:${'f'.repeat(64)}` as never,
          path: 'usr/lib/x',
          since: own.clock.now,
          url: 'https://osv.dev/vulnerability/PYSEC-2018-28',
        },
      ])
      expect(await own.tables.findings.of('shop/web' as never, digestOf(2))).toEqual([])
      const told = (await entriesOf(opened.engine)).filter(({ type }) => type === 'finding.new')
      expect(told).toEqual([
        expect.objectContaining({
          category: 'system',
          resource: { project: 'shop', repository: 'shop/web', digest: digestOf(1) },
          detail: expect.objectContaining({
            severity: 'high',
            vulnerabilities: ['CVE-2018-18074'],
            fixedIn: ['2.20.0'],
          }),
        }),
      ])
    })

    test('what is withdrawn ends a finding, and what comes back reopens it', async () => {
      await using opened = await open()
      await using own = await advisingOver(opened.engine)
      const [id] = await seedPackages(opened.engine, [REQUESTS])
      await seedImages(opened.engine, 'a/b', [{ digest: digestOf(1), packages: [id as number] }])
      const record = osv('GHSA-1111-1111-1111', 'PyPI', 'requests', FIXED)
      const other = osv('GHSA-2222-2222-2222', 'PyPI', 'flask', FIXED)
      const history = () =>
        opened.engine.db
          .selectFrom('package_findings')
          .select(['vulnerability', 'first_seen_at', 'since', 'ended_at', 'reopened'])
          .execute()
      await own.take({ 'PyPI/1.json': record, 'PyPI/2.json': other })
      const first = own.clock.now
      own.clock.now += 1000
      // Gone from the set altogether.
      expect(await own.take({ 'PyPI/2.json': other })).toEqual({ packages: 1, found: 0, ended: 1 })
      expect(await own.tables.findings.of('shop/web' as never, digestOf(1))).toEqual([])
      own.clock.now += 1000
      expect((await own.take({ 'PyPI/1.json': record, 'PyPI/2.json': other })).found).toBe(1)
      expect(await history()).toEqual([
        {
          vulnerability: 'GHSA-1111-1111-1111',
          first_seen_at: first,
          since: first + 2000,
          ended_at: null,
          reopened: 1,
        },
      ])
      own.clock.now += 1000
      const withdrawn = { ...record, withdrawn: '2026-02-03T00:00:00Z' }
      expect((await own.take({ 'PyPI/1.json': withdrawn, 'PyPI/2.json': other })).ended).toBe(1)
      expect(await own.tables.matching.forgetEnded(own.clock.now + 1, 10)).toBe(1)
      expect(await history()).toEqual([])
    })

    test('a finding that gets its CVE later stays the same finding', async () => {
      await using opened = await open()
      await using own = await advisingOver(opened.engine)
      const [id] = await seedPackages(opened.engine, [REQUESTS])
      await seedImages(opened.engine, 'a/b', [{ digest: digestOf(1), packages: [id as number] }])
      const record = osv('GHSA-1111-1111-1111', 'PyPI', 'requests', FIXED)
      await own.take({ 'PyPI/1.json': record })
      const since = own.clock.now
      own.clock.now += 1000
      expect(await own.take({ 'PyPI/1.json': { ...record, aliases: ['CVE-2026-1'] } })).toMatchObject({
        found: 0,
        ended: 0,
      })
      expect(await own.tables.findings.of('shop/web' as never, digestOf(1))).toMatchObject([
        { vulnerability: 'CVE-2026-1', since },
      ])
      expect((await entriesOf(opened.engine)).filter(({ type }) => type === 'finding.new')).toHaveLength(1)
    })

    test('a set that is broken anywhere changes nothing, and the source says why', async () => {
      await using opened = await open()
      await using own = await advisingOver(opened.engine)
      const [id] = await seedPackages(opened.engine, [REQUESTS])
      await seedImages(opened.engine, 'a/b', [{ digest: digestOf(1), packages: [id as number] }])
      const record = osv('GHSA-1111-1111-1111', 'PyPI', 'requests', FIXED)
      await own.take({ 'PyPI/1.json': record })
      const many = Object.fromEntries(
        Array.from({ length: 500 }, (_, at) => [`PyPI/${at + 10}.json`, osv(`X-${at}`, 'PyPI', 'requests', FIXED)]),
      )
      const broken = own.take({ ...many, 'PyPI/z.json': '{"id": "X-1", "affected": [' })
      await expect(broken).rejects.toThrow('PyPI/z.json: It is not JSON')
      await broken.catch(() => undefined)
      expect(
        (await own.tables.findings.of('shop/web' as never, digestOf(1))).map(({ vulnerability }) => vulnerability),
      ).toEqual(['GHSA-1111-1111-1111'])
      expect(await own.tables.sources.list(own.clock.now)).toMatchObject([
        { id: 'osv:PyPI', records: 1, problem: expect.stringContaining('not JSON'), isUnderWay: false },
      ])
      expect(await opened.engine.db.selectFrom('advisories').select('id').execute()).toHaveLength(1)
      // What a process that was killed had written is in nobody's way either.
      const claim = await own.tables.sources.claim(
        { id: 'osv:PyPI', format: 'osv' },
        { holder: 'killed', now: own.clock.now, until: own.clock.now + 10 },
      )
      expect(claim).toBeDefined()
      await expect(own.take({ 'PyPI/1.json': record })).rejects.toThrow('Another update of osv:PyPI is under way')
      own.clock.now += 20
      expect((await own.takeOnly({ 'PyPI/1.json': record })).used).toEqual([
        { source: 'osv:PyPI', format: 'osv', records: 1, changed: 0 },
      ])
    })

    test('of more images than are told one by one, repositories are told', async () => {
      await using opened = await open()
      await using own = await advisingOver(opened.engine)
      const ids = await seedPackages(opened.engine, [REQUESTS])
      const images = (from: number, count: number) =>
        Array.from({ length: count }, (_, at) => ({ digest: digestOf(from + at), packages: ids }))
      await seedImages(opened.engine, 'shop/web', images(0, 700))
      await seedImages(opened.engine, 'shop/api', images(700, 400))
      await own.take({ 'PyPI/1.json': osv('GHSA-1', 'PyPI', 'requests', FIXED) })
      const told = (await entriesOf(opened.engine)).filter(({ type }) => type === 'finding.new')
      expect(told.map(({ resource, count, detail }) => [resource.repository, count, detail.images])).toEqual([
        ['shop/api', 400, 400],
        ['shop/web', 700, 700],
      ])
    })

    test('a schedule asks for what is due, soon again after a fault, and nobody where no image holds a package', async () => {
      await using opened = await open()
      const asked: string[] = []
      let isBroken = false
      await using own = await advisingOver(opened.engine, {
        sources: [
          { name: 'osv', url: 'https://osv.example/{ecosystem}/all.zip' },
          { name: 'kev', url: 'https://kev.example/kev.json' },
        ],
        intervalMs: 6 * HOUR,
        fetch: async url => {
          asked.push(String(url))
          if (isBroken) throw new Error('There is no way out.')
          const records = { catalogVersion: '1', vulnerabilities: [{ cveID: 'CVE-2026-1' }] }
          const zip = zipOf({ '1.json': JSON.stringify(osv('GHSA-1', 'PyPI', 'requests', FIXED)) })
          return new Response(String(url).endsWith('.zip') ? (zip as Uint8Array<ArrayBuffer>) : JSON.stringify(records))
        },
      })
      const look = async () => {
        asked.length = 0
        await fetchSources(own.advising, { signal: new AbortController().signal, isScheduled: true })
        return asked.map(url => new URL(url).pathname)
      }
      expect(await look()).toEqual([])
      await seedPackages(opened.engine, [REQUESTS, { ...REQUESTS, ecosystem: 'Debian:12' }])
      expect(await look()).toEqual(['/Debian/all.zip', '/PyPI/all.zip', '/kev.json'])
      expect(await look()).toEqual([])
      own.clock.now += 6 * HOUR
      isBroken = true
      expect(await look()).toHaveLength(3)
      own.clock.now += HOUR / 5
      expect(await look()).toEqual([])
      own.clock.now += HOUR / 5
      isBroken = false
      expect(await look()).toHaveLength(3)
      expect((await sourceStatuses(own.advising)).map(({ id, isStale, problem }) => [id, isStale, problem])).toEqual([
        ['kev', false, undefined],
        ['osv:Debian', false, undefined],
        ['osv:PyPI', false, undefined],
      ])
      own.clock.now += 25 * HOUR
      expect((await sourceStatuses(own.advising)).every(({ isStale }) => isStale)).toBe(true)
    })

    test('only packages that a changed advisory names are matched again', async () => {
      await using opened = await open()
      await using own = await advisingOver(opened.engine)
      const names = ['a', 'b', 'c', 'd']
      const ids = await seedPackages(
        opened.engine,
        names.map(name => ({ ecosystem: 'npm', name, version: '1.0.0' })),
      )
      const record = (name: string, fixed: string) => osv(`GHSA-${name}`, 'npm', name, [{ introduced: '0' }, { fixed }])
      const all = Object.fromEntries(names.map(name => [`npm/${name}.json`, record(name, '2.0.0')]))
      expect(await own.take(all)).toEqual({ packages: 4, found: 4, ended: 0 })
      expect(await own.take({ ...all, 'npm/b.json': record('b', '0.9.0') })).toEqual({
        packages: 1,
        found: 0,
        ended: 1,
      })
      expect(await own.take({ ...all, 'npm/b.json': record('b', '0.9.0') })).toEqual({
        packages: 0,
        found: 0,
        ended: 0,
      })
      const [late] = await seedPackages(opened.engine, [{ ecosystem: 'npm', name: 'c', version: '1.5.0' }])
      await matchPackages(own.advising, [late as number, ids[0] as number])
      const rows = await opened.engine.db
        .selectFrom('package_findings')
        .select('package_id')
        .where('ended_at', 'is', null)
        .execute()
      expect(new Set(rows.map(row => row.package_id))).toEqual(new Set([ids[0], ids[2], ids[3], late]) as Set<number>)
    })

    test('lists page through everything once, by whatever is asked', async () => {
      await using opened = await open()
      await using own = await advisingOver(opened.engine)
      const ids = await seedPackages(opened.engine, [
        REQUESTS,
        { ecosystem: 'npm', name: 'lodash', version: '4.17.0' },
        { ecosystem: 'npm', name: 'minimist', version: '0.0.8' },
      ])
      await seedImages(
        opened.engine,
        'shop/web',
        [1, 2, 3].map(number => ({ digest: digestOf(number), packages: ids })),
      )
      await seedImages(opened.engine, 'shopping/api', [{ digest: digestOf(1), packages: ids }])
      await own.take({
        'PyPI/1.json': osv('GHSA-1', 'PyPI', 'requests', FIXED, { database_specific: { severity: 'CRITICAL' } }),
        'npm/2.json': osv('GHSA-2', 'npm', 'lodash', [{ introduced: '0' }], { aliases: ['CVE-2020-1'] }),
        'npm/3.json': osv('GHSA-3', 'npm', 'minimist', [{ introduced: '0' }, { fixed: '1.2.6' }]),
      })
      const { findings } = own.tables
      const all = async (filter: Parameters<typeof findings.list>[0]) => {
        const found: string[] = []
        let after: Parameters<typeof findings.list>[1]['after']
        do {
          const page = await findings.list(filter, { after, limit: 2 })
          found.push(
            ...page.findings.map(
              each => `${each.repository} ${each.digest.slice(-1)} ${each.package} ${each.vulnerability}`,
            ),
          )
          after = page.next
        } while (after)
        expect(new Set(found).size).toBe(found.length)
        return found
      }
      expect(await all({})).toHaveLength(12)
      expect(await all({ project: 'shop' })).toHaveLength(9)
      expect(await all({ repository: 'shopping/api' as never, severities: ['critical', 'high'] })).toEqual([
        'shopping/api 1 requests GHSA-1',
      ])
      expect(await all({ vulnerability: 'GHSA-2' })).toHaveLength(4)
      expect(await all({ vulnerability: 'CVE-2020-1', digest: digestOf(1) })).toHaveLength(2)
      expect(await all({ packages: ['lodash'], isFixable: true })).toEqual([])
      expect(await all({ isFixable: false, project: 'shopping' })).toEqual(['shopping/api 1 lodash CVE-2020-1'])
      expect(await all({ isExploited: true })).toEqual([])
      const images = await findings.imagesWith('GHSA-2', { limit: 3 })
      expect(images).toHaveLength(3)
      const rest = await findings.imagesWith('GHSA-2', { after: images.at(-1) as never, limit: 3 })
      expect([...images, ...rest].map(image => `${image.repository} ${image.digest.slice(-1)}`)).toEqual([
        'shop/web 1',
        'shop/web 2',
        'shop/web 3',
        'shopping/api 1',
      ])
      expect(await own.tables.lookup.ecosystems()).toEqual(['PyPI', 'npm'])
      expect(await own.tables.lookup.search({ id: 'CVE-2020-1' }, { limit: 10 })).toMatchObject([{ id: 'GHSA-2' }])
      expect(await own.tables.lookup.search({ ecosystem: 'npm', package: 'minimist' }, { limit: 10 })).toMatchObject([
        { id: 'GHSA-3', packages: [{ name: 'minimist' }] },
      ])
    })
  })
})
