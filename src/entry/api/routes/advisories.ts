import { z } from 'zod'
import { route } from '../route.ts'
import { listOf, page, time } from '../schemas.ts'
import { severity } from './scanning.ts'

const name = z.string().min(1).max(500)

export const advisorySource = z
  .strictObject({
    id: z.string().describe('osv:Go, debian, epss…'),
    format: z.string(),
    origin: z.string().optional().describe('where it came from last'),
    records: z.int(),
    checkedAt: time.optional().describe('when it was last known to be up to date'),
    changedAt: time.optional(),
    triedAt: time.optional(),
    newestAt: time.optional().describe('the newest time in the records themselves'),
    ageSeconds: z.number().optional().describe('since checkedAt'),
    isStale: z.boolean().describe('older than advisories.staleDays'),
    isUnderWay: z.boolean(),
    problem: z.string().optional().describe('why the last try failed'),
  })
  .meta({ id: 'AdvisorySource' })

const event = z.strictObject({
  introduced: z.string().optional(),
  fixed: z.string().optional(),
  lastAffected: z.string().optional(),
  limit: z.string().optional(),
})

export const advisory = z
  .strictObject({
    id: z.string(),
    source: z.string(),
    aliases: z.array(z.string()),
    upstream: z.array(z.string()),
    related: z.array(z.string()),
    severity: severity.optional().describe("the vendor's word"),
    score: z.number().optional().describe('CVSS'),
    vectors: z.array(z.string()),
    summary: z.string(),
    details: z.string().describe('the first 4000 characters'),
    url: z.string().optional(),
    published: time.optional(),
    modified: time.optional(),
    withdrawn: time.optional(),
    affected: z.array(
      z.strictObject({
        ecosystem: z.string(),
        name: z.string(),
        status: z.enum(['affected', 'not affected']),
        ranges: z.array(z.array(event)),
        versions: z.array(z.string()),
        severity: severity.optional(),
        score: z.number().optional(),
      }),
    ),
  })
  .meta({ id: 'Advisory' })

/** One line of an update: how far it is, what became of a source, at the end what it changed, or why there is no more. */
const updateLine = z.union([
  z.strictObject({ progress: z.strictObject({ source: z.string(), records: z.int() }) }),
  z.strictObject({
    source: z.strictObject({
      source: z.string(),
      outcome: z.enum(['used', 'unchanged', 'failed']),
      records: z.int().optional(),
      changed: z.int().optional().describe('records that are new, say something else, or are gone'),
      problem: z.string().optional(),
    }),
  }),
  z.strictObject({ skipped: z.array(z.string()).describe('files in which there is nothing of advisories') }),
  z.strictObject({
    matched: z.strictObject({
      packages: z.int().describe('that were matched again'),
      found: z.int(),
      ended: z.int(),
    }),
  }),
  z.strictObject({ error: z.string() }),
])

export const ADVISORY_ROUTES = {
  searchAdvisories: route({
    resource: 'registry',
    action: 'see registry',
    method: 'get',
    path: '/api/v1/advisories',
    summary: 'Advisories that count, by an id or by the package they name',
    query: z.strictObject({
      ...page.shape,
      id: name.optional().describe('its own, an alias, or what it is about'),
      package: name.optional().describe('as its ecosystem writes it; with ecosystem'),
      ecosystem: name.optional().describe('as packages have it: npm, PyPI, Debian:12'),
    }),
    answer: listOf(advisory),
    paged: true,
  }),
  listAdvisorySources: route({
    resource: 'registry',
    action: 'see registry',
    method: 'get',
    path: '/api/v1/advisories/sources',
    summary: 'Where advisories come from, and how old each source is',
    answer: listOf(advisorySource),
  }),
  startAdvisoryUpdate: route({
    resource: 'registry',
    action: 'manage registry',
    method: 'post',
    path: '/api/v1/advisories/updates',
    summary:
      'Ask the configured addresses now, or take in an artifact: a line of JSON for each source, then what that changed',
    body: z.strictObject({
      source: name.optional().describe('only this one of advisories.sources'),
      artifact: name
        .optional()
        .describe('repository:tag or repository@digest here: of the type application/vnd.berth.advisories.v1'),
    }),
    lines: updateLine,
  }),
  uploadAdvisories: route({
    resource: 'registry',
    action: 'manage registry',
    method: 'post',
    path: '/api/v1/advisories/uploads',
    summary: 'Take in files, in the tar format: a line of JSON for each source, then what that changed',
    takes: 'application/x-tar',
    lines: updateLine,
  }),
}
