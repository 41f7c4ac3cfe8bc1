import { createHash } from 'node:crypto'
import { algorithmOf, type Digest, encodedOf } from '../../oci/index.ts'
import type { BrokenReference } from '../../stores/metadata/index.ts'
import type { Verification, VerifyOptions } from './verification.ts'

const PAGE = 100

/** Do manifests have their digests, and what they name? Do tags and links point at something? Gives how many. */
export async function checkManifests(verification: Verification, options: VerifyOptions): Promise<number> {
  const manifests = await checkDigests(verification, options)
  await checkTrash(verification, options)
  if (options.sparseManifests === 'refuse') await checkReferences(verification, options)
  for (const { repository, tag, digest } of await verification.dangling.tags(PAGE)) {
    const detail = `Tag ${tag} points at a manifest that is not there: push it again, or delete the tag.`
    options.onFinding({ kind: 'tag dangling', repository, digest, detail, action: 'reported' })
  }
  for (const { repository, digest } of await verification.dangling.links(PAGE)) {
    const detail = 'The repository has a blob of which no object is known: push it again.'
    options.onFinding({ kind: 'link dangling', repository, digest, detail, action: 'reported' })
  }
  return manifests
}

async function checkDigests({ inventory, damage }: Verification, options: VerifyOptions): Promise<number> {
  let checked = 0
  let after: number | undefined
  for (;;) {
    const page = await inventory.manifests({ after, limit: PAGE })
    for (const { id, repository, digest, bytes } of page) {
      checked += 1
      if (hasDigest(digest, bytes)) continue
      if (!(await damage.markManifest(id))) continue
      const detail = 'Its bytes do not have its digest. It answers "unknown" until a client pushes it again.'
      options.onFinding({ kind: 'manifest damaged', repository, digest, detail, action: 'put out of reach' })
    }
    after = page.at(-1)?.id
    if (after === undefined) return checked
  }
}

/** What lies in the trash must be what it was when somebody wants it back. */
async function checkTrash({ inventory, damage }: Verification, options: VerifyOptions): Promise<void> {
  let after: string | undefined
  for (;;) {
    const page = await inventory.trashedManifests({ after, limit: PAGE })
    for (const { id, repository, digest, bytes } of page) {
      if (hasDigest(digest, bytes) || !(await damage.markTrashed(id))) continue
      const detail = `It is in the trash, and its bytes do not have its digest: to restore entry ${id}, push the manifest again first.`
      options.onFinding({ kind: 'manifest damaged', repository, digest, detail, action: 'put out of reach' })
    }
    after = page.at(-1)?.id
    if (after === undefined) return
  }
}

function hasDigest(digest: Digest, bytes: Uint8Array): boolean {
  return createHash(algorithmOf(digest)).update(bytes).digest('hex') === encodedOf(digest)
}

async function checkReferences({ inventory }: Verification, options: VerifyOptions): Promise<void> {
  let after: BrokenReference | undefined
  for (;;) {
    const page = await inventory.brokenReferences({ after, limit: PAGE })
    for (const { repository, manifest, target, kind } of page) {
      const detail = `It names ${kind} ${target}, which the repository does not have undamaged: push that again.`
      options.onFinding({ kind: 'manifest incomplete', repository, digest: manifest, detail, action: 'reported' })
    }
    after = page.at(-1)
    if (!after) return
  }
}
