import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { $ } from 'bun'

export interface KeyPair {
  /** PEM files. */
  readonly certificate: string
  readonly key: string
}

/** An authority that vouches for what it is asked to, in a temporary folder. */
export interface Authority extends AsyncDisposable {
  readonly file: string
  pem(): Promise<string>
  /** @param extensions lines as `openssl x509 -extfile` takes them. */
  issue(subject: string, extensions: readonly string[], options?: { readonly days?: number }): Promise<KeyPair>
  /** An authority below this one. */
  delegate(subject: string): Promise<Authority>
  /** Whoever has this pair, signing as if it were an authority. */
  actingAs(pair: KeyPair): Authority
}

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

export async function createAuthority(subject = '/CN=Test authority'): Promise<Authority> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-authority-'))
  const [key, certificate] = [join(folder, 'ca.key'), join(folder, 'ca.crt')]
  const extensions = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign']
  await $`openssl req -x509 ${CURVE} -days 30 -subj ${subject} ${extensions} -keyout ${key} -out ${certificate}`.quiet()
  return authorityOf(folder, { key, certificate })
}

function authorityOf(folder: string, own: KeyPair, prefix = ''): Authority {
  let issued = 0
  const issue: Authority['issue'] = async (subject, extensions, { days = 2 } = {}) => {
    issued += 1
    const file = (kind: string) => join(folder, `${prefix}${issued}.${kind}`)
    const [key, request, certificate, lines] = [file('key'), file('csr'), file('crt'), file('ext')]
    await Bun.write(lines, `${extensions.join('\n')}\n`)
    await $`openssl req ${CURVE} -utf8 -multivalue-rdn -subj ${subject} -keyout ${key} -out ${request}`.quiet()
    const signer = ['-CA', own.certificate, '-CAkey', own.key, '-CAcreateserial']
    await $`openssl x509 -req -in ${request} ${signer} -days ${days} -extfile ${lines} -out ${certificate}`.quiet()
    return { certificate, key }
  }
  return {
    file: own.certificate,
    pem: () => Bun.file(own.certificate).text(),
    issue,
    async delegate(subject) {
      const pair = await issue(subject, ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'])
      return authorityOf(await mkdtemp(join(folder, 'below-')), pair)
    },
    actingAs: pair => authorityOf(folder, pair, `of-${issued}-`),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
