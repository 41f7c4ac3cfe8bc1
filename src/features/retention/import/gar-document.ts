import { z } from 'zod'
import type { FieldFault } from '../../access/index.ts'
import { requireNone } from './document.ts'

const prefixes = (form: RegExp, message: string) => z.array(z.string().regex(form, message)).optional()
const packages = prefixes(/^[A-Za-z0-9._/%-]*$/, 'expected the beginning of a repository’s name')
const duration = z
  .string()
  .regex(/^\d+(\.\d+)?[smhd]$/, 'expected a time such as 30d, 12h or 2592000s')
  .transform(text => Number(text.slice(0, -1)) * (SECONDS[text.slice(-1)] ?? 1))

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

const condition = z.strictObject({
  tagState: upper(z.enum(['TAGGED', 'UNTAGGED', 'ANY', 'TAG_STATE_UNSPECIFIED'])).optional(),
  tagPrefixes: prefixes(/^[A-Za-z0-9._-]*$/, 'expected the beginning of a tag'),
  versionNamePrefixes: prefixes(
    /^[A-Za-z0-9.:_+-]*$/,
    'expected the beginning of a version, which of an image is its digest',
  ),
  packageNamePrefixes: packages,
  olderThan: duration.optional(),
  newerThan: duration.optional(),
})

const kind = upper(z.enum(['DELETE', 'KEEP']))
const rule = {
  action: z.union([kind, z.strictObject({ type: kind }).transform(({ type }) => type)]),
  condition: condition.optional(),
  mostRecentVersions: z.strictObject({ packageNamePrefixes: packages, keepCount: z.int().min(1) }).optional(),
}

const named = z.strictObject({ name: z.string().min(1), description: z.string().optional(), ...rule })
const identified = z.strictObject({ id: z.string().min(1).optional(), ...rule })

/** As `set-cleanup-policies` takes it. Source: "Configure cleanup policies", Artifact Registry documentation. */
export const garList = z.array(named).min(1)

/** As the API gives a repository, of which the rest is of no interest here. */
export const garRepository = z.looseObject({
  cleanupPolicies: z.record(z.string(), identified),
  cleanupPolicyDryRun: z.boolean().optional(),
})

export type GarCondition = z.output<typeof condition>
export type GarPolicy = z.output<typeof named>

/** @throws INVALID for what one field alone does not tell. */
export function requireGarSense(policies: readonly { readonly policy: GarPolicy; readonly path: string }[]): void {
  requireNone(policies.flatMap(({ policy, path }) => faultsOf(policy, path)))
}

function faultsOf({ action, condition, mostRecentVersions }: GarPolicy, path: string): readonly FieldFault[] {
  if (condition && mostRecentVersions)
    return [{ field: path, message: 'condition and mostRecentVersions do not go together' }]
  if (mostRecentVersions)
    return action === 'KEEP' ? [] : [{ field: `${path}.mostRecentVersions`, message: 'goes with the action Keep' }]
  if (!condition) return [{ field: path, message: 'has neither condition nor mostRecentVersions' }]
  if (action === 'DELETE' && Object.values(condition).every(value => value === undefined))
    return [{ field: `${path}.condition`, message: 'is empty; write "tagState": "any" to delete everything' }]
  return []
}

function upper<Inner extends z.ZodType>(inner: Inner) {
  return z.preprocess(value => (typeof value === 'string' ? value.toUpperCase() : value), inner)
}
