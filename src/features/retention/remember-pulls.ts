import { type Digest, matchesGlob, type RepositoryName } from '../../oci/index.ts'
import type { Clock } from '../../platform/clock/index.ts'
import type { LastPull, LastPulls, RetentionPolicies } from '../../stores/metadata/index.ts'
import type { RetentionPolicy } from './policy.ts'

export interface RememberedPull {
  readonly repository: RepositoryName
  readonly digest: Digest
  /** The name of the principal. */
  readonly by: string
}

/** Remembers pulls, and writes them down in batches: a pull itself writes nothing. */
export interface PullMemory {
  /** Returns at once. */
  pulled(pull: RememberedPull): void
  /** Resolves when what was remembered before is written down, as far as it counts. */
  flush(): Promise<void>
  /** Flushes for the last time. */
  stop(): Promise<void>
}

export interface PullMemoryParts {
  readonly lastPulls: Pick<LastPulls, 'record'>
  readonly policies: Pick<RetentionPolicies, 'ofProjects'>
  readonly clock: Clock
  /** The database did not take them; tried again. */
  readonly failed: (error: unknown) => void
}

export interface PullMemoryLimits {
  readonly flushMs: number
  /** A pull that is later than the one that is known by less than this is not written down. */
  readonly stepMs: number
  /** So many images and pullers may wait to be written down. */
  readonly most: number
}

export const PULL_MEMORY_LIMITS: Omit<PullMemoryLimits, 'flushMs'> = { stepMs: 3_600_000, most: 50_000 }

interface Waiting extends RememberedPull {
  pulledAt: number
}

export function rememberPulls(parts: PullMemoryParts, { flushMs, stepMs, most }: PullMemoryLimits): PullMemory {
  const { lastPulls, policies, clock, failed } = parts
  let waiting = new Map<string, Waiting>()
  /** By whoever counts, as far as this process knows. */
  const known = new Map<string, number>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let flushing: Promise<void> = Promise.resolve()

  async function write(): Promise<void> {
    const taken = waiting
    waiting = new Map()
    if (taken.size === 0) return
    try {
      const counting = await thatCount([...taken.values()], policies)
      await lastPulls.record(counting, stepMs)
      if (known.size + counting.length > most) known.clear()
      for (const pull of counting) known.set(imageOf(pull), pull.pulledAt)
    } catch (error) {
      for (const [key, pull] of taken) if (!waiting.has(key) && waiting.size < most) waiting.set(key, pull)
      throw error
    }
  }

  function flush(): Promise<void> {
    const written = flushing.then(write)
    flushing = written.catch(() => undefined)
    return written
  }

  function arm(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      flush().catch(error => {
        failed(error)
        arm()
      })
    }, flushMs)
    // Nobody waits for it: a stop flushes.
    timer.unref()
  }

  return {
    pulled(pull) {
      const pulledAt = clock()
      const before = known.get(imageOf(pull))
      if (before !== undefined && pulledAt - before < stepMs) return
      const key = `${imageOf(pull)} ${pull.by}`
      const alike = waiting.get(key)
      if (alike) alike.pulledAt = pulledAt
      // Whoever pulls so much pulls it again, and an image that is lost sight of here was pulled by others before.
      else if (waiting.size < most) waiting.set(key, { ...pull, pulledAt })
      arm()
    },
    flush,
    async stop() {
      clearTimeout(timer)
      await flush().catch(failed)
      clearTimeout(timer)
    },
  }
}

function imageOf({ repository, digest }: Pick<RememberedPull, 'repository' | 'digest'>): string {
  return `${repository}@${digest}`
}

function projectOf(repository: RepositoryName): string {
  return repository.split('/', 1)[0] as string
}

/** Those of pullers whom the project's policy does not ignore. */
async function thatCount(
  pulls: readonly (LastPull & { readonly by: string })[],
  policies: PullMemoryParts['policies'],
): Promise<readonly LastPull[]> {
  const documents = await policies.ofProjects([...new Set(pulls.map(({ repository }) => projectOf(repository)))])
  return pulls.filter(({ repository, by }) => {
    const policy = documents.get(projectOf(repository)) as RetentionPolicy | undefined
    return !policy?.ignoredPullers.some(glob => matchesGlob(glob, by))
  })
}
