import { parseTag } from '../../oci/index.ts'
import type { TagChange } from '../../stores/metadata/index.ts'
import { notFound, type Permit } from '../access/index.ts'
import { permitInRepository, type RepositoryNames, repositoryIn } from './repositories.ts'

/** Where the tag pointed, and who made it so: newest first. @throws NOT_FOUND for a tag that never was, DENIED. */
export async function listTagHistory(
  names: RepositoryNames,
  permit: Permit<'see project'>,
  { repository: text, tag: name }: { readonly repository: string; readonly tag: string },
  page: { readonly before?: number | undefined; readonly limit: number },
): Promise<readonly TagChange[]> {
  const [repository, tag] = [repositoryIn(permit, text), parseTag(name)]
  await permitInRepository(names, permit, 'see project', repository)
  const changes = await names.history.list(repository, tag, page)
  if (changes.length === 0 && page.before === undefined)
    throw notFound(`tag ${tag} in ${repository}, nor was there one that is remembered`)
  return changes
}
