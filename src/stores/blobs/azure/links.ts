import {
  BlobSASPermissions,
  type BlobServiceClient,
  StorageSharedKeyCredential,
  type UserDelegationKey,
} from '@azure/storage-blob'

const HOUR_MS = 3_600_000
const KEY_LIFETIME_MS = 24 * HOUR_MS
/** Azure lends no key for longer. */
const MOST_MS = 7 * 24 * HOUR_MS
/** By so much the clocks of the two may differ. */
const SKEW_MS = 5 * 60_000

/** Signs addresses that serve one blob: with the account's key, or with one that Azure lends to our identity. */
export class Links {
  readonly #service: BlobServiceClient
  readonly #container: string
  #lent: { readonly key: Promise<UserDelegationKey>; readonly endsAt: number } | undefined

  constructor(service: BlobServiceClient, container: string) {
    this.#service = service
    this.#container = container
  }

  async urlOf(key: string, lifetimeSeconds: number): Promise<string> {
    const { credential } = this.#service
    const blob = this.#service.getContainerClient(this.#container).getBlobClient(key)
    const expiresAt = Date.now() + Math.min(lifetimeSeconds * 1000, MOST_MS - 2 * SKEW_MS)
    const options = {
      permissions: BlobSASPermissions.parse('r'),
      expiresOn: new Date(expiresAt),
      contentType: 'application/octet-stream',
    }
    if (credential instanceof StorageSharedKeyCredential) return blob.generateSasUrl(options)
    if ('getToken' in credential) return blob.generateUserDelegationSasUrl(options, await this.#keyUntil(expiresAt))
    throw new Error('A connection string with a shared access signature cannot sign addresses of blobs.')
  }

  #keyUntil(expiresAt: number): Promise<UserDelegationKey> {
    if (this.#lent && this.#lent.endsAt >= expiresAt) return this.#lent.key
    const endsAt = Math.max(Date.now() + KEY_LIFETIME_MS, expiresAt)
    const key: Promise<UserDelegationKey> = this.#service.getUserDelegationKey(
      new Date(Date.now() - SKEW_MS),
      new Date(endsAt),
    )
    const lent = { key, endsAt }
    this.#lent = lent
    key.catch(() => {
      if (this.#lent === lent) this.#lent = undefined
    })
    return key
  }
}
