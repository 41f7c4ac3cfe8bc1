import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Secret } from '../platform/secrets/index.ts'
import { CommandError } from './command-error.ts'
import type { SecretSetting } from './config/index.ts'

/** @throws CommandError that names the setting and what is wrong with its file. */
export async function readSecret(setting: string, secret: SecretSetting): Promise<Secret> {
  if ('value' in secret) return secret.value
  const text = (await readText(setting, secret.file)).replace(/\r?\n$/, '')
  if (text !== '') return new Secret(text)
  throw new CommandError(`${setting}: there is nothing in ${secret.file}`)
}

/** @throws CommandError that names the setting and why the file cannot be read. */
export async function readText(setting: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CommandError(`${setting}: ${file} cannot be read: ${reason}`, { cause: error })
  }
}

/** The certificates of a file, which has one at least. */
export async function readPem<File extends string | undefined>(setting: string, file: File): Promise<File> {
  if (file === undefined) return file
  const text = await readText(setting, file)
  const first = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/.exec(text)?.[0]
  try {
    new X509Certificate(first ?? '')
  } catch (error) {
    throw new CommandError(`${setting}: there is no certificate in ${file}: expected PEM`, { cause: error })
  }
  return text as File
}
