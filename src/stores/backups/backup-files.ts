/** Says that this is a backup. */
export const MARK = 'berth-backup.json'

/** Files of a backup, wherever it lies. */
export interface BackupFiles {
  /** For people, without secrets. */
  readonly place: string
  /** In the order of their keys. @param prefix "" or a folder: it ends in "/". */
  list(prefix: string): AsyncIterable<{ readonly key: string; readonly sizeBytes: number }>
  /** Undefined when there is no such file. */
  read(key: string): Promise<AsyncIterable<Uint8Array> | undefined>
  /** Whole and durable when it resolves; when `bytes` fail, or the process dies, there is no such file. */
  write(key: string, bytes: AsyncIterable<Uint8Array>): Promise<void>
  /** Absent is no error. */
  remove(key: string): Promise<void>
}
