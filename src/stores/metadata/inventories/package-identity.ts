import { createHash } from 'node:crypto'

/** What tells one package from another. */
export interface PackageKey {
  readonly ecosystem: string
  readonly name: string
  readonly version: string
  readonly source?: { readonly name: string; readonly version: string } | undefined
  readonly purl: string
}

/** The same for the same package, and short whatever its names are: what the table is unique by. */
export function packageIdentity({ ecosystem, name, version, source, purl }: PackageKey): string {
  const all = [ecosystem, name, version, source?.name ?? null, source?.version ?? null, purl]
  return createHash('sha256').update(JSON.stringify(all)).digest('base64url')
}
