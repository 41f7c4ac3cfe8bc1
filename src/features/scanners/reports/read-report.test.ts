import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { compare } from '../compare.ts'
import { readReport } from './read-report.ts'
import { UnreadableReport } from './report.ts'

const OPENSSL = {
  vulnerability: 'CVE-2024-1',
  package: 'openssl',
  version: '3.0.1',
  fixedIn: '3.0.2',
  severity: 'high',
}
const trivy = {
  SchemaVersion: 2,
  CreatedAt: '2026-01-01T00:00:00Z',
  ArtifactName: 'shop/app',
  Results: [
    {
      Target: 'debian',
      Vulnerabilities: [
        {
          VulnerabilityID: 'CVE-2024-1',
          PkgName: 'openssl',
          InstalledVersion: '3.0.1',
          FixedVersion: '3.0.2',
          Severity: 'HIGH',
        },
        {
          VulnerabilityID: 'CVE-2024-1',
          PkgName: 'openssl',
          InstalledVersion: '3.0.1',
          FixedVersion: '3.0.2',
          Severity: 'HIGH',
        },
        { VulnerabilityID: 'CVE-2024-2', PkgName: 'zlib', InstalledVersion: '1', Severity: 'UNKNOWN' },
      ],
    },
    { Target: 'nothing' },
  ],
}
const grype = {
  matches: [
    {
      vulnerability: { id: 'GHSA-aaaa-bbbb-cccc', severity: 'High', fix: { versions: ['3.0.2'], state: 'fixed' } },
      relatedVulnerabilities: [{ id: 'CVE-2024-1' }],
      artifact: { name: 'openssl', version: '3.0.1' },
    },
  ],
  descriptor: { name: 'grype', version: '0.80.0', timestamp: '2026-01-01T00:00:00Z' },
}
const harbor = {
  generated_at: '2026-01-01T00:00:00Z',
  scanner: { name: 'Trivy', vendor: 'Aqua', version: '0.50' },
  severity: 'High',
  vulnerabilities: [{ id: 'CVE-2024-1', package: 'openssl', version: '3.0.1', fix_version: '3.0.2', severity: 'High' }],
}
const cycloneDx = {
  bomFormat: 'CycloneDX',
  metadata: { timestamp: '2026-01-01T00:00:00Z', tools: { components: [{ name: 'tool', version: '1' }] } },
  components: [
    { 'bom-ref': 'a', name: 'openssl', version: '3.0.1' },
    { 'bom-ref': 'b', group: 'org.x', name: 'y', version: '1' },
  ],
  vulnerabilities: [
    { id: 'CVE-2024-1', ratings: [{ severity: 'low' }, { severity: 'high' }], affects: [{ ref: 'a' }] },
    { id: 'CVE-2024-2', ratings: [{ score: 9.8 }], affects: [{ ref: 'b' }, { ref: 'nowhere' }] },
  ],
}
const sarif = {
  version: '2.1.0',
  runs: [
    {
      tool: {
        driver: {
          name: 'Trivy',
          version: '0.50',
          rules: [{ id: 'CVE-2024-2', properties: { 'security-severity': '9.8' } }],
        },
      },
      results: [
        {
          ruleId: 'CVE-2024-1',
          level: 'error',
          message: {
            text: 'Package: openssl\nInstalled Version: 3.0.1\nVulnerability CVE-2024-1\nSeverity: HIGH\nFixed Version: 3.0.2',
          },
        },
        { ruleId: 'CVE-2024-2', level: 'warning', message: { text: 'something else' } },
        {
          ruleId: 'CVE-2024-3-zlib',
          message: { text: 'A medium vulnerability in deb package: zlib, version 1.2 was found at: /x' },
        },
        { ruleId: 'no-eval', message: { text: 'eval is evil' } },
      ],
    },
  ],
}

describe('a report is told apart and read:', () => {
  test('Trivy', () => {
    expect(readReport(trivy)).toMatchObject({
      format: 'Trivy',
      scanner: 'trivy',
      madeAt: Date.parse('2026-01-01T00:00:00Z'),
      found: [OPENSSL, { vulnerability: 'CVE-2024-2', severity: 'unknown' }],
    })
  })
  test('Grype, by the CVE', () => {
    expect(readReport(grype)).toMatchObject({ format: 'Grype', scanner: 'grype', version: '0.80.0', found: [OPENSSL] })
  })
  test('of an adapter of Harbor’s', () => {
    expect(readReport(harbor)).toMatchObject({ format: 'Harbor', scanner: 'Trivy', found: [OPENSSL] })
    expect(readReport({ ...harbor, vulnerabilities: null }).found).toEqual([])
  })
  test('CycloneDX', () => {
    expect(readReport(cycloneDx)).toMatchObject({
      format: 'CycloneDX',
      scanner: 'tool',
      found: [
        { ...OPENSSL, fixedIn: undefined },
        { vulnerability: 'CVE-2024-2', package: 'org.x:y', severity: 'critical' },
      ],
    })
  })
  test('SARIF, with what scanners write into its messages', () => {
    expect(readReport(sarif)).toMatchObject({
      format: 'SARIF',
      scanner: 'Trivy',
      found: [
        OPENSSL,
        { vulnerability: 'CVE-2024-2', package: '', severity: 'critical' },
        { vulnerability: 'CVE-2024-3', package: 'zlib', version: '1.2', severity: 'medium' },
      ],
    })
    expect(readReport(sarif).found).toHaveLength(3)
  })
})

test('whatever is sent, it is read or refused with a reason', () => {
  const whole = fc.constantFrom<object>(trivy, grype, harbor, cycloneDx, sarif)
  const { value } = fc.letrec(tie => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(null, 1, 'x', 'CVE-2024-1'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('id', 'name', 'ref', 'Vulnerabilities', 'text', 'rules'), tie('value'), {
        maxKeys: 3,
      }),
    ),
  }))
  fc.assert(
    fc.property(whole, fc.nat(), value, (document, at, odd) => {
      const keys = Object.keys(document)
      const spoilt = { ...document, [keys[at % keys.length] as string]: odd }
      try {
        readReport(spoilt)
      } catch (error) {
        expect(error).toBeInstanceOf(UnreadableReport)
      }
    }),
    { numRuns: 1000 },
  )
})

test('scanners are compared by the CVE, whatever they call it, and what not all found comes first', () => {
  const own = [
    { ...OPENSSL, severity: 'high' as const, vulnerability: 'CVE-2024-1', aliases: ['GHSA-aaaa-bbbb-cccc'] },
    { ...OPENSSL, severity: 'low' as const, vulnerability: 'CVE-2024-9', aliases: [] },
  ]
  const others = new Map([
    [
      'grype',
      [{ ...OPENSSL, severity: 'critical' as const, vulnerability: 'GHSA-aaaa-bbbb-cccc', package: 'OpenSSL' }],
    ],
  ])
  const rows = compare(own, others).map(({ vulnerability, by }) => [vulnerability, [...by.keys()].join()])
  expect(rows).toEqual([
    ['CVE-2024-9', 'berth'],
    ['CVE-2024-1', 'berth,grype'],
  ])
})
