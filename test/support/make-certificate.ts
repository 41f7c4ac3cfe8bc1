import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { $ } from 'bun'

export interface Certificate {
  /** PEM texts; the certificate is its own authority. */
  readonly cert: string
  readonly key: string
}

/** A certificate of a day for these names, and addresses given as `IP:127.0.0.1`. */
export async function makeCertificate(...names: readonly string[]): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-certificate-'))
  try {
    const [key, cert] = [join(folder, 'tls.key'), join(folder, 'tls.crt')]
    const subjects = names.map(name => (name.startsWith('IP:') ? name : `DNS:${name}`)).join(',')
    await $`openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=berth-test -addext subjectAltName=${subjects} -keyout ${key} -out ${cert}`.quiet()
    return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') }
  } finally {
    await rm(folder, { recursive: true })
  }
}
