import { describe, expect, test } from 'bun:test'
import { readDocument } from '../../src/features/advisories/formats/index.ts'
import { jsonMembers } from '../../src/features/advisories/formats/json-members.ts'
import type { Heard } from '../../src/features/advisories/formats/read-document.ts'
import { scoreOf, severityOf } from '../../src/features/advisories/formats/severity.ts'
import { csaf } from './csaf.ts'

async function* chunksOf(text: string, size = 64 * 1024): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size)
}

async function read(name: string, content: object | string, size?: number): Promise<readonly Heard[]> {
  const text = typeof content === 'string' ? content : JSON.stringify(content)
  return Array.fromAsync(readDocument({ name, chunks: chunksOf(text, size) }))
}

describe('OSV', () => {
  test('tells everything that is matched by', async () => {
    const [heard] = await read('Go/all.zip!/GO-1.json', {
      schema_version: '1.7.0',
      id: 'GO-1',
      aliases: ['CVE-2026-1'],
      related: ['GHSA-x'],
      modified: '2026-01-02T00:00:00Z',
      published: '0001-01-01T00:00:00Z',
      details: 'First line.\nSecond.',
      severity: [
        { type: 'CVSS_V4', score: 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N' },
        { type: 'Ubuntu', score: 'medium' },
      ],
      affected: [
        {
          package: { ecosystem: 'PyPI', name: 'Some_Thing.x' },
          ranges: [
            { type: 'GIT', repo: 'x', events: [{ introduced: '0' }] },
            { type: 'ECOSYSTEM', events: [{ introduced: '0' }, { last_affected: '1.2' }, { limit: '*' }] },
          ],
          versions: ['1.0', '1.2'],
          ecosystem_specific: { severity: 'HIGH' },
        },
        { ranges: [{ type: 'GIT', events: [{ introduced: '0' }] }] },
        { package: { ecosystem: 'Red Hat:enterprise_linux:9::baseos', name: 'openssl' } },
      ],
    })
    expect(heard).toMatchObject({
      source: 'osv:Go',
      format: 'osv',
      advisories: [
        {
          id: 'GO-1',
          aliases: ['CVE-2026-1'],
          summary: 'First line.',
          severity: 'medium',
          published: undefined,
          modified: Date.parse('2026-01-02'),
          affected: [
            {
              ecosystem: 'PyPI',
              name: 'some-thing-x',
              ranges: [[{ introduced: '0' }, { lastAffected: '1.2' }]],
              versions: ['1.0', '1.2'],
              severity: 'high',
            },
            { ecosystem: 'Red Hat:9', name: 'openssl' },
          ],
        },
      ],
    })
  })

  test('says what a record lacks', async () => {
    await expect(read('x/1.json', { id: '', modified: '2026-01-01' })).rejects.toThrow('no id')
    await expect(read('x/1.json', { id: 'A', affected: ['x'] })).rejects.toThrow('no object')
    await expect(read('x/1.json', { id: 'A', modified: '', schema_version: '2.0' })).rejects.toThrow('schema_version')
    await expect(read('x/1.json', '[]')).rejects.toThrow('does not begin with {')
    await expect(read('x/1.json', '{"id":')).rejects.toThrow('not JSON')
    expect(await read('x/README.md', '# Hello')).toEqual([])
    expect(await read('x/other.json', { hello: 'world' })).toEqual([])
  })
})

describe("Debian's tracker", () => {
  const tracker = {
    openssl: {
      'CVE-2026-1': {
        description: 'A flaw',
        releases: {
          bookworm: { status: 'resolved', fixed_version: '3.0.15-1~deb12u1', urgency: 'not yet assigned' },
          trixie: { status: 'open', urgency: 'unimportant' },
          bullseye: { status: 'resolved', fixed_version: '0', urgency: 'low' },
          buster: { status: 'undetermined' },
          sid: { status: 'open' },
        },
      },
    },
    zlib: { 'TEMP-1-ABC': { releases: { bookworm: { status: 'open', urgency: 'high**' } } } },
  }
  const expected = [
    {
      id: 'CVE-2026-1',
      record: 'openssl CVE-2026-1',
      affected: [
        { ecosystem: 'Debian:12', status: 'affected', ranges: [[{ introduced: '0' }, { fixed: '3.0.15-1~deb12u1' }]] },
        { ecosystem: 'Debian:13', status: 'affected', ranges: [[{ introduced: '0' }]], severity: 'negligible' },
        { ecosystem: 'Debian:11', status: 'not affected' },
      ],
    },
    { id: 'TEMP-1-ABC', affected: [{ ecosystem: 'Debian:12', name: 'zlib', severity: 'high' }] },
  ]

  test('is read by release', async () => {
    const heard = await read('data.json', tracker)
    expect(heard.map(({ source }) => source)).toEqual(['debian', 'debian'])
    expect(heard.flatMap(({ advisories }) => advisories)).toMatchObject(expected)
  })

  test('is read package by package when it is large, wherever its chunks end', async () => {
    const padding = Object.fromEntries(
      Array.from({ length: 400 }, (_, at) => [
        `package-${at}`,
        {
          'CVE-2026-9': { description: `"}{,\\ ü ${'x'.repeat(100_000)}`, releases: { bookworm: { status: 'open' } } },
        },
      ]),
    )
    const heard = await read('data.json', { ...tracker, ...padding }, 99_991)
    expect(heard).toHaveLength(402)
    expect(heard.slice(0, 2).flatMap(({ advisories }) => advisories)).toMatchObject(expected)
  })
})

describe('secdb', () => {
  const document = (more: object, secfixes: object) => ({
    reponame: 'main',
    urlprefix: 'https://dl-cdn.alpinelinux.org/alpine',
    apkurl: '{{urlprefix}}/{{distroversion}}',
    packages: [{ pkg: { name: 'openssl', secfixes } }],
    ...more,
  })

  test('of Alpine says what was fixed where, and what never was', async () => {
    const [heard] = await read(
      'main.json',
      document(
        { distroversion: 'v3.19' },
        { '3.1.4-r1': ['CVE-2026-1 GHSA-x', 'CVE-2026-2'], '3.1.5-r0': ['CVE-2026-2'], '0': ['CVE-2026-3'] },
      ),
    )
    expect(heard).toMatchObject({ source: 'alpine:v3.19/main', format: 'secdb' })
    expect(heard?.advisories).toMatchObject([
      { id: 'CVE-2026-3', affected: [{ status: 'not affected' }] },
      {
        id: 'CVE-2026-1',
        aliases: ['GHSA-x'],
        affected: [
          { ecosystem: 'Alpine:v3.19', name: 'openssl', ranges: [[{ introduced: '0' }, { fixed: '3.1.4-r1' }]] },
        ],
      },
      {
        id: 'CVE-2026-2',
        affected: [
          {
            ranges: [
              [{ introduced: '0' }, { fixed: '3.1.4-r1' }],
              [{ introduced: '0' }, { fixed: '3.1.5-r0' }],
            ],
          },
        ],
      },
    ])
  })

  test('of Wolfi and Chainguard is told by where their packages are', async () => {
    const fixes = { '1.0-r1': ['CVE-2026-1'] }
    const [wolfi] = await read(
      'security.json',
      document({ urlprefix: 'https://packages.wolfi.dev', reponame: 'os' }, fixes),
    )
    const [chainguard] = await read(
      'security.json',
      document({ urlprefix: 'https://packages.cgr.dev/chainguard' }, fixes),
    )
    expect([wolfi?.source, wolfi?.advisories?.[0]?.affected[0]?.ecosystem]).toEqual(['wolfi', 'Wolfi'])
    expect([chainguard?.source, chainguard?.advisories?.[0]?.affected[0]?.ecosystem]).toEqual([
      'chainguard',
      'Chainguard',
    ])
    await expect(read('x.json', document({ urlprefix: 'https://x.example' }, fixes))).rejects.toThrow(
      'which distribution',
    )
  })
})

test("Red Hat's VEX says which release has what, fixed in which version, and what is not affected", async () => {
  const [heard] = await read('cve-2026-1.json', csaf('CVE-2026-1'))
  expect(heard).toMatchObject({ source: 'csaf:redhat', format: 'csaf' })
  expect(heard?.advisories).toMatchObject([
    {
      id: 'CVE-2026-1',
      severity: 'high',
      vectors: ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N'],
      url: 'https://access.redhat.com/security/cve/CVE-2026-1',
    },
  ])
  const affected = Object.fromEntries(
    (heard?.advisories?.[0]?.affected ?? []).map(({ ecosystem, name, status, ranges }) => [
      `${ecosystem} ${name}`,
      { status, ranges },
    ]),
  )
  expect(affected).toEqual({
    'Red Hat:9 openssl': { status: 'affected', ranges: [[{ introduced: '0' }, { fixed: '1:3.0.7-27.el9' }]] },
    'Red Hat:9 openssl-libs': { status: 'affected', ranges: [[{ introduced: '0' }, { fixed: '1:3.0.7-27.el9' }]] },
    'Red Hat:9 nodejs': {
      status: 'affected',
      ranges: [
        [{ introduced: '0' }, { fixed: '1:18.19.1-1.module' }],
        [{ introduced: '1:20' }, { fixed: '1:20.11.1-1.module' }],
      ],
    },
    'Red Hat:8 openssl': { status: 'affected', ranges: [[{ introduced: '0' }]] },
    'Red Hat:7 openssl': { status: 'not affected', ranges: [] },
  })
})

describe('EPSS and KEV', () => {
  test('EPSS is read line by line, and one that is damaged is refused', async () => {
    const head = '#model_version:v2025.03.14,score_date:2026-01-02T00:00:00+0000\ncve,epss,percentile\n'
    const lines = Array.from({ length: 2500 }, (_, at) => `CVE-2026-${at},0.5,0.${at}`).join('\r\n')
    const heard = await read('epss.csv', head + lines, 37)
    expect(heard.flatMap(({ predictions = [] }) => predictions)).toHaveLength(2500)
    expect(heard[0]).toMatchObject({ source: 'epss', madeAt: Date.parse('2026-01-02'), format: 'epss' })
    for (const line of ['CVE-2026-1,2,0.1', 'CVE-2026-1,,0.1', 'no,0.1,0.1', 'CVE-2026-1', `${'x'.repeat(5000)}`])
      await expect(read('epss.csv', `${head}${line}\n`)).rejects.toThrow()
  })

  test('KEV has as many entries as it says', async () => {
    const kev = (count: number) => ({
      catalogVersion: '1',
      count,
      vulnerabilities: [{ cveID: 'CVE-2026-1', dateAdded: '2026-01-01' }],
    })
    expect(await read('kev.json', kev(1))).toMatchObject([
      { source: 'kev', exploited: [{ vulnerability: 'CVE-2026-1', addedAt: Date.parse('2026-01-01') }] },
    ])
    await expect(read('kev.json', kev(2))).rejects.toThrow('2 entries, and has 1')
  })
})

test('scores are those of the CVSS calculators, and words those of vendors', () => {
  expect(scoreOf(['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'])).toBe(9.8)
  expect(scoreOf(['CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N'])).toBe(6.1)
  expect(
    scoreOf([
      'CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N',
      'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N',
    ]),
  ).toBe(9.3)
  expect(scoreOf(['CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N'])).toBe(7.3)
  expect(scoreOf(['nonsense', 'CVSS:3.1/AV:?'])).toBeUndefined()
  expect(['Important', 'MODERATE', 'unimportant', 'not yet assigned', 7].map(severityOf)).toEqual([
    'high',
    'medium',
    'negligible',
    undefined,
    undefined,
  ])
})

describe('parts of large documents', () => {
  const members = (text: string, size: number, most = 1000) => Array.fromAsync(jsonMembers(chunksOf(text, size), most))

  test('are the same wherever chunks end', async () => {
    const value = { 'a"\\': [1, { b: '}],"\\\\' }], '': {}, c: 'ü😀', d: -1.5e3, e: null }
    for (let size = 1; size < 40; size += 1)
      expect(Object.fromEntries(await members(` ${JSON.stringify(value, undefined, size % 3)}\n`, size))).toEqual(value)
    expect(await members('{}', 1)).toEqual([])
  })

  test('are refused when the document is cut short, none, or too large', async () => {
    const text = '{"a": {"b": [1, 2]}, "c": "d"}'
    for (let end = 0; end < text.length; end += 1) await expect(members(text.slice(0, end), 3)).rejects.toThrow()
    for (const wrong of ['[1]', '"a"', '{"a": 1} x', '{"a" 1}', '{,}', '{"a": 1}{'])
      await expect(members(wrong, 4)).rejects.toThrow()
    await expect(members(`{"a": "${'x'.repeat(2000)}"}`, 100)).rejects.toThrow('more than 1000 bytes')
  })
})
