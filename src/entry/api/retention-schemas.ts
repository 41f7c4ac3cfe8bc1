import { z } from 'zod'
import { DEFAULT_FUSE_PERCENT, MOST_RULES, POLICY_FORMATS } from '../../features/retention/index.ts'
import { tagPattern, time } from './schemas.ts'

const glob = z.string().min(1).max(500)
const globs = z.array(glob).min(1).max(100)
const count = z.int().min(1).max(1_000_000)
const days = z.number().min(0).max(36_500)

const tagPatterns = z.array(tagPattern).min(1).max(100)
const byKey = z.record(z.string().min(1).max(256), glob)

const unknownYet = (what: string) => {
  const error = `Berth cannot tell yet ${what}: leave this out, and nothing is deleted for lack of knowledge`
  return z
    .boolean()
    .refine(() => false, { error })
    .optional()
    .describe(`refused: Berth cannot tell yet ${what}`)
}
/** Refused with a reason instead of as a word that nobody knows. */
const notYet = {
  isDeployed: unknownYet('what is deployed'),
}

const newestCount = z.strictObject({ count, by: z.enum(['push', 'pull', 'version']) })
const age = z.strictObject({ atLeastDays: days.optional(), atMostDays: days.optional() })

const selection = z.strictObject({
  repositories: globs.optional().describe('globs over whole names; all of the project unless given'),
  exceptRepositories: globs.optional(),
  state: z.enum(['tagged', 'untagged']).optional().describe('both unless given'),
  tags: tagPatterns.optional().describe('the tag matches one of these'),
  exceptTags: tagPatterns.optional().describe('and none of these'),
  imageHasTags: tagPatterns.optional().describe('for each of these the image has a tag that matches'),
  imageHasTagsExcept: tagPatterns.optional().describe('the image has a tag that matches none of these'),
  digests: globs.optional(),
  artifactTypes: globs.optional(),
  annotations: byKey.optional().describe('by key: a glob over the value'),
  labels: byKey.optional(),
  platforms: globs.optional().describe('globs over linux/arm64/v8'),
  isSigned: z.boolean().optional(),
  isInIndex: z.boolean().optional(),
  hasCriticalFindings: z.boolean().optional().describe('a critical vulnerability is known in it'),
  ...notYet,
})

const conditions = z.strictObject({
  newest: newestCount.optional().describe('among the newest so many of those selected in a repository'),
  beyondNewest: newestCount.optional().describe('not among them'),
  newestMinorLines: z
    .strictObject({ count, patches: count.optional() })
    .optional()
    .describe('in one of the newest so many minor lines, by semantic version'),
  pushed: age.optional().describe('since the tag was last set'),
  pulled: age.optional().describe('since the last pull that counts'),
  ...notYet,
})

const rule = z
  .strictObject({
    name: z.string().trim().min(1).max(100),
    action: z.enum(['keep', 'delete']),
    select: selection.default({}).describe('what the rule is about; all must hold'),
    when: conditions.default({}).describe('which of those it keeps or deletes; all must hold'),
    isExclusive: z.boolean().optional().describe('no later delete rule takes what this one selects'),
  })
  .meta({ id: 'RetentionRule' })

export const retentionPolicy = z
  .strictObject({
    isDryRun: z.boolean().default(true).describe('runs only report'),
    schedule: z.string().min(1).max(200).optional().describe('cron expression, in UTC'),
    fusePercent: z
      .number()
      .min(0)
      .max(100)
      .default(DEFAULT_FUSE_PERCENT)
      .describe('a run that would delete more deletes nothing'),
    ignoredPullers: z.array(glob).max(100).default([]).describe('globs over names: their pulls keep nothing alive'),
    rules: z.array(rule).max(MOST_RULES, `expected ${MOST_RULES} rules at most`),
  })
  .meta({ id: 'RetentionPolicy' })

export const storedRetentionPolicy = z
  .strictObject({
    policy: retentionPolicy,
    updatedAt: time,
    updatedBy: z.string(),
    nextRunAt: time.optional(),
  })
  .meta({ id: 'StoredRetentionPolicy' })

const remark = z.strictObject({ path: z.string().describe('where in the document'), message: z.string() })

export const retentionImport = z.strictObject({
  from: z.enum(POLICY_FORMATS).describe('ECR, Google Artifact Registry, Harbor, GitLab'),
  document: z.unknown().describe('as that registry gives it'),
  repositories: globs.optional().describe('which a document of one repository is for; all of the project unless given'),
  isAdded: z.boolean().default(false).describe('to the rules there are, instead of in their place'),
})

export const importedRetentionPolicy = z
  .strictObject({
    ...storedRetentionPolicy.shape,
    problems: z.array(remark).describe('what of the document is not in the rules'),
    notes: z.array(remark).describe('what is in them and works in another way here'),
  })
  .meta({ id: 'ImportedRetentionPolicy' })

export const retentionReport = z
  .strictObject({
    outcome: z.enum(['completed', 'fuse', 'stopped']).describe('fuse: it would delete too much, and deletes nothing'),
    kept: z.int(),
    deleted: z.int().describe('in a preview or a dry run: that would be'),
    freedBytes: z.int(),
  })
  .meta({ id: 'RetentionReport' })

export const retentionItem = z
  .strictObject({
    repository: z.string(),
    digest: z.string(),
    tags: z.array(z.string()),
    action: z.enum(['keep', 'delete']),
    rule: z.string().nullable().describe('that decided it; null where none did'),
    because: z.string(),
    bytes: z.int(),
  })
  .meta({ id: 'RetentionItem' })

/** One line of a preview: an image, or at the end the report, or why there is no more. */
export const previewLine = z.union([
  retentionItem,
  z.strictObject({ report: retentionReport }),
  z.strictObject({ error: z.string() }),
])

export const retentionRun = z
  .strictObject({
    id: z.string(),
    isDryRun: z.boolean(),
    state: z.enum(['waiting', 'running', 'ended']),
    outcome: z.enum(['completed', 'fuse', 'stopped', 'failed']).optional(),
    error: z.string().optional(),
    kept: z.int(),
    deleted: z.int(),
    freedBytes: z.int(),
    listed: z.int().describe('how many of its items can be read'),
    askedAt: time,
    askedBy: z.string(),
    startedAt: time.optional(),
    endedAt: time.optional(),
    stoppedBy: z.string().optional(),
    attempts: z.int().describe('more than one when a server was killed in the middle'),
    policy: retentionPolicy.describe('as it was then'),
  })
  .meta({ id: 'RetentionRun' })
