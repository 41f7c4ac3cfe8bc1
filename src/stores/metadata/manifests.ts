import type { Digest, RepositoryName, Tag } from '../../oci/index.ts'
import { recordedWrite } from './audit/recorded-write.ts'
import type { Engine } from './engine.ts'
import type { Manifests } from './manifest-port.ts'
import { putManifest } from './put-manifest.ts'
import { removeManifest } from './remove-manifest.ts'
import { idOf } from './repositories.ts'
import { isJudged } from './vulnerability-policies/is-judged.ts'

export function createManifests(engine: Engine): Manifests {
  type ByTag = { repository: RepositoryName; tag: Tag }
  type ByDigest = { repository: RepositoryName; digest: Digest }
  type Row = { digest: Digest; media_type: string; bytes: Uint8Array<ArrayBuffer>; judged: unknown }
  type SummaryRow = { digest: Digest; media_type: string; size_bytes: number; judged: unknown }
  const hot = { hot: true }
  const tagged = (columns: readonly ('bytes' | 'size_bytes')[]) =>
    engine.prepare<ByTag, Row & SummaryRow>(
      (db, parameter) =>
        db
          .selectFrom('manifests')
          .select(['digest', 'media_type'])
          .select(columns)
          .select(isJudged)
          .where('repository_id', '=', idOf(db, parameter('repository')))
          .where('digest', '=', query =>
            query
              .selectFrom('tags')
              .select('digest')
              .where('repository_id', '=', idOf(db, parameter('repository')))
              .where('name', '=', parameter('tag')),
          )
          .where('state', '=', 'stored')
          .$castTo<Row & SummaryRow>(),
      hot,
    )
  const digested = (columns: readonly ('bytes' | 'size_bytes')[]) =>
    engine.prepare<ByDigest, Row & SummaryRow>(
      (db, parameter) =>
        db
          .selectFrom('manifests')
          .select(['digest', 'media_type'])
          .select(columns)
          .select(isJudged)
          .where('repository_id', '=', idOf(db, parameter('repository')))
          .where('digest', '=', parameter('digest'))
          .where('state', '=', 'stored')
          .$castTo<Row & SummaryRow>(),
      hot,
    )
  const [wholeByTag, wholeByDigest] = [tagged(['bytes']), digested(['bytes'])]
  const [summaryByTag, summaryByDigest] = [tagged(['size_bytes']), digested(['size_bytes'])]
  return {
    async find(repository, reference) {
      const rows =
        'tag' in reference
          ? await wholeByTag({ repository, tag: reference.tag })
          : await wholeByDigest({ repository, digest: reference.digest })
      const row = rows[0]
      return (
        row && {
          digest: row.digest,
          mediaType: row.media_type,
          bytes: row.bytes,
          isJudged: Boolean(row.judged),
        }
      )
    },
    async summary(repository, reference) {
      const rows =
        'tag' in reference
          ? await summaryByTag({ repository, tag: reference.tag })
          : await summaryByDigest({ repository, digest: reference.digest })
      const row = rows[0]
      return (
        row && {
          digest: row.digest,
          mediaType: row.media_type,
          sizeBytes: row.size_bytes,
          isJudged: Boolean(row.judged),
        }
      )
    },
    put: (manifest, record) => recordedWrite(engine, record, queries => putManifest(queries, manifest)),
    remove: (manifest, record) => recordedWrite(engine, record, queries => removeManifest(queries, manifest)),
  }
}
