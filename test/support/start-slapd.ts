import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toolPath } from '../tools/find-tools.ts'
import { freePort } from './start-berth.ts'
import { untilListening } from './until-listening.ts'

export interface Slapd extends AsyncDisposable {
  readonly port: number
  readonly securePort: number
  /** The suffix: everything is below it. */
  readonly base: string
  readonly administrator: { readonly dn: string; readonly password: string }
  /** LDIF of changes, as `ldapmodify` takes them. */
  change(changes: string): Promise<void>
  /** Ends it, as an outage does. */
  stop(): Promise<void>
  /** What was logged since it began, at level "stats": each connection, bind and search. */
  log(): Promise<string>
}

export interface SlapdOptions {
  /** LDIF, below dc=berth,dc=test, which is made here. */
  readonly entries: string
  /** PEM files. */
  readonly tls: { readonly ca: string; readonly certificate: string; readonly key: string }
}

const BASE = 'dc=berth,dc=test'
const ADMINISTRATOR = { dn: `cn=admin,${BASE}`, password: 'administrators-password' }

/** A directory server of Debian's on loopback, with a configuration and a database of its own. */
export async function startSlapd({ entries, tls }: SlapdOptions): Promise<Slapd> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-slapd-'))
  const [port, securePort] = [freePort(), freePort()]
  await mkdir(join(folder, 'data'))
  const file = join(folder, 'slapd.conf')
  await writeFile(file, configuration(folder, tls))
  const log = Bun.file(join(folder, 'log'))
  const urls = `ldap://127.0.0.1:${port}/ ldaps://127.0.0.1:${securePort}/`
  const child = Bun.spawn([toolPath('slapd'), '-d', 'stats', '-f', file, '-h', urls], {
    stdin: 'ignore',
    stdout: log,
    stderr: log,
  })
  const stop = async () => {
    child.kill('SIGKILL')
    await child.exited
  }
  await untilListening(port)
  await send(
    'ldapadd',
    port,
    `dn: ${BASE}\nobjectClass: dcObject\nobjectClass: organization\no: Berth\ndc: berth\n\n${entries}\n`,
  )
  return {
    port,
    securePort,
    base: BASE,
    administrator: ADMINISTRATOR,
    change: changes => send('ldapmodify', port, changes),
    stop,
    log: () => Bun.file(join(folder, 'log')).text(),
    async [Symbol.asyncDispose]() {
      await stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Over the wire, so that the server itself works out who is a member of what. */
async function send(name: 'ldapadd' | 'ldapmodify', port: number, entries: string): Promise<void> {
  const { dn, password } = ADMINISTRATOR
  const tool = [toolPath(name), '-x', '-H', `ldap://127.0.0.1:${port}/`, '-D', dn, '-w', password]
  const child = Bun.spawn(tool, { stdin: new Blob([entries]), stdout: 'ignore', stderr: 'pipe' })
  if ((await child.exited) !== 0) throw new Error(`${name}: ${await child.stderr.text()}`)
}

function configuration(folder: string, { ca, certificate, key }: SlapdOptions['tls']): string {
  return `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile ${folder}/slapd.pid
argsfile ${folder}/slapd.args
TLSCACertificateFile ${ca}
TLSCertificateFile ${certificate}
TLSCertificateKeyFile ${key}
# So that a client that sends a name without a password, or a password without a name, would be let in here.
allow bind_anon_cred bind_anon_dn
access to attrs=userPassword by anonymous auth by * none
access to * by * read
database mdb
suffix "${BASE}"
rootdn "${ADMINISTRATOR.dn}"
rootpw ${ADMINISTRATOR.password}
directory ${folder}/data
overlay memberof
`
}
