import { IdempotencyStrategy, Storage } from '@google-cloud/storage'
import { PassThroughClient } from 'google-auth-library'

export interface GcsPlace {
  /** Of a private endpoint, or of an emulator. */
  readonly endpoint?: string | undefined
  readonly project?: string | undefined
  /** For one request to be answered. */
  readonly timeoutMs: number
}

/** An emulator asks for no credentials, and must not be sent any: it is spoken to in the clear. */
export function isEmulator(endpoint: string | undefined): boolean {
  return Boolean(process.env.STORAGE_EMULATOR_HOST) || endpoint?.startsWith('http:') === true
}

/** Application default credentials: environment, gcloud's file, workload identity, the machine's service account. */
export function gcsClient({ endpoint, project, timeoutMs }: GcsPlace): Storage {
  return new Storage({
    ...(project === undefined ? {} : { projectId: project }),
    ...(endpoint === undefined ? {} : { apiEndpoint: endpoint }),
    ...(isEmulator(endpoint) ? { authClient: new PassThroughClient() } : { useAuthWithCustomEndpoint: true }),
    timeout: timeoutMs,
    // Tries and pauses are patience.ts's: the SDK's first pause takes seconds, and it does not go on after a timeout.
    retryOptions: { autoRetry: false, idempotencyStrategy: IdempotencyStrategy.RetryNever },
  })
}
