import type { AuditRecord } from '../../../stores/metadata/index.ts'

/** A receiver of the log. */
export interface AuditSink {
  readonly name: string
  /** So many records at most are sent at once. */
  readonly batch: number
  /**
   * Resolves when the receiver has them all, in this order. @throws DeliveryFailed, or what the connection says; some may
   * have arrived then, and are sent again.
   * @returns how many the receiver took and refused for good, which is not tried again.
   */
  send(records: readonly AuditRecord[], signal: AbortSignal): Promise<{ readonly refused: number }>
}

export class DeliveryFailed extends Error {
  override readonly name = 'DeliveryFailed'
  /** The receiver asked not to be tried again before. */
  readonly retryAfterMs: number | undefined

  constructor(message: string, retryAfterMs?: number) {
    super(message)
    this.retryAfterMs = retryAfterMs
  }
}

export const ALL_TAKEN = { refused: 0 } as const
