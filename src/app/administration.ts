import { createAdmin, isAdminPath, problemOf } from '../entry/admin/index.ts'
import type { Door } from '../entry/http/index.ts'
import type { Access, FieldFault } from '../features/access/index.ts'
import type { Administration } from '../features/administration/index.ts'
import type { Catalog } from '../features/catalog/index.ts'
import { deleteManifest } from '../features/content/index.ts'
import {
  type Authentication,
  PasswordVerifier,
  type SignInThrottle,
  type TrustedIssuer,
  validateRule,
} from '../features/identity/index.ts'
import type { Limits } from '../features/limits/index.ts'
import type { Protection } from '../features/protection/index.ts'
import type { RepositoryNames } from '../features/repositories/index.ts'
import { deletingRules } from '../features/retention/index.ts'
import { systemClock } from '../platform/clock/index.ts'
import type { Outbound } from '../platform/outbound/index.ts'
import type { Log } from '../platform/telemetry/index.ts'
import type { BlobStore } from '../stores/blobs/index.ts'
import type { Metadata } from '../stores/metadata/index.ts'
import { composeAdvisories } from './advisories.ts'
import type { Config } from './config/index.ts'
import { composePullPolicies } from './pull-policies.ts'
import { retentionAdministration } from './retention.ts'
import { composeScanners } from './scanners.ts'
import { composeScans } from './scanning.ts'
import { VERSION } from './version.ts'

const DAY_MS = 24 * 3600 * 1000
/** Whoever is not asked who they are has no account that could be guessed at. */
const NO_THROTTLE: SignInThrottle = (_, check) => check()

/** What of signing in counts here. */
export interface AdministrationWay {
  readonly access: Access
  /** Undefined: nobody is asked who they are. */
  readonly authentication: Pick<Authentication, 'passwords' | 'throttle'> | undefined
  /** Those of the configuration, whose tokens pipelines may come with. */
  readonly issuers: readonly TrustedIssuer[]
  readonly limits: Pick<Limits, 'limitsOf'>
}

export function composeAdministration(
  { identities, audit }: Metadata,
  { tokens }: Config,
  { access, authentication, issuers, limits }: AdministrationWay,
): Administration {
  return {
    identities,
    audit,
    access,
    limits,
    passwords: authentication?.passwords ?? new PasswordVerifier(),
    throttle: authentication?.throttle ?? NO_THROTTLE,
    checkTrustRule: rule => validateRule({ id: '', ...rule }, issuers).map(faultOf),
    longestTokenMs: tokens.longestDays * DAY_MS,
    clock: systemClock,
  }
}

function composeCatalog({ details, referrers, manifests }: Metadata, access: Access): Catalog {
  return { details, referrers, manifests, access, clock: systemClock }
}

/** Most problems name their field first. */
function faultOf(problem: string): FieldFault {
  const colon = problem.indexOf(': ')
  if (colon < 0) return { field: 'conditions', message: problem }
  return { field: problem.slice(0, colon), message: problem.slice(colon + 2) }
}

export function composeProtection({ immutabilityRules, locks, identities, retentionPolicies }: Metadata): Protection {
  return {
    rules: immutabilityRules,
    locks,
    deletingRules: project => deletingRules(retentionPolicies, project),
    hasProject: async name => (await identities.projects.find(name)) !== undefined,
    clock: systemClock,
  }
}

export function composeNames(metadata: Metadata, config: Config, access: Access): RepositoryNames {
  const { manifests, tags, repositories, redirects, names, tagHistory: history, identities } = metadata
  const rules = { trashMs: config.trash.days * DAY_MS }
  const content = { manifests, tags, repositories, rules, clock: systemClock }
  return {
    names,
    redirects,
    tags,
    history,
    projects: identities.projects,
    deleteTag: (permit, tag) => deleteManifest(content, permit, { tag }),
    access,
    maxNameLength: config.limits.nameLength,
    clock: systemClock,
  }
}

/** The way in below /api/v1. */
export function administrationDoor(
  metadata: Metadata,
  config: Config,
  {
    log,
    outbound,
    blobs,
    ...way
  }: AdministrationWay & { readonly log: Log; readonly outbound: Outbound; readonly blobs: BlobStore },
): Door {
  const answer = createAdmin(
    {
      administration: composeAdministration(metadata, config, way),
      trashes: { trash: metadata.trash, access: way.access, clock: systemClock },
      protection: composeProtection(metadata),
      retention: retentionAdministration(metadata, config, log),
      catalog: composeCatalog(metadata, way.access),
      advisories: composeAdvisories(metadata, config, { log, outbound, blobs }),
      quotas: { usage: metadata.usage, clock: systemClock },
      scans: composeScans(metadata, config, way.access),
      names: composeNames(metadata, config, way.access),
      pullPolicies: { ...composePullPolicies(metadata), access: way.access },
      scanners: composeScanners(metadata, config, outbound),
    },
    VERSION,
  )
  return {
    name: 'admin',
    isFor: isAdminPath,
    answer,
    errors: {
      contentType: 'application/problem+json',
      bodyOf: problemOf,
      challenge: 'Basic realm="Berth", charset="UTF-8"',
    },
  }
}
