import type { RepositoryName } from '../../../oci/index.ts'

/** What got another name: one repository, or a project with all that is in it. */
export type Renaming =
  | { readonly kind: 'repository'; readonly from: RepositoryName; readonly to: RepositoryName }
  | { readonly kind: 'project'; readonly from: string; readonly to: string }

/** The pattern as it means the same again; undefined for one that does not name what was renamed. */
export function renamedPattern({ kind, from, to }: Renaming, pattern: string): string | undefined {
  if (pattern === from) return to
  return kind === 'project' && pattern.startsWith(`${from}/`) ? `${to}${pattern.slice(from.length)}` : undefined
}

/** Where documents name repositories, and where keys are anybody's. */
const PATTERNS = new Set(['', 'repositories', 'exceptRepositories'])
const FOREIGN = new Set(['labels', 'annotations'])

/** The document with every pattern in it renamed; the same text when none is. */
export function renamedDocument(renaming: Renaming, document: string): string {
  let isSame = true
  const renamed = (value: unknown, key: string): unknown => {
    if (FOREIGN.has(key)) return value
    if (Array.isArray(value)) return value.map(item => renamed(item, key))
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, renamed(inner, name)]))
    const pattern = typeof value === 'string' && PATTERNS.has(key) ? renamedPattern(renaming, value) : undefined
    if (pattern === undefined) return value
    isSame = false
    return pattern
  }
  const written = JSON.stringify(renamed(JSON.parse(document), ''))
  return isSame ? document : written
}
