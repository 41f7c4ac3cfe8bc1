/** An object storage that runs for the tests. */
export interface ObjectServer extends AsyncDisposable {
  /** http://127.0.0.1:PORT */
  readonly endpoint: string
  readonly port: number
  readonly credentials: Readonly<Record<string, string>>
  /** Makes a fresh, empty bucket and gives the address that the setting `blobs.url` takes. */
  createBucket(endpoint?: string): Promise<string>
}
