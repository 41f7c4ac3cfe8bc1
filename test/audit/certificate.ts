import { join } from 'node:path'

export interface Certificate {
  readonly cert: string
  readonly key: string
  readonly certFile: string
  readonly keyFile: string
}

/** Self-signed, for localhost. */
export async function makeCertificate(folder: string): Promise<Certificate> {
  const [certFile, keyFile] = [join(folder, 'receiver.crt'), join(folder, 'receiver.key')]
  const args = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const made = Bun.spawnSync(['openssl', 'req', ...args, ...subject, '-keyout', keyFile, '-out', certFile])
  if (made.exitCode !== 0) throw new Error(made.stderr.toString())
  const [cert, key] = await Promise.all([certFile, keyFile].map(file => Bun.file(file).text()))
  return { cert: cert ?? '', key: key ?? '', certFile, keyFile }
}
