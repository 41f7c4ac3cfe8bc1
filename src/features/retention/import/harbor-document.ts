import { z } from 'zod'
import type { FieldFault } from '../../access/index.ts'
import { requireNone } from './document.ts'

/** How each template counts; Harbor names the parameter after its template. */
export const TEMPLATES = {
  latestPushedK: 'count',
  latestPulledN: 'count',
  latestActiveK: 'count',
  nDaysSinceLastPush: 'days',
  nDaysSinceLastPull: 'days',
  lastXDays: 'days',
  always: 'nothing',
} as const

export type Template = keyof typeof TEMPLATES

const untagged = z
  .string()
  .optional()
  .transform((text, context): boolean | undefined => {
    if (text === undefined || text === '') return undefined
    try {
      return z.strictObject({ untagged: z.boolean() }).parse(JSON.parse(text)).untagged
    } catch {
      context.addIssue({ code: 'custom', message: 'expected {"untagged":true} or {"untagged":false}, as text' })
      return undefined
    }
  })

const selector = <Decorations extends [string, ...string[]]>(decorations: Decorations) =>
  z.strictObject({
    kind: z.literal('doublestar'),
    decoration: z.enum(decorations),
    pattern: z.string().max(500),
    extras: untagged,
  })

const tagSelector = selector(['matches', 'excludes'])
const repositorySelector = selector(['repoMatches', 'repoExcludes'])

const rule = z.strictObject({
  id: z.int().optional(),
  priority: z.int().optional(),
  disabled: z.boolean().optional(),
  action: z.literal('retain'),
  template: z.string(),
  params: z.record(z.string(), z.unknown()).nullish(),
  tag_selectors: z.array(tagSelector).min(1),
  scope_selectors: z.strictObject({ repository: z.array(repositorySelector).min(1) }),
})

/** As the API's `/retentions/{id}` gives and takes it. Source: Harbor's API, RetentionPolicy. */
export const harborDocument = z.strictObject({
  id: z.int().optional(),
  algorithm: z.literal('or'),
  rules: z.array(rule),
  trigger: z
    .strictObject({
      kind: z.literal('Schedule'),
      settings: z.looseObject({ cron: z.string().optional() }).nullish(),
      references: z.unknown().optional(),
    })
    .nullish(),
  scope: z.strictObject({ level: z.literal('project'), ref: z.int().optional() }).nullish(),
})

export type HarborRule = z.output<typeof rule>
export type HarborTagSelector = z.output<typeof tagSelector>
export type HarborRepositorySelector = z.output<typeof repositorySelector>

export function isTemplate(name: string): name is Template {
  return Object.hasOwn(TEMPLATES, name)
}

/** @throws INVALID when a rule's number is missing. */
export function requireParameters(rules: readonly HarborRule[]): void {
  requireNone(
    rules.flatMap((rule, index): readonly FieldFault[] => {
      if (!isTemplate(rule.template) || TEMPLATES[rule.template] === 'nothing') return []
      if (z.int().min(0).safeParse(rule.params?.[rule.template]).success) return []
      const message = `expected a number, 0 or more: ${rule.template} needs it`
      return [{ field: `rules.${index}.params.${rule.template}`, message }]
    }),
  )
}

/** How many images or days; 0 for a template without a number. */
export function parameterOf(rule: HarborRule): number {
  const value = rule.params?.[rule.template]
  return typeof value === 'number' ? value : 0
}
