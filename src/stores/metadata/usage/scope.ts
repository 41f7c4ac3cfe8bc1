import type { UsageKind, Used } from '../schema-usage.ts'

/** Whose usage it is. */
export type Scope = 'registry' | { readonly project: string }

export const USAGE_KINDS = ['bytes', 'repositories', 'tags', 'manifests'] as const satisfies readonly UsageKind[]

export const UNUSED: Used = { bytes: 0, repositories: 0, tags: 0, manifests: 0 }

/** Of the project; undefined for the registry. */
export function nameOf(scope: Scope): string | undefined {
  return scope === 'registry' ? undefined : scope.project
}
