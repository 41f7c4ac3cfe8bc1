import { type Reference, RegistryError, type RepositoryName } from '../../oci/index.ts'
import type { ManifestSummary, StoredManifest } from '../../stores/metadata/index.ts'
import { type Permit, repositoryOf } from '../access/index.ts'
import type { Content } from './content.ts'
import type { GateOutcome, GateSubject } from './pull-gate.ts'

/** With what the client is told beside it. */
export type Told<Manifest> = Manifest & { readonly warnings: readonly string[] }

/** @throws MANIFEST_UNKNOWN, or NAME_UNKNOWN when there is no such repository; DENIED when a policy is against it. */
export async function pullManifest(
  content: Content,
  permit: Permit<'pull'>,
  reference: Reference,
): Promise<Told<StoredManifest>> {
  const repository = repositoryOf(permit)
  const manifest =
    (await foundIn(content, repository, () => content.manifests.find(repository, reference))) ??
    unknownManifest(repository, reference)
  const { refusal, warnings } = await judged(content, manifest, { permit, asks: 'pull', ...reference })
  if (refusal) throw refusal
  return { ...manifest, warnings }
}

/**
 * As {@link pullManifest} without the bytes, for HEAD. What a pull would be refused for is a warning here: clients ask so
 * before they push, too, and those that pull are told the reason by the answer to their GET, since this one has no body.
 */
export async function statManifest(
  content: Content,
  permit: Permit<'stat'>,
  reference: Reference,
): Promise<Told<ManifestSummary>> {
  const repository = repositoryOf(permit)
  const manifest =
    (await foundIn(content, repository, () => content.manifests.summary(repository, reference))) ??
    unknownManifest(repository, reference)
  const { refusal, warnings } = await judged(content, manifest, { permit, asks: 'stat', ...reference })
  return { ...manifest, warnings: refusal ? [refusal.message, ...warnings] : warnings }
}

const NOTHING: GateOutcome = { warnings: [] }

function judged(
  { gate }: Pick<Content, 'gate'>,
  { digest, mediaType, isJudged }: Pick<ManifestSummary, 'digest' | 'mediaType' | 'isJudged'>,
  asked: Omit<GateSubject, 'digest' | 'mediaType'>,
): GateOutcome | Promise<GateOutcome> {
  return isJudged && gate ? gate({ ...asked, digest, mediaType }) : NOTHING
}

/** @throws MANIFEST_UNKNOWN, always. */
export function unknownManifest(repository: RepositoryName, reference: Reference): never {
  throw new RegistryError(
    'MANIFEST_UNKNOWN',
    'tag' in reference
      ? `Repository ${repository} has no tag ${reference.tag}.`
      : `Repository ${repository} has no manifest ${reference.digest}.`,
    { detail: { repository, ...reference } },
  )
}

/**
 * What `look` finds in the repository. Undefined is what a repository says that is there: one that was given the name
 * after the first look is looked at again. @throws NAME_UNKNOWN when nothing was ever pushed to `repository`.
 */
export async function foundIn<Found>(
  content: Pick<Content, 'repositories'>,
  repository: RepositoryName,
  look: () => Promise<Found | undefined>,
): Promise<Found | undefined> {
  const found = await look()
  if (found !== undefined) return found
  await requireRepository(content, repository)
  return look()
}

/** @throws NAME_UNKNOWN when nothing was ever pushed to `repository`. */
export async function requireRepository(
  content: Pick<Content, 'repositories'>,
  repository: RepositoryName,
): Promise<void> {
  if (await content.repositories.exists(repository)) return
  throw new RegistryError('NAME_UNKNOWN', `There is no repository ${repository}: push an image to it first.`, {
    detail: { repository },
  })
}
