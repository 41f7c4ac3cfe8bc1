import { RegistryTokens, type Signing, SYSTEM } from '../features/identity/index.ts'
import { forgetReports, type Scanners, workWithScanners } from '../features/scanners/index.ts'
import { systemClock } from '../platform/clock/index.ts'
import type { Outbound } from '../platform/outbound/index.ts'
import type { Log } from '../platform/telemetry/index.ts'
import type { Jobs } from '../stores/jobs/index.ts'
import type { Metadata } from '../stores/metadata/index.ts'
import type { Config } from './config/index.ts'
import { TOKEN_SERVICE } from './identity/open-identity.ts'
import { sealerOf } from './identity/secret-key.ts'

/** How long it takes until another server goes on where one ended; a run goes on for as long as its server does. */
const AGAIN_SECONDS = 1
const UPKEEP_SECONDS = 3600
/** For as long a scanner may pull what it was asked about. */
const TOKEN_SECONDS = 3600

export function composeScanners(metadata: Metadata, config: Config, outbound: Outbound): Scanners {
  const { scanners: tables, manifests, advisories } = metadata
  return {
    tables,
    manifests,
    findingsOf: (repository, digest) => advisories.findings.of(repository, digest),
    outbound,
    sealer: sealerOf(config),
    clock: systemClock,
  }
}

/** Other scanners are asked by one process at a time, wherever that is. */
export function startScanners(
  { jobs, metadata }: { readonly jobs: Pick<Jobs, 'repeat'>; readonly metadata: Metadata },
  config: Config,
  { log, signing, outbound }: { readonly log: Log; readonly signing: Signing | undefined; readonly outbound: Outbound },
): void {
  const tokens =
    signing && new RegistryTokens(signing, { service: TOKEN_SERVICE, lifetimeSeconds: TOKEN_SECONDS }, systemClock)
  const { scanners: tables } = metadata
  jobs.repeat('scanners', AGAIN_SECONDS, signal =>
    workWithScanners(signal, {
      tables,
      outbound,
      sealer: sealerOf(config),
      clock: systemClock,
      publicUrl: config.http.publicUrl,
      async pullAuthorization(scanner, repository) {
        if (config.auth === 'none' || !tokens) return undefined
        const access = [{ type: 'repository', name: repository, actions: ['pull'] }]
        const { token } = await tokens.issue({ ...SYSTEM, name: `scanner ${scanner}` }, access)
        return `Bearer ${token}`
      },
      failed: (error, image, scanner) => log.warn({ err: error, image, scanner }, 'a scanner was given up on an image'),
    }),
  )
  jobs.repeat('scan-reports', UPKEEP_SECONDS, async signal => {
    const forgotten = await forgetReports(tables, systemClock, signal)
    if (forgotten > 0) log.info({ reports: forgotten }, 'old reports of scanners are forgotten')
  })
}
