import { z } from 'zod'
import { route } from '../route.ts'
import { listOf, time } from '../schemas.ts'
import { severity } from './scanning.ts'

const inRegistry = { resource: 'registry' } as const
const inRepository = { resource: 'repository' } as const
const name = z.string().min(1).max(64)
const text = z.string().max(512)
const inImage = z.strictObject({ repository: text, reference: text.describe('tag or digest of one image') })
const MOST_REPORT_BYTES = 32 << 20

const scanner = z
  .strictObject({
    name: z.string(),
    url: z.string(),
    hasAuthorization: z.boolean(),
    isAutomatic: z.boolean().describe('images are scanned after their push'),
    vendor: z.string().optional(),
    version: z.string().optional(),
    createdAt: time,
    createdBy: z.string(),
  })
  .meta({ id: 'Scanner' })

const report = z
  .strictObject({
    id: z.string(),
    digest: z.string(),
    scanner: z.string(),
    version: z.string().optional(),
    format: z.string(),
    findings: z.int(),
    madeAt: time.optional(),
    receivedAt: time,
    receivedBy: z.string(),
  })
  .meta({ id: 'ScanReport' })

const request = z
  .strictObject({
    scanner: z.string(),
    state: z.enum(['waiting', 'given up']),
    problem: z.string().optional(),
    askedAt: time,
  })
  .meta({ id: 'ScannerRequest' })

const comparison = z
  .strictObject({
    scanners: z
      .array(
        z.strictObject({
          name: z.string(),
          findings: z.int(),
          version: z.string().optional(),
          receivedAt: time.optional(),
        }),
      )
      .describe('Berth’s own first'),
    items: z
      .array(
        z.strictObject({
          id: z.string(),
          package: z.string(),
          version: z.string(),
          isFoundByAll: z.boolean(),
          by: z.record(z.string(), z.strictObject({ severity, fixedIn: z.string().optional() })),
        }),
      )
      .describe('what not all found comes first'),
    differences: z.int().describe('how many not all found'),
    isCut: z.boolean().describe('there are more'),
  })
  .meta({ id: 'ScannerComparison' })

export const SCANNER_ROUTES = {
  listScanners: route({
    ...inRegistry,
    action: 'see registry',
    method: 'get',
    path: '/api/v1/scanners',
    summary: 'Other scanners, by the API of Harbor’s scanner adapters',
    answer: listOf(scanner),
  }),
  addScanner: route({
    ...inRegistry,
    action: 'manage registry',
    method: 'post',
    path: '/api/v1/scanners',
    summary: 'Register a scanner; it is asked what it can do',
    body: z.strictObject({
      name,
      url: text.describe('of the adapter, without /api/v1'),
      authorization: z
        .string()
        .min(1)
        .max(4096)
        .optional()
        .describe('the header that it wants to see: Basic …, Bearer …'),
      isAutomatic: z.boolean().default(false).describe('images are scanned after their push'),
    }),
    answer: scanner,
    status: 201,
  }),
  removeScanner: route({
    ...inRegistry,
    action: 'manage registry',
    method: 'delete',
    path: '/api/v1/scanners/{scanner}',
    summary: 'Remove a scanner; its reports stay',
  }),
  askScanner: route({
    ...inRepository,
    action: 'push',
    method: 'post',
    path: '/api/v1/images/scanner-requests',
    summary: 'Have an image scanned by another scanner',
    query: inImage,
    body: z.strictObject({ scanner: name }),
  }),
  pushReport: route({
    ...inRepository,
    action: 'push',
    method: 'post',
    path: '/api/v1/images/reports',
    summary: 'Keep the report of a scanner: SARIF, Trivy, Grype, CycloneDX',
    query: inImage,
    body: z.strictObject({
      scanner: name.optional().describe('as the report names it unless given'),
      document: z.looseObject({}).describe('the report, in JSON'),
    }),
    answer: report,
    status: 201,
    mostBytes: MOST_REPORT_BYTES,
  }),
  listReports: route({
    ...inRepository,
    action: 'pull',
    method: 'get',
    path: '/api/v1/images/reports',
    summary: 'Reports of other scanners about an image, and those that are waited for',
    query: inImage,
    answer: z.strictObject({ items: z.array(report), requests: z.array(request) }),
  }),
  compareScanners: route({
    ...inRepository,
    action: 'pull',
    method: 'get',
    path: '/api/v1/images/comparison',
    summary: 'What several scanners found in an image, side by side',
    query: inImage,
    answer: comparison,
  }),
}
