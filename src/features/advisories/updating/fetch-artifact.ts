import type { SpooledFile } from '../../../stores/advisory-files/index.ts'
import type { AdvisorySource } from '../../../stores/metadata/index.ts'
import type { Advising, ConfiguredSource } from '../advising.ts'
import { filesOf } from './artifact-files.ts'
import { type TakenIn, takeIn } from './take-in.ts'

/** Is it one of another registry, `oci://…`? */
export function isArtifact({ url }: Pick<ConfiguredSource, 'url'>): boolean {
  return /^oci(?:\+http)?:/.test(url)
}

/**
 * Takes in what an artifact of another registry holds, as the source. One whose digest is known is not read again.
 * @returns undefined when it is the same as before. @throws what another registry says, INVALID, what {@link takeIn} throws.
 */
export async function fetchArtifact(
  advising: Advising,
  source: ConfiguredSource,
  known: AdvisorySource | undefined,
  signal: AbortSignal,
): Promise<TakenIn | undefined> {
  const artifact = await advising.openArtifact(source, signal)
  const manifest = await artifact.manifest()
  if (known?.origin === source.url && known.etag === manifest.digest) return undefined
  const files = filesOf(manifest, source.url)
  await using spool = await advising.openSpool()
  // All of them, before any is read: half of them would be nothing.
  const kept: SpooledFile[] = []
  let left = advising.settings.mostBytes
  for (const { name, layer } of files) {
    const file = await spool.keep(name, await artifact.blob(layer), left)
    left -= file.sizeBytes
    kept.push(file)
  }
  const whole = async function* () {
    yield* kept
  }
  return await takeIn(advising, whole(), { origin: source.url, source: source.name, etag: manifest.digest, signal })
}
