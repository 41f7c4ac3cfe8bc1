import { createHash } from 'node:crypto'
import type { AdvisoryRecord, Severity, StoredAdvisory } from '../../stores/metadata/index.ts'
import type { Advisory, Affected } from './advisory.ts'
import { scoreOf } from './formats/severity.ts'

/** What matching needs of an advisory. */
export interface Head {
  readonly aliases: readonly string[]
  readonly upstream: readonly string[]
  readonly related: readonly string[]
  readonly severity?: Severity | undefined
  readonly score?: number | undefined
  readonly summary: string
  readonly url?: string | undefined
  readonly isWithdrawn?: true | undefined
}

/** What is read by people only. */
interface Body {
  readonly details: string
  readonly vectors: readonly string[]
  readonly published?: number | undefined
  readonly modified?: number | undefined
  readonly withdrawn?: number | undefined
}

/** What it says of a package, and the score of vectors of its own. */
export interface AffectedHead extends Omit<Affected, 'ecosystem' | 'name' | 'vectors'> {
  readonly score?: number | undefined
}

const MOST_DETAILS = 4000

export function toRecord(advisory: Advisory): AdvisoryRecord {
  const { record, id, aliases, upstream, related, severity, summary, url, withdrawn, vectors } = advisory
  const head: Head = {
    aliases,
    upstream,
    related,
    severity,
    score: scoreOf(vectors),
    summary,
    url,
    ...(withdrawn === undefined ? {} : { isWithdrawn: true }),
  }
  const { details, published, modified } = advisory
  const body: Body = { details: details.slice(0, MOST_DETAILS).toWellFormed(), vectors, published, modified, withdrawn }
  const packages = advisory.affected.map(({ ecosystem, name, vectors: own, ...rest }) => {
    const affected: AffectedHead = { ...rest, ...(own ? { score: scoreOf(own) } : {}) }
    return { ecosystem, name, affected: clean(affected) }
  })
  const texts = { head: clean(head), body: clean(body) }
  // When it was last touched is no change of what it says.
  const hashed = JSON.stringify([id, texts.head, { ...body, modified: undefined }, packages])
  return {
    record,
    id,
    ids: [...new Set([id, ...aliases, ...upstream])],
    hash: createHash('sha256').update(hashed).digest('base64url'),
    ...texts,
    packages,
  }
}

/** PostgreSQL takes no zero in a text; nothing that is read has a use for one. */
function clean(value: object): string {
  return JSON.stringify(value).replaceAll('\\u0000', '').toWellFormed()
}

/** An advisory as it was kept: all of it but the end of long details. */
export function fromRecord({ id, source, head, body, packages }: Omit<StoredAdvisory, 'number'>) {
  const { isWithdrawn: _, ...told } = JSON.parse(head) as Head
  return {
    id,
    source,
    ...told,
    ...(JSON.parse(body) as Body),
    affected: packages.map(({ ecosystem, name, affected }) => ({
      ecosystem,
      name,
      ...(JSON.parse(affected) as AffectedHead),
    })),
  }
}

export type KeptAdvisory = ReturnType<typeof fromRecord>
