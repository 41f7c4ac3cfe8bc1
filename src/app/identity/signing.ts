import { Signing } from '../../features/identity/index.ts'
import { systemClock } from '../../platform/clock/index.ts'
import { createSealer } from '../../platform/secrets/index.ts'
import type { Metadata } from '../../stores/metadata/index.ts'
import type { Config } from '../config/index.ts'
import { secretKey } from './secret-key.ts'

/**
 * What signs tokens and the audit log's checkpoints. Undefined where nobody signs in and replicas were given no key to
 * seal theirs with.
 * @throws CommandError when authentication is on and there is no such key.
 */
export async function openSigning({ identities }: Metadata, config: Config): Promise<Signing | undefined> {
  const { key, keyFile } = config.secrets
  const hasKey = config.database.url === undefined || key !== undefined || keyFile !== undefined
  if (config.auth === 'none' && !hasKey) return undefined
  const signing = new Signing(identities.signingKeys, createSealer(secretKey(config)), systemClock)
  await signing.rotate()
  return signing
}
