import { z } from 'zod'
import { SEVERITIES } from '../../../features/vulnerability-policy/index.ts'
import { route } from '../route.ts'
import { listOf, page, time } from '../schemas.ts'
import { identifier } from '../vulnerability-schemas.ts'

const text = z.string().max(512)
const inImage = z.strictObject({ repository: text, reference: text.describe('tag or digest') })
const platform = text.optional().describe('of an index: os/architecture or os/architecture/variant')

export const severity = z.enum(SEVERITIES)

export const finding = z
  .strictObject({
    repository: z.string(),
    digest: z.string(),
    id: z.string().describe('the CVE where there is one'),
    aliases: z.array(z.string()),
    severity,
    cvssScore: z.number().optional().describe('0 to 10'),
    epssScore: z.number().optional().describe('0 to 1: how likely it is used in attacks within 30 days'),
    isExploited: z.boolean().describe('on CISA’s list of those that are used in attacks'),
    ecosystem: z.string(),
    package: z.string(),
    version: z.string(),
    purl: z.string(),
    fixedIn: z.string().optional().describe('the first version without it'),
    layer: z.string().optional().describe('which brought the package; absent for what only a builder says'),
    path: z.string(),
    summary: z.string(),
    source: z.string().describe('whose advisory says so'),
    url: z.string().optional(),
    since: time.describe('since when the registry knows'),
  })
  .meta({ id: 'Finding' })

const suppressed = z
  .strictObject({
    by: z.enum(['exception', 'VEX']),
    id: z.string().describe('of the exception, or of the document'),
    reason: z.string().optional(),
    owner: z.string().optional().describe('of an exception'),
    until: time.optional().describe('of an exception'),
    status: z.enum(['not_affected', 'fixed']).optional().describe('of a VEX document'),
    isUploaded: z.boolean().optional().describe('of a VEX document: uploaded, or attached to the image'),
  })
  .meta({ id: 'Suppression' })

const imageFinding = z
  .strictObject({ ...finding.shape, suppressed: suppressed.optional().describe('it does not count, and why') })
  .meta({ id: 'ImageFinding' })

const scan = z
  .strictObject({
    repository: z.string(),
    digest: z.string(),
    platform: z.string().optional(),
    state: z
      .enum(['waiting', 'read', 'failed', 'unsupported'])
      .describe('waiting: never read yet; unsupported: no container image; failed: given up for the reason there is'),
    isWaiting: z.boolean().describe('it is in line, for the first time or again'),
    progress: z
      .strictObject({
        startedAt: time,
        readBytes: z.int(),
        totalBytes: z.int().optional().describe('of its layers, as they are stored'),
      })
      .optional()
      .describe('while it is read'),
    attempts: z.int().describe('readings that began since it was asked for'),
    reason: z.string().optional(),
    madeAt: time.optional().describe('since when it is known what it holds'),
    distribution: z.strictObject({ id: z.string(), version: z.string(), name: z.string().optional() }).optional(),
    packages: z.int(),
    problems: z
      .array(z.strictObject({ path: z.string(), reason: z.string() }))
      .describe('what could not be read: what it held is missing'),
    withoutAdvisories: z
      .array(z.strictObject({ ecosystem: z.string(), packages: z.int() }))
      .describe('of which no advisory here speaks: what is wrong with these packages is not known'),
    sboms: z
      .array(z.strictObject({ digest: z.string(), madeBy: z.string().optional(), packages: z.int() }))
      .describe('of its builder'),
  })
  .meta({ id: 'Scan' })

const imagePackage = z
  .strictObject({
    ecosystem: z.string(),
    name: z.string(),
    version: z.string(),
    source: z.strictObject({ name: z.string(), version: z.string() }).optional().describe('what it was built from'),
    purl: z.string(),
    licences: z.array(z.string()),
    layer: z.string().optional(),
    path: z.string(),
    saidBy: z.string().optional().describe('the SBOM of its builder that alone says so'),
  })
  .meta({ id: 'Package' })

const holder = z
  .strictObject({
    repository: z.string(),
    digest: z.string(),
    packages: z.array(z.strictObject({ ecosystem: z.string(), version: z.string() })),
  })
  .meta({ id: 'PackageHolder' })

const scans = z.strictObject({ images: z.array(scan).describe('the image, or those of the index') })

export const SCANNING_ROUTES = {
  showScan: route({
    action: 'pull',
    resource: 'repository',
    method: 'get',
    path: '/api/v1/images/scan',
    summary: 'How far it is known what an image holds',
    query: inImage,
    answer: scans,
  }),
  askForScan: route({
    action: 'scan',
    resource: 'repository',
    method: 'post',
    path: '/api/v1/images/scan',
    summary: 'Have an image, or those of an index, read again, before all that wait',
    query: inImage,
    answer: z.strictObject({
      images: z.array(z.strictObject({ repository: z.string(), digest: z.string(), platform: z.string().optional() })),
    }),
  }),
  listImageFindings: route({
    action: 'pull',
    resource: 'repository',
    method: 'get',
    path: '/api/v1/images/findings',
    summary: 'Known vulnerabilities in an image, or in those of an index; the worst first',
    query: inImage,
    answer: listOf(imageFinding),
  }),
  listImagePackages: route({
    action: 'pull',
    resource: 'repository',
    method: 'get',
    path: '/api/v1/images/packages',
    summary: 'What an image holds',
    query: z.strictObject({ ...page.shape, ...inImage.shape, platform }),
    answer: listOf(imagePackage),
    paged: true,
  }),
  getImageSbom: route({
    action: 'pull',
    resource: 'repository',
    method: 'get',
    path: '/api/v1/images/sbom',
    summary: 'What an image holds, as CycloneDX 1.6 or SPDX 2.3',
    query: z.strictObject({ ...inImage.shape, platform, format: z.enum(['cyclonedx', 'spdx']).default('cyclonedx') }),
    documents: ['application/vnd.cyclonedx+json', 'application/spdx+json'],
  }),
  searchPackages: route({
    action: 'catalog',
    resource: 'registry',
    method: 'get',
    path: '/api/v1/packages',
    summary: 'Images that you may pull that hold a package; a short page need not be the last',
    query: z.strictObject({
      ...page.shape,
      name: text.min(1).describe('whole or its last part: log4j-core; also of what it was built from'),
      ecosystem: text.optional().describe('as OSV has it, with or without a release: Debian, Debian:12, Maven'),
      version: text.optional().describe('a version, or a range: <2.17; >=1.0,<2.17'),
    }),
    answer: listOf(holder),
    paged: true,
  }),
  listFindings: route({
    action: 'catalog',
    resource: 'registry',
    method: 'get',
    path: '/api/v1/findings',
    summary: 'Known vulnerabilities in images that you may pull; a short page need not be the last',
    query: z.strictObject({
      ...page.shape,
      project: text.optional(),
      repository: text.optional().describe('its whole name'),
      id: identifier.optional().describe('a CVE or any other id'),
      package: text.optional(),
      severity: z
        .union([severity, z.array(severity).max(6)])
        .optional()
        .describe('given several times, any of them'),
      fixable: z.stringbool().optional(),
      exploited: z.stringbool().optional(),
    }),
    answer: listOf(imageFinding),
    paged: true,
  }),
}
