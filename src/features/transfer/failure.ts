/** What could not be taken or given, and why. */
export interface TransferFailure {
  /** Empty when it is about the archive. */
  readonly repository: string
  readonly digest?: string
  readonly reason: string
}
