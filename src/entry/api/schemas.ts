import { z } from 'zod'
import { PERMISSIONS } from '../../features/access/index.ts'

export const time = z.iso.datetime().describe('RFC 3339, UTC')
export const permission = z.enum(PERMISSIONS)
export const visibility = z.enum(['private', 'internal', 'public'])
export const systemRole = z.enum(['administrator', 'auditor', 'project creator'])
export const state = z.enum(['active', 'disabled'])

const limit = z.coerce.number().int().min(1).max(1000).default(100).meta({ type: 'integer' })

/** Parameters of every list that has pages. */
export const page = z.strictObject({
  limit,
  after: z.string().max(600).optional().describe('where the page before ended; the Link header has it'),
})

export function listOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ items: z.array(item) })
}

export const user = z
  .strictObject({
    name: z.string(),
    source: z.string().describe('"local", or who keeps the password'),
    displayName: z.string().optional(),
    email: z.string().optional(),
    systemRole: systemRole.optional(),
    state,
    createdAt: time,
    signedInAt: time.optional(),
  })
  .meta({ id: 'User' })

export const role = z
  .strictObject({ name: z.string(), permissions: z.array(permission), isBuiltIn: z.boolean() })
  .meta({ id: 'Role' })

export const project = z
  .strictObject({
    name: z.string(),
    visibility,
    pushers: z.enum(['members', 'pipelines']),
    network: z.unknown().optional(),
    trashDays: z
      .number()
      .optional()
      .describe('how long what is deleted can be restored; as the registry has it unless given'),
    createdAt: time,
  })
  .meta({ id: 'Project' })

/** A role, or the permissions themselves. */
export const grantShape = {
  role: z.string().max(64).optional().describe('a built-in role or one of your own; or give permissions'),
  permissions: z.array(permission).max(20).optional(),
  repositories: z.string().max(255).default('**').describe('pattern: * within a component, ** over several'),
  tags: z.string().max(128).default('*').describe('pattern'),
}

export const subject = z.strictObject({ kind: z.enum(['user', 'group', 'robot']), name: z.string().max(255) })

export const member = z
  .strictObject({
    id: z.int(),
    subject: z.strictObject({ kind: z.enum(['user', 'group', 'robot']), name: z.string() }),
    role: z.string().optional(),
    permissions: z.array(z.string()).optional(),
    repositories: z.string(),
    tags: z.string(),
    createdAt: time,
  })
  .meta({ id: 'Member' })

export const scope = z
  .array(z.strictObject({ repositories: z.string().min(1).max(255), permissions: z.array(permission).min(1) }))
  .min(1)
  .max(50)

export const lifetimeDays = z.number().positive().describe('fractions are taken; tokens.longestDays at most')

export const rotation = z.strictObject({
  overlapSeconds: z.int().min(0).default(0).describe('how long the old secret goes on beside the new one'),
  lifetimeDays: lifetimeDays.optional().describe('as long as the old one was made for, unless given'),
})

export const token = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    scope: z.array(z.strictObject({ repositories: z.string(), permissions: z.array(z.string()) })).optional(),
    createdAt: time,
    expiresAt: time.optional(),
    usedAt: time.optional(),
    revokedAt: time.optional(),
  })
  .meta({ id: 'Token' })

const secret = z.string().describe('the secret; it is shown this once')

export const newToken = z.strictObject({ ...token.shape, token: secret }).meta({ id: 'NewToken' })

export const robot = z
  .strictObject({
    name: z.string().describe('project+name: what it signs in with'),
    description: z.string(),
    state,
    createdAt: time,
  })
  .meta({ id: 'Robot' })

export const tokenName = z.string().trim().min(1).max(100)

const cidrs = z.array(z.string().max(64)).max(500)
const networkRule = z.strictObject({ allow: cidrs.optional(), deny: cidrs.optional() })
export const network = z
  .strictObject({ pull: networkRule.optional(), push: networkRule.optional(), administration: networkRule.optional() })
  .meta({ id: 'NetworkRules' })

const pattern = z.string().max(512)
export const trustRuleShape = {
  issuer: z.string().max(512).describe('as the token has it in iss'),
  audience: z.string().max(512).describe('exactly what the token has in aud'),
  conditions: z
    .record(z.string().max(128), z.union([pattern, z.array(pattern).max(100)]))
    .describe('by claim: a pattern, or several of which one must match; all claims must'),
  permissions: z.array(permission).max(20),
  repositories: z.string().max(255).default('**'),
  tags: z.string().max(128).default('*'),
  lifetimeSeconds: z.int().default(600),
}

const patternText = z.string().min(1).max(500)
export const tagPattern = z
  .union(
    [
      z.strictObject({ glob: patternText }),
      z.strictObject({ regex: patternText }),
      z.strictObject({ semver: patternText, prereleases: z.boolean().optional() }),
    ],
    { error: 'expected {"glob": "v*"}, {"regex": "v[0-9]+"} (RE2, the whole tag) or {"semver": ">=1.2 <2"}' },
  )
  .meta({ id: 'TagPattern' })

export const auditRecord = z
  .looseObject({
    sequence: z.int(),
    id: z.string(),
    at: time,
    type: z.string(),
    category: z.string(),
    outcome: z.string(),
    reason: z.string().optional(),
    hash: z.string(),
    previousHash: z.string(),
  })
  .meta({ id: 'AuditRecord' })

export const problem = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    instance: z.string().describe('the id of the request, as the log has it'),
    errors: z.array(z.strictObject({ field: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' })
