import {
  askForScan,
  type FindingInImage,
  findingsOf,
  listFindings,
  listPackages,
  makeSbom,
  namesOf,
  type ShownScan,
  searchPackages,
  showScan,
} from '../../../features/scanning/index.ts'
import { type Suppression, suppressionsIn } from '../../../features/vulnerability-policy/index.ts'
import { parseReference, parseRepositoryName } from '../../../oci/index.ts'
import type { Handlers } from '../handler.ts'
import { instant } from '../views.ts'

type Operations =
  | 'showScan'
  | 'askForScan'
  | 'listImageFindings'
  | 'listImagePackages'
  | 'getImageSbom'
  | 'searchPackages'
  | 'listFindings'

export const SCANNING: Handlers<Operations> = {
  async showScan({ scans, permit, query }) {
    return { images: (await showScan(scans, permit, parseReference(query.reference))).map(scanView) }
  },
  async askForScan({ scans, permit, query }) {
    const images = await askForScan(scans, permit, parseReference(query.reference))
    return { images: images.map(({ repository, digest, platform }) => ({ repository, digest, platform })) }
  },
  async listImageFindings({ scans, pullPolicies, permit, query }) {
    const findings = await findingsOf(scans, permit, parseReference(query.reference))
    return { items: await findingViews(pullPolicies, findings) }
  },
  async listImagePackages({ scans, permit, query }) {
    const { platform, after, limit } = query
    const wanted = { reference: parseReference(query.reference), platform, after, limit }
    const { packages, next } = await listPackages(scans, permit, wanted)
    const items = packages.map(({ ecosystem, name, version, source, purl, licences, layer, path, saidBy }) => ({
      ecosystem,
      name,
      version,
      source,
      purl,
      licences,
      layer,
      path,
      saidBy,
    }))
    return { items, next }
  },
  async getImageSbom({ scans, permit, query: { format, platform, reference } }) {
    const { image, mediaType, text } = await makeSbom(scans, permit, {
      reference: parseReference(reference),
      platform,
      format,
    })
    const file = `${image.digest.replace(':', '-')}.${format === 'spdx' ? 'spdx' : 'cdx'}.json`
    return new Response(text, {
      headers: { 'Content-Type': mediaType, 'Content-Disposition': `attachment; filename="${file}"` },
    })
  },
  async searchPackages({ scans, permit, query }) {
    const { holders, next } = await searchPackages(scans, permit, query)
    return { items: holders, next }
  },
  async listFindings({ scans, pullPolicies, permit, query }) {
    const { after, limit, project, id, severity, fixable, exploited } = query
    const { findings, next } = await listFindings(scans, permit, {
      after,
      limit,
      project,
      repository: query.repository === undefined ? undefined : parseRepositoryName(query.repository),
      vulnerability: id,
      packages: query.package === undefined ? undefined : namesOf(query.package),
      severities: severity === undefined ? undefined : [severity].flat(),
      isFixable: fixable,
      isExploited: exploited,
    })
    return { items: await findingViews(pullPolicies, findings), next }
  },
}

/** Each with what suppresses it. */
async function findingViews(pullPolicies: Parameters<typeof suppressionsIn>[0], findings: readonly FindingInImage[]) {
  const suppressed = await suppressionsIn(pullPolicies, findings)
  return findings.map(each => ({ ...findingView(each), suppressed: suppressionView(suppressed.get(each)) }))
}

function scanView({ repository, digest, platform, inventory, withoutAdvisories, said }: ShownScan) {
  const { startedAt, madeAt } = inventory ?? {}
  return {
    repository,
    digest,
    platform,
    state: inventory?.state ?? 'waiting',
    isWaiting: inventory?.isWaiting ?? true,
    progress:
      startedAt === undefined
        ? undefined
        : {
            startedAt: instant(startedAt),
            readBytes: inventory?.readBytes ?? 0,
            totalBytes: inventory?.totalBytes,
          },
    attempts: inventory?.attempts ?? 0,
    reason: inventory?.reason,
    madeAt: madeAt === undefined ? undefined : instant(madeAt),
    distribution: inventory?.distribution,
    packages: inventory?.packages ?? 0,
    problems: inventory?.problems ?? [],
    withoutAdvisories: [...withoutAdvisories],
    sboms: said,
  }
}

/** Named one by one, so that what is new stays inside until somebody wants it out. */
function findingView(finding: FindingInImage) {
  const { repository, digest, aliases, severity, cvssScore, epssScore, isExploited, ecosystem, version, purl } = finding
  return {
    repository,
    digest,
    id: finding.vulnerability,
    aliases,
    severity,
    cvssScore,
    epssScore,
    isExploited,
    ecosystem,
    package: finding.package,
    version,
    purl,
    fixedIn: finding.fixedIn,
    layer: finding.layer,
    path: finding.path,
    summary: finding.summary,
    source: finding.source,
    url: finding.url,
    since: instant(finding.since),
  }
}

function suppressionView(suppression: Suppression | undefined) {
  if (!suppression) return undefined
  const { by, id, reason } = suppression
  if (suppression.by === 'VEX')
    return { by, id, reason, status: suppression.status, isUploaded: suppression.isUploaded }
  return { by, id, reason, owner: suppression.owner, until: instant(suppression.expiresAt) }
}
