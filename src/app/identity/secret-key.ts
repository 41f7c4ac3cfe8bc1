import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSealer, type Sealer } from '../../platform/secrets/index.ts'
import { CommandError } from '../command-error.ts'
import type { Config } from '../config/index.ts'

const KEY_BYTES = 32
const FILE = 'secret.key'

/**
 * The key that seals what must be read again. On one machine it is made at the first start, in a file that only Berth's
 * user reads; replicas have no folder in common, so that they must be given one.
 * @throws CommandError.
 */
export function secretKey({ secrets, database, data }: Config): Uint8Array {
  if (secrets.key) return Buffer.from(secrets.key.reveal(), 'base64')
  if (secrets.keyFile !== undefined) return readKey(secrets.keyFile)
  if (database.url !== undefined) {
    throw new CommandError(
      'secrets.key is not set: the servers on one database seal their keys with it, so it must be the same for all. Make one with: openssl rand -base64 32',
    )
  }
  const path = join(data, FILE)
  if (!existsSync(path)) makeKey(path)
  return readKey(path)
}

/** Undefined where replicas were given no key, which they need only where it is asked who is calling. */
export function sealerOf(config: Config): Sealer | undefined {
  const { key, keyFile } = config.secrets
  const hasKey = config.database.url === undefined || key !== undefined || keyFile !== undefined
  return hasKey ? createSealer(secretKey(config)) : undefined
}

/** Whole or not at all: a process that starts at the same time must not read half a key. */
function makeKey(path: string): void {
  const own = `${path}.${process.pid}`
  writeFileSync(own, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flush: true })
  try {
    linkSync(own, path)
  } catch (error) {
    if (!existsSync(path)) throw error
  } finally {
    rmSync(own)
  }
}

function readKey(path: string): Uint8Array {
  const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64')
  if (key.length === KEY_BYTES) return key
  throw new CommandError(`${path} does not hold ${KEY_BYTES} bytes in Base64. Make a key with: openssl rand -base64 32`)
}
