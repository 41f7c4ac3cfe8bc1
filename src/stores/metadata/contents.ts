import type { Digest, RepositoryName, Tag } from '../../oci/index.ts'
import type { Engine } from './engine.ts'
import { idOf, type Page } from './repositories.ts'

/** What one repository holds, page by page, to be copied whole. */
export interface Contents {
  tags(repository: RepositoryName, page: Page<Tag>): Promise<readonly { readonly tag: Tag; readonly digest: Digest }[]>
  manifests(
    repository: RepositoryName,
    page: Page<number>,
  ): Promise<
    readonly { readonly id: number; readonly digest: Digest; readonly mediaType: string; readonly bytes: Uint8Array }[]
  >
  blobs(
    repository: RepositoryName,
    page: Page<Digest>,
  ): Promise<readonly { readonly digest: Digest; readonly sizeBytes: number; readonly storageKey: string }[]>
}

export function createContents({ db }: Engine): Contents {
  return {
    tags: (repository, { after, limit }) =>
      db
        .selectFrom('tags')
        .select(['name as tag', 'digest'])
        .where('repository_id', '=', idOf(db, repository))
        .$if(after !== undefined, query => query.where('name', '>', after as Tag))
        .orderBy('name')
        .limit(limit)
        .execute(),
    manifests: (repository, { after, limit }) =>
      db
        .selectFrom('manifests')
        .select(['id', 'digest', 'media_type as mediaType', 'bytes'])
        .where('repository_id', '=', idOf(db, repository))
        .where('state', '=', 'stored')
        .where('id', '>', after ?? 0)
        .orderBy('id')
        .limit(limit)
        .execute(),
    blobs: (repository, { after, limit }) =>
      db
        .selectFrom('repository_blobs')
        .innerJoin('blobs', 'blobs.digest', 'repository_blobs.digest')
        .select(['blobs.digest', 'blobs.size_bytes as sizeBytes', 'blobs.storage_key as storageKey'])
        .where('repository_blobs.repository_id', '=', idOf(db, repository))
        .where('blobs.state', '=', 'stored')
        .$if(after !== undefined, query => query.where('repository_blobs.digest', '>', after as Digest))
        .orderBy('repository_blobs.digest')
        .limit(limit)
        .execute(),
  }
}
