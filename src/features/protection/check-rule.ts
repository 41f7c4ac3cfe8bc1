import type { TagPattern } from '../../stores/metadata/index.ts'
import type { FieldFault } from '../access/index.ts'
import { tagPatternFault } from './tag-patterns.ts'

/** As somebody writes it. */
export interface RuleInput {
  readonly repositories?: readonly string[] | undefined
  readonly exceptRepositories?: readonly string[] | undefined
  readonly tags: readonly TagPattern[]
  readonly exceptTags?: readonly TagPattern[] | undefined
  readonly immutableForDays?: number | undefined
  readonly afterwards?: 'retention' | 'everybody' | undefined
}

const REPOSITORIES = /^[a-z0-9._/*?-]{1,255}$/

/** What is wrong with it. One that would never match is a fault: whoever wrote it thinks that it holds something. */
export function ruleFaults(project: string | undefined, rule: RuleInput): readonly FieldFault[] {
  const faults: FieldFault[] = []
  for (const list of ['repositories', 'exceptRepositories'] as const) {
    for (const [index, glob] of (rule[list] ?? []).entries()) {
      const message = repositoriesFault(project, glob)
      if (message !== undefined) faults.push({ field: `${list}.${index}`, message })
    }
  }
  if (rule.tags.length === 0) faults.push({ field: 'tags', message: 'names no tag; {"glob":"*"} stands for all' })
  for (const list of ['tags', 'exceptTags'] as const) {
    for (const [index, pattern] of (rule[list] ?? []).entries()) {
      const message = tagPatternFault(pattern)
      if (message !== undefined) faults.push({ field: `${list}.${index}`, message })
    }
  }
  if (rule.afterwards !== undefined && rule.immutableForDays === undefined)
    faults.push({ field: 'afterwards', message: 'says what is after immutableForDays, which is not given: for ever' })
  return faults
}

function repositoriesFault(project: string | undefined, glob: string): string | undefined {
  if (!REPOSITORIES.test(glob)) return 'expected a pattern of repositories, such as shop/web/*'
  if (project === undefined || glob === '**' || glob === project || glob.startsWith(`${project}/`)) return undefined
  return `expected "**" or a pattern that begins with ${project}/, such as ${project}/web/*`
}
