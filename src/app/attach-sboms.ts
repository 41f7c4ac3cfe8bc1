import type { Content } from '../features/content/index.ts'
import { deleteManifest, finishUpload, pushManifest, startUpload } from '../features/content/index.ts'
import type { Attaching, Pushing } from '../features/scanning/index.ts'
import type { Log } from '../platform/telemetry/index.ts'
import type { Metadata } from '../stores/metadata/index.ts'
import type { Config } from './config/index.ts'
import { VERSION } from './version.ts'

/** Of one image; nobody attaches so many. */
const MOST_REFERRERS = 1000

/** Undefined where nothing is attached. */
export function composeAttaching(
  { inventories }: Metadata,
  { scanning: { attachSbom } }: Config,
  { content, log }: { readonly content: Content; readonly log: Log },
): Attaching | undefined {
  if (attachSbom === 'none') return undefined
  return {
    tables: inventories,
    version: VERSION,
    formats: attachSbom === 'both' ? ['cyclonedx', 'spdx'] : [attachSbom],
    pushing: pushingBy(content),
    failed: (error, image) => log.warn({ err: error, image }, 'what an image holds cannot be attached to it'),
  }
}

/** As clients push, so that quotas, rules and the audit log hold. */
function pushingBy(content: Content): Pushing {
  return {
    async find(repository, digest) {
      const found = await content.manifests.summary(repository, { digest })
      return found && { mediaType: found.mediaType, digest, size: found.sizeBytes }
    },
    referrers: (repository, digest) => content.referrers.list(repository, digest, { limit: MOST_REFERRERS }),
    async pushBlob(permit, digest, bytes) {
      const id = await startUpload(content, permit, 'sha256')
      const incoming = { sizeBytes: bytes.length, stream: once(bytes) }
      await finishUpload(content, permit, id, { digest, chunk: { incoming } })
    },
    async pushManifest(permit, digest, bytes) {
      await pushManifest(content, permit, { reference: { digest }, tags: [], contentType: undefined, bytes })
    },
    deleteManifest: (permit, digest) => deleteManifest(content, permit, { digest }),
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
