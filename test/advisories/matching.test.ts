import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { judgePackage } from '../../src/features/advisories/index.ts'
import { judgeVersion } from '../../src/features/advisories/matching/in-range.ts'
import { orderOf } from '../../src/features/advisories/versions/index.ts'
import type { Candidate, PackageToJudge } from '../../src/stores/metadata/index.ts'

interface Said {
  readonly id: string
  readonly source?: string
  readonly format?: string
  readonly head?: object
  readonly name?: string
  readonly fixed?: string
  readonly status?: string
  readonly severity?: string
}

function candidates(subject: PackageToJudge, all: readonly Said[]): readonly Candidate[] {
  return all.map(
    ({
      id,
      source = 'osv:x',
      format = 'osv',
      head = {},
      name = subject.source?.name ?? subject.name,
      fixed,
      status = 'affected',
      severity,
    }) => ({
      id,
      source,
      format,
      name,
      head: JSON.stringify({ aliases: [], upstream: [], related: [], summary: id, ...head }),
      affected: JSON.stringify({
        status,
        ranges: status === 'affected' ? [[{ introduced: '0' }, ...(fixed === undefined ? [] : [{ fixed }])]] : [],
        versions: [],
        ...(severity ? { severity } : {}),
      }),
    }),
  )
}

const judge = (subject: PackageToJudge, ...all: readonly Said[]) => judgePackage(subject, candidates(subject, all))
const npm: PackageToJudge = { id: 1, ecosystem: 'npm', name: 'x', version: '1.0.0', source: undefined }
const debian: PackageToJudge = {
  id: 2,
  ecosystem: 'Debian:12',
  name: 'libssl3',
  version: '3.0.11-1~deb12u1',
  source: { name: 'openssl', version: '3.0.11-1~deb12u1' },
}
const rpm: PackageToJudge = {
  id: 3,
  ecosystem: 'Red Hat:9',
  name: 'openssl-libs',
  version: '1:3.0.7-24.el9',
  source: { name: 'openssl', version: '1:3.0.7-24.el9' },
}

describe('one finding for one vulnerability', () => {
  test('whichever ids its advisories have, by its CVE', () => {
    const found = judge(
      npm,
      { id: 'GHSA-1', head: { aliases: ['CVE-2026-1'], severity: 'high', score: 7.5 }, fixed: '1.2.0' },
      { id: 'GO-1', head: { aliases: ['GHSA-1'] } },
      { id: 'PYSEC-1', head: { aliases: ['CVE-2026-1', 'CVE-2025-9'] } },
      { id: 'MAL-7' },
    )
    expect(found).toMatchObject([
      {
        vulnerability: 'CVE-2025-9',
        ids: ['CVE-2025-9', 'CVE-2026-1', 'GHSA-1', 'GO-1', 'PYSEC-1'],
        severity: 'high',
        cvssScore: 7.5,
        fixedIn: '1.2.0',
      },
      { vulnerability: 'MAL-7', severity: 'unknown' },
    ])
  })

  test('but one for each CVE of a bulletin of a distribution', () => {
    const found = judge(
      { ...rpm, ecosystem: 'Rocky Linux:9' },
      { id: 'RLSA-1', head: { upstream: ['CVE-2026-1', 'CVE-2026-2'] }, fixed: '1:3.0.7-27.el9' },
      { id: 'RLSA-2', head: { related: ['CVE-2026-2', 'CVE-2026-3'] }, fixed: '1:3.0.7-28.el9' },
    )
    expect(found.map(({ vulnerability, ids, fixedIn }) => [vulnerability, ids.length, fixedIn])).toEqual([
      ['CVE-2026-1', 2, '1:3.0.7-27.el9'],
      ['CVE-2026-2', 3, '1:3.0.7-28.el9'],
      ['CVE-2026-3', 2, '1:3.0.7-28.el9'],
    ])
    expect(judge(debian, { id: 'DEBIAN-CVE-2026-4' })).toMatchObject([
      { vulnerability: 'CVE-2026-4', ids: ['CVE-2026-4', 'DEBIAN-CVE-2026-4'] },
    ])
  })

  test('whatever the order of what is said', () => {
    const said = [
      { id: 'GHSA-1', head: { aliases: ['CVE-2026-1'] } },
      { id: 'GHSA-2', head: { aliases: ['CVE-2026-2'] } },
      { id: 'A', head: { aliases: ['GHSA-1', 'B'] } },
      { id: 'B', head: { aliases: ['C'] } },
      { id: 'C', head: { aliases: ['CVE-2026-2', 'GHSA-2'] } },
    ]
    fc.assert(
      fc.property(fc.shuffledSubarray(said, { minLength: said.length }), all => {
        expect(judge(npm, ...all).map(({ ids }) => ids)).toEqual([
          ['CVE-2026-1', 'CVE-2026-2', 'GHSA-1', 'GHSA-2', 'A', 'B', 'C'].toSorted((x, y) =>
            x === 'CVE-2026-1' ? -1 : y === 'CVE-2026-1' ? 1 : x < y ? -1 : 1,
          ),
        ])
      }),
    )
  })
})

