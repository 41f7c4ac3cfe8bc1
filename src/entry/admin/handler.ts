import type { Permit } from '../../features/access/index.ts'
import type { Administration } from '../../features/administration/index.ts'
import type { AdvisoryAdministration } from '../../features/advisories/index.ts'
import type { Catalog } from '../../features/catalog/index.ts'
import type { Protection } from '../../features/protection/index.ts'
import type { Quotas } from '../../features/quotas/index.ts'
import type { RepositoryNames } from '../../features/repositories/index.ts'
import type { RetentionAdministration } from '../../features/retention/index.ts'
import type { Scanners } from '../../features/scanners/index.ts'
import type { Scans } from '../../features/scanning/index.ts'
import type { Trashes } from '../../features/trash/index.ts'
import type { PullPolicyAdministration } from '../../features/vulnerability-policy/index.ts'
import type { AdminRoutes, AnswerOf, BodyOf, Operation, ParamsOf, QueryOf, Route } from '../api/index.ts'

type Readonlyish<T> = T extends readonly (infer Item)[]
  ? readonly Readonlyish<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: Readonlyish<T[K]> }
    : T

type ActionOf<R extends Route> = R extends { readonly inProject: infer Other extends Route['action'] }
  ? R['action'] | Other
  : R['action']

/** What the use cases stand on, by feature. */
export interface Services {
  readonly names: RepositoryNames
  readonly administration: Administration
  readonly trashes: Trashes
  readonly catalog: Catalog
  readonly retention: RetentionAdministration
  readonly protection: Protection
  readonly quotas: Quotas
  readonly advisories: AdvisoryAdministration
  readonly scans: Scans
  readonly pullPolicies: PullPolicyAdministration
  readonly scanners: Scanners
}

/** What the handler of an operation gets: access decided, everything parsed. */
export interface Call<R extends Route> extends Services {
  readonly permit: Permit<ActionOf<R>>
  readonly params: ParamsOf<R['path']>
  readonly query: QueryOf<R>
  readonly body: BodyOf<R>
  /** Of a route that takes bytes. */
  readonly stream: ReadableStream<Uint8Array> | null
}

/** The body of the answer; of a list that has pages, also where the next one begins; of lines and documents, the answer itself. */
type Given<R extends Route> = R extends { readonly lines: unknown } | { readonly documents: unknown }
  ? Response
  : R extends { readonly paged: true }
    ? Readonlyish<AnswerOf<R>> & { readonly next: string | undefined }
    : Readonlyish<AnswerOf<R>>

export type Handlers<Operations extends Operation = Operation> = {
  readonly [K in Operations]: (call: Call<AdminRoutes[K]>) => Promise<Given<AdminRoutes[K]>>
}

/** @param keyOf what `after` is for the next page, of the last item of a full one. */
export function paged<Row, Item>(
  rows: readonly Row[],
  limit: number,
  view: (row: Row) => Item,
  keyOf: (row: Row) => string,
): { readonly items: readonly Item[]; readonly next: string | undefined } {
  const last = rows.at(-1)
  return { items: rows.map(view), next: rows.length === limit && last ? keyOf(last) : undefined }
}
