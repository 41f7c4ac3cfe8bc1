import { readFile, stat } from 'node:fs/promises'
import { Unavailable } from '../../platform/outcome/index.ts'
import type { Secret } from '../../platform/secrets/index.ts'
import type { Directory } from './directory.ts'

export interface HtpasswdOptions {
  readonly file: string
  /** Told once for each load about lines that let nobody in; never with what they hold. */
  complain(complaint: string): void
}

interface Loaded {
  readonly version: string
  readonly hashes: ReadonlyMap<string, string>
  /** Of a password that nobody has, as costly as the file's. */
  readonly nobody: string
}

const BCRYPT = /^\$2[aby]\$(\d{2})\$[./A-Za-z0-9]{53}$/
/** The bytes that bcrypt looks at; htpasswd cuts there as well. */
const BCRYPT_BYTES = 72

/** The file that `htpasswd -B` writes and CNCF distribution reads. Read again when it has changed. */
export function htpasswdDirectory({ file, complain }: HtpasswdOptions): Directory {
  let loaded: Promise<Loaded> | undefined
  const load = async (): Promise<Loaded> => {
    const version = await versionOf(file)
    const current = await loaded?.catch(() => undefined)
    if (current?.version === version) return current
    loaded = parse(file, version, complain)
    return loaded
  }
  return {
    async authenticate(name, password) {
      const { hashes, nobody } = await load()
      const hash = hashes.get(name)
      // A name that is not there takes as long as a wrong password.
      const matches = await verify(password, hash ?? nobody)
      return matches && hash !== undefined && !password.isEmpty ? { subject: name, name, groups: [] } : undefined
    },
  }
}

async function versionOf(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file)
    return `${mtimeMs} ${size} ${ino}`
  } catch (error) {
    throw new Unavailable(`The password file ${file} cannot be read.`, { cause: error })
  }
}

async function parse(file: string, version: string, complain: HtpasswdOptions['complain']): Promise<Loaded> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new Unavailable(`The password file ${file} cannot be read.`, { cause: error })
  })
  const hashes = new Map<string, string>()
  let cost = 10
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const colon = line.indexOf(':')
    const [name, hash] = [line.slice(0, colon).trim(), line.slice(colon + 1).trim()]
    const bcrypt = BCRYPT.exec(hash)
    if (colon <= 0 || name === '') complain(`${file}, line ${index + 1}: expected name:hash`)
    else if (!bcrypt) complain(`${file}, line ${index + 1}: not a bcrypt hash; make one with htpasswd -B`)
    else if (hashes.has(name)) complain(`${file}, line ${index + 1}: ${JSON.stringify(name)} was there already`)
    else {
      hashes.set(name, hash)
      cost = Number(bcrypt[1])
    }
  }
  const nobody = await Bun.password.hash(crypto.randomUUID(), { algorithm: 'bcrypt', cost })
  return { version, hashes, nobody }
}

function verify(password: Secret, hash: string): Promise<boolean> {
  const bytes = Buffer.from(password.reveal(), 'utf8').subarray(0, BCRYPT_BYTES)
  return Bun.password.verify(bytes, hash.replace(/^\$2[ay]\$/, '$2b$'), 'bcrypt')
}
