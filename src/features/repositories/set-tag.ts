import { type Digest, parseDigest, parseTag, RegistryError, type RepositoryName, type Tag } from '../../oci/index.ts'
import type { TagSettingOutcome, TagTarget } from '../../stores/metadata/index.ts'
import { conflict, denied, invalid, notFound, type Permit, projectOf } from '../access/index.ts'
import { judgeChange, refusalError } from '../protection/index.ts'
import { recordOfSetting } from './recorded.ts'
import { permitInRepository, type RepositoryNames, repositoryIn } from './repositories.ts'

export interface TagAddress {
  readonly repository: string
  readonly tag: string
}

export interface TagSet {
  readonly repository: RepositoryName
  readonly tag: Tag
  readonly digest: Digest
  /** Where it pointed before. */
  readonly before: Digest | undefined
}

/**
 * Points a tag to a manifest that is in the repository already; durable. It takes what a push to the tag takes.
 * @throws DENIED, DIGEST_INVALID, NAME_UNKNOWN, NOT_FOUND.
 */
export async function setTag(
  names: RepositoryNames,
  permit: Permit<'see project'>,
  address: TagAddress,
  digest: string,
): Promise<TagSet> {
  return point(names, permit, address, { digest: parseDigest(digest) })
}

/**
 * Points a tag back to what it pointed to before; durable.
 * @param to a digest that it had, or a moment before which it had it.
 * @throws as {@link setTag}; CONFLICT when that is in the trash.
 */
export async function restoreTag(
  names: RepositoryNames,
  permit: Permit<'see project'>,
  address: TagAddress,
  to: { readonly digest?: string | undefined; readonly before?: number | undefined },
): Promise<TagSet> {
  const { digest, before } = to
  if (digest !== undefined && before === undefined)
    return point(names, permit, address, { earlier: parseDigest(digest) })
  if (before !== undefined && digest === undefined) return point(names, permit, address, { before })
  throw invalid({ field: 'digest', message: 'give either digest or before' })
}

/** Removes the tag, never what it points to; as a client's DELETE. @throws DENIED, NAME_UNKNOWN, MANIFEST_UNKNOWN. */
export async function deleteTag(
  names: RepositoryNames,
  permit: Permit<'see project'>,
  address: TagAddress,
): Promise<void> {
  const [repository, tag] = [repositoryIn(permit, address.repository), parseTag(address.tag)]
  await names.deleteTag(await permitInRepository(names, permit, 'delete', repository), tag)
}

async function point(
  names: RepositoryNames,
  permit: Permit<'see project'>,
  address: TagAddress,
  target: TagTarget,
): Promise<TagSet> {
  const [repository, tag] = [repositoryIn(permit, address.repository), parseTag(address.tag)]
  const push = await permitInRepository(names, permit, 'push', repository)
  if (!push.mayTag('push', tag))
    throw denied(`${push.principal.name} may push to ${repository}, but not to the tag ${tag}.`)
  const now = names.clock()
  const setting = {
    repository,
    tag,
    target,
    mayMove: (moved: Tag) => push.mayTag('overwrite', moved),
    judge: judgeChange,
    now,
    by: push.principal.name,
  }
  const outcome = await names.tags.set(setting, recordOfSetting(push, { tag, target, at: now }))
  if (outcome.outcome === 'set') return { repository, tag, digest: outcome.digest, before: outcome.before }
  throw refusalOf(outcome, { repository, tag, target, by: push.principal.name })
}

function refusalOf(
  outcome: Exclude<TagSettingOutcome, { outcome: 'set' }>,
  {
    repository,
    tag,
    target,
    by,
  }: { readonly repository: RepositoryName; readonly tag: Tag; readonly target: TagTarget; readonly by: string },
): RegistryError {
  switch (outcome.outcome) {
    case 'unknown repository':
      return new RegistryError('NAME_UNKNOWN', `There is no repository ${repository}.`, { detail: { repository } })
    case 'never':
      return notFound(
        'earlier' in target
          ? `such digest in what is remembered of ${repository}:${tag} (berth tag history shows it; berth tag set takes any digest of the repository)`
          : `${repository}:${tag} at that time, as far as is remembered (berth tag history shows it)`,
      )
    case 'gone': {
      const { digest, trashId } = outcome
      if (trashId !== undefined)
        return conflict(
          `${repository}@${digest} is in the trash: restore it first (berth trash restore ${projectOf({ repository })} ${trashId}).`,
        )
      return notFound(`manifest ${digest} in ${repository}${'digest' in target ? '' : ' any more: it was deleted'}`)
    }
    case 'tag taken':
      return denied(
        `The tag ${tag} is there already and ${by} may set new tags only: ask for the permission "overwrite tag".`,
      )
    case 'protected':
      return refusalError(outcome.refusal, { tag, digest: outcome.before ?? outcome.digest })
  }
}
