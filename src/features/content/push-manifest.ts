import { createHash } from 'node:crypto'
import {
  algorithmOf,
  type Descriptor,
  type Digest,
  type DigestAlgorithm,
  type Manifest,
  parseDigest,
  parseManifest,
  type Reference,
  RegistryError,
  type Tag,
} from '../../oci/index.ts'
import { type Permit, repositoryOf } from '../access/index.ts'
import { judgeChange, refusalError } from '../protection/index.ts'
import type { Content } from './content.ts'
import { refusingExcess } from './over-quota.ts'
import { recordOfPush } from './recorded.ts'

export interface ManifestPush {
  readonly reference: Reference
  /** Tags besides the one in `reference`: the `tag` parameters of the specification's development version. */
  readonly tags: readonly Tag[]
  readonly contentType: string | undefined
  readonly bytes: Uint8Array
}

export interface PushedManifest {
  readonly digest: Digest
  readonly tags: readonly Tag[]
  readonly subject?: Digest
  /** For the people who push; clients show them. */
  readonly warnings: readonly string[]
}

/**
 * Stores a manifest whose blobs and manifests are all in the repository and moves the tags to it; durable.
 * @throws MANIFEST_INVALID, DIGEST_INVALID, SIZE_INVALID, MANIFEST_BLOB_UNKNOWN (one error for each that is absent),
 * DENIED when a tag may not be set or moved, a rule or lock keeps things as they are, or a quota is in the way.
 */
export async function pushManifest(
  content: Content,
  permit: Permit<'push'>,
  push: ManifestPush,
): Promise<PushedManifest> {
  const repository = repositoryOf(permit)
  requireManifestSize(content, push.bytes.length)
  const manifest = parseManifest(push.bytes, push.contentType)
  const digest = digestOfPush(push)
  const tags = 'tag' in push.reference ? [push.reference.tag, ...push.tags] : push.tags
  requireTags(permit, tags)
  const now = content.clock()
  const put = await refusingExcess(content, permit, () =>
    content.manifests.put(
      {
        repository,
        digest,
        bytes: push.bytes,
        manifest,
        tags,
        now,
        by: permit.principal.name,
        mayMove: tag => permit.mayTag('overwrite', tag),
        judge: judgeChange,
        allowAbsent: content.rules.sparseManifests === 'allow' ? 'all' : 'none',
      },
      recordOfPush(permit, { digest, mediaType: manifest.mediaType, subject: manifest.subject?.digest, at: now }),
    ),
  )
  if (put.outcome === 'absent') throw absentTargets(put.absent, manifest)
  if (put.outcome === 'tag taken') {
    throw new RegistryError(
      'DENIED',
      `The tag ${put.tag} is there already and ${permit.principal.name} may set new tags only: push to another tag, or ask for the permission "overwrite tag".`,
      { detail: { tag: put.tag, digest: put.by } },
    )
  }
  if (put.outcome === 'protected')
    throw refusalError(put.refusal, put.move ? { tag: put.move.tag, digest: put.move.from } : { digest })
  if (put.outcome === 'wrong size') {
    throw new RegistryError(
      'MANIFEST_INVALID',
      `The manifest gives ${put.descriptor.digest} ${put.descriptor.size} bytes, but it has ${put.storedBytes}: correct the descriptor's size.`,
      { detail: { digest: put.descriptor.digest, size: put.descriptor.size, storedSize: put.storedBytes } },
    )
  }
  return {
    digest,
    tags,
    ...(manifest.subject ? { subject: manifest.subject.digest } : {}),
    warnings: [...warningsOf(manifest, put.absent), ...(await content.quotas.warnings(permit, put.quotas))],
  }
}

function requireTags(permit: Permit<'push'>, tags: readonly Tag[]): void {
  const refused = tags.find(tag => !permit.mayTag('push', tag))
  if (refused === undefined) return
  throw new RegistryError('DENIED', `${permit.principal.name} may push here, but not to the tag ${refused}.`, {
    detail: { tag: refused },
  })
}

/** @throws SIZE_INVALID with 413 when `sizeBytes` is over the limit. */
export function requireManifestSize(content: Content, sizeBytes: number): void {
  if (sizeBytes <= content.limits.manifestBytes) return
  throw new RegistryError(
    'SIZE_INVALID',
    `The manifest has ${sizeBytes} bytes or more; this registry takes at most ${content.limits.manifestBytes} (limits.manifestBytes).`,
    { status: 413, detail: { limitBytes: content.limits.manifestBytes } },
  )
}

function digestOfPush({ reference, bytes }: ManifestPush): Digest {
  if ('tag' in reference) return hash('sha256', bytes)
  const actual = hash(algorithmOf(reference.digest), bytes)
  if (actual === reference.digest) return actual
  throw new RegistryError(
    'DIGEST_INVALID',
    `The manifest's digest is ${actual}, not ${reference.digest}: it changed on the way, or the URL names another.`,
    { detail: { expected: reference.digest, actual } },
  )
}

function hash(algorithm: DigestAlgorithm, bytes: Uint8Array): Digest {
  return parseDigest(`${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`)
}

function absentTargets(absent: readonly Descriptor[], manifest: Manifest): RegistryError {
  const first = absent[0] as Descriptor
  const kind = manifest.manifests.includes(first) ? 'manifest' : 'blob'
  const others = absent.length > 1 ? ` and ${absent.length - 1} more` : ''
  return new RegistryError(
    'MANIFEST_BLOB_UNKNOWN',
    `The manifest names ${kind} ${first.digest}${others}, which this repository does not have: push ${absent.length > 1 ? 'them' : 'it'} first.`,
    { detail: { missing: absent.map(({ digest, mediaType, size }) => ({ digest, mediaType, size })) } },
  )
}

function warningsOf(manifest: Manifest, absent: readonly Descriptor[]): readonly string[] {
  const warnings: string[] = []
  if (manifest.nonDistributable.length > 0) {
    warnings.push(
      `${manifest.nonDistributable.length} non-distributable layer(s) were not stored; these media types are deprecated, push ordinary layers instead.`,
    )
  }
  if (absent.length > 0) {
    warnings.push(`${absent.length} of the manifest's descriptors are not in this repository; pulling them will fail.`)
  }
  return warnings
}
