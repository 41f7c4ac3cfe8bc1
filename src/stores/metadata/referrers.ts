import type { Descriptor, Digest, RepositoryName } from '../../oci/index.ts'
import type { Engine } from './engine.ts'
import { idOf, type Page } from './repositories.ts'

export interface Referrers {
  /** Descriptors of the manifests whose subject is `subject`, in order of their digests. */
  list(
    repository: RepositoryName,
    subject: Digest,
    page: Page<Digest> & { readonly artifactType?: string | undefined },
  ): Promise<readonly Descriptor[]>
}

interface Row {
  readonly digest: Digest
  readonly media_type: string
  readonly size_bytes: number
  readonly artifact_type: string | null
  readonly annotations: string | null
}

interface Parameters {
  readonly repository: RepositoryName
  readonly subject: Digest
  readonly after: Digest
  readonly limit: number
}

export function createReferrers(engine: Engine): Referrers {
  const prepare = (filtered: boolean) =>
    engine.prepare<Parameters & { artifactType: string }, Row>((db, parameter) =>
      db
        .selectFrom('manifests')
        .select(['digest', 'media_type', 'size_bytes', 'artifact_type', 'annotations'])
        .where('repository_id', '=', idOf(db, parameter('repository')))
        .where('subject', '=', parameter('subject'))
        .where('digest', '>', parameter('after'))
        .where('state', '=', 'stored')
        .$if(filtered, query => query.where('artifact_type', '=', parameter('artifactType')))
        .orderBy('digest')
        .limit(parameter('limit')),
    )
  const [all, ofType] = [prepare(false), prepare(true)]
  return {
    async list(repository, subject, { after, limit, artifactType }) {
      const parameters = {
        repository,
        subject,
        after: after ?? ('' as Digest),
        limit,
        artifactType: artifactType ?? '',
      }
      return (await (artifactType === undefined ? all : ofType)(parameters)).map(toDescriptor)
    },
  }
}

function toDescriptor(row: Row): Descriptor {
  return {
    mediaType: row.media_type,
    digest: row.digest,
    size: row.size_bytes,
    ...(row.artifact_type === null ? {} : { artifactType: row.artifact_type }),
    ...(row.annotations === null ? {} : { annotations: JSON.parse(row.annotations) as Record<string, string> }),
  }
}