describe('whose word counts', () => {
  test("a distribution's own feed before a copy: not affected, fixed, its severity", () => {
    const copy = { id: 'CVE-2026-1', severity: 'critical' }
    const own = { id: 'CVE-2026-1', source: 'csaf:redhat', format: 'csaf' }
    expect(judge(rpm, copy)).toHaveLength(1)
    expect(judge(rpm, copy, { ...own, status: 'not affected' })).toEqual([])
    expect(judge(rpm, copy, { ...own, fixed: '1:3.0.7-20.el9' })).toEqual([])
    expect(judge(rpm, copy, { ...own, fixed: '1:3.0.7-27.el9', head: { severity: 'low', score: 9.9 } })).toMatchObject([
      { severity: 'low', cvssScore: 9.9, source: 'csaf:redhat', fixedIn: '1:3.0.7-27.el9' },
    ])
  })

  test("the package's own word before the record's, and a word before a score", () => {
    expect(judge(npm, { id: 'A', severity: 'low', head: { severity: 'high', score: 9.8 } })[0]?.severity).toBe('low')
    expect(judge(npm, { id: 'A', head: { score: 9.8 } })[0]?.severity).toBe('critical')
    expect(judge(npm, { id: 'A', head: { score: 0 } })[0]?.severity).toBe('negligible')
  })

  test('what was withdrawn says nothing', () => {
    expect(judge(npm, { id: 'A', head: { isWithdrawn: true } })).toEqual([])
  })
})

describe('of which package', () => {
  test('Debian speaks of sources: a binary package of that name from another source is none', () => {
    expect(judge(debian, { id: 'CVE-2026-1', name: 'openssl' })).toHaveLength(1)
    expect(judge(debian, { id: 'CVE-2026-1', name: 'libssl3' })).toEqual([])
    expect(judge({ ...debian, source: undefined }, { id: 'CVE-2026-1', name: 'libssl3' })).toHaveLength(1)
  })

  test('the version of the source counts, and that of the binary where it is named', () => {
    const binary = { ...rpm, name: 'tool', version: '2.0-1.el9' }
    expect(judge(binary, { id: 'A', name: 'openssl', fixed: '1:3.0.7-24.el9' })).toEqual([])
    expect(judge(binary, { id: 'A', name: 'tool', fixed: '2.0-2.el9' })).toHaveLength(1)
  })
})

describe('ranges', () => {
  const order = orderOf('npm')
  const said = (ranges: readonly object[][], versions: readonly string[] = []) =>
    ({ status: 'affected', ranges, versions }) as never

  test('are evaluated as the OSV specification does', () => {
    const is = (version: string, ranges: readonly object[][], versions?: readonly string[]) =>
      judgeVersion(version, said(ranges, versions), order)
    const two = [[{ introduced: '0' }, { fixed: '1.0.0' }, { introduced: '2.0.0' }, { fixed: '2.5.0' }]]
    expect(is('0.5.0', two)).toEqual({ isAffected: true, fixedIn: '1.0.0' })
    expect(is('1.0.0', two)).toMatchObject({ isAffected: false })
    expect(is('2.4.9', two)).toEqual({ isAffected: true, fixedIn: '2.5.0' })
    // Events in any order.
    expect(is('2.4.9', [two[0]?.toReversed() ?? []])).toEqual({ isAffected: true, fixedIn: '2.5.0' })
    expect(is('1.2.0', [[{ introduced: '1.0.0' }, { lastAffected: '1.2.0' }]])).toEqual({
      isAffected: true,
      fixedIn: undefined,
    })
    expect(is('1.2.1', [[{ introduced: '1.0.0' }, { lastAffected: '1.2.0' }]])).toMatchObject({ isAffected: false })
    expect(is('0.0.0-pre', [[{ introduced: '0' }]])).toMatchObject({ isAffected: true })
    expect(is('3.0.0', [[{ introduced: '0' }, { limit: '2.0.0' }]])).toMatchObject({ isAffected: false })
    expect(is('9.0.0', two, ['9.0.0'])).toMatchObject({ isAffected: true, fixedIn: undefined })
    expect(is('9.0.0', [])).toMatchObject({ isAffected: false })
  })

  test('hold for each version between introduced and fixed, whatever the pairs', () => {
    const number = fc.nat({ max: 60 })
    fc.assert(
      fc.property(fc.uniqueArray(number, { minLength: 2, maxLength: 8 }), number, (points, at) => {
        const sorted = points.toSorted((a, b) => a - b).slice(0, points.length - (points.length % 2))
        const events = sorted.map((point, index) => ({ [index % 2 === 0 ? 'introduced' : 'fixed']: `${point}.0.0` }))
        const pairs = Array.from(
          { length: sorted.length / 2 },
          (_, pair) => sorted.slice(2 * pair, 2 * pair + 2) as [number, number],
        )
        const within = pairs.find(([from, until]) => at >= from && at < until)
        const verdict = judgeVersion(`${at}.0.0`, said([events]), order)
        expect(verdict.isAffected).toBe(within !== undefined)
        if (within) expect(verdict.fixedIn).toBe(`${within[1]}.0.0`)
      }),
    )
  })
})

describe('how severe a vulnerability is', () => {
  const elsewhere = (id: string, head: object) =>
    new Map([
      ['CVE-2026-1', [{ id, head: JSON.stringify({ aliases: [], upstream: [], related: [], summary: '', ...head }) }]],
    ])
  const severityBy = (said: Said, others: ReturnType<typeof elsewhere>) =>
    judgePackage(debian, candidates(debian, [said]), others).map(({ severity, cvssScore }) => [severity, cvssScore])
  const tracked = { id: 'CVE-2026-1', source: 'debian', format: 'debian' }

  test('is what others say of it where nobody who names the package says it', () => {
    expect(severityBy(tracked, elsewhere('GHSA-1', { aliases: ['CVE-2026-1'], score: 9.8 }))).toEqual([
      ['critical', 9.8],
    ])
    const word = { aliases: ['CVE-2026-1'], severity: 'high', score: 5 }
    expect(severityBy(tracked, elsewhere('GHSA-1', word))).toEqual([['high', 5]])
  })

  test('is not what others say where the distribution has a word for it', () => {
    expect(severityBy({ ...tracked, severity: 'low' }, elsewhere('CVE-2026-1', { score: 9.8 }))).toEqual([
      ['low', undefined],
    ])
  })

  test('is not what a bulletin about several says, nor what was withdrawn', () => {
    const bulletin = { upstream: ['CVE-2026-1', 'CVE-2026-2'], severity: 'critical' }
    expect(severityBy(tracked, elsewhere('DSA-1', bulletin))).toEqual([['unknown', undefined]])
    const withdrawn = { aliases: ['CVE-2026-1'], severity: 'critical', isWithdrawn: true }
    expect(severityBy(tracked, elsewhere('GHSA-1', withdrawn))).toEqual([['unknown', undefined]])
  })
})
