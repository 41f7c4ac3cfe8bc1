import { afterEach, beforeEach, expect, test } from 'bun:test'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { describeWithTools, needTool } from '../tools/find-tools.ts'
import { makeCertificate } from './certificate.ts'
import { startDelivering, until } from './delivering.ts'
import { HOSTILE, hostileEntry } from './hostile.ts'
import { type Log, openLog } from './log.ts'

const needs = [
  needTool('rsyslogd'),
  {
    name: 'rsyslog-gnutls',
    isThere: () =>
      [...new Bun.Glob('/usr/lib/*/rsyslog/lmnsd_gtls.so').scanSync({ cwd: '/', absolute: true })].length > 0,
  },
]

describeWithTools('siem', 'rsyslog', needs, () => {
  let log: Log
  beforeEach(async () => {
    log = await openLog()
    await chmod(log.folder, 0o755)
  })
  afterEach(() => log[Symbol.asyncDispose]())

  /** rsyslog itself, which takes TLS with octet counting and writes what it understood, a JSON object a message. */
  async function startRsyslog(port: number, out: string) {
    const { certFile, keyFile, cert } = await makeCertificate(log.folder)
    const config = join(log.folder, 'rsyslog.conf')
    await Bun.write(
      config,
      `global(workDirectory="${log.folder}" maxMessageSize="16k" defaultNetstreamDriver="gtls" defaultNetstreamDriverCAFile="${certFile}"
  defaultNetstreamDriverCertFile="${certFile}" defaultNetstreamDriverKeyFile="${keyFile}" parser.escapeControlCharactersOnReceive="off")
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon")
input(type="imtcp" port="${port}" address="127.0.0.1")
template(name="understood" type="list" option.jsonf="on") {
  property(outname="facility" name="syslogfacility-text" format="jsonf")
  property(outname="severity" name="syslogseverity-text" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="app" name="app-name" format="jsonf")
  property(outname="type" name="msgid" format="jsonf")
  property(outname="data" name="structured-data" format="jsonf")
  property(outname="message" name="msg" format="jsonf")
}
action(type="omfile" file="${out}" template="understood")
`,
    )
    const start = () =>
      Bun.spawn(['rsyslogd', '-n', '-f', config, '-i', join(log.folder, `rsyslog-${crypto.randomUUID()}.pid`)], {
        stdin: 'ignore',
        stdout: 'ignore',
        stderr: Bun.file(join(log.folder, 'rsyslog.log')),
      })
    return { start, cert }
  }
  const freePort = () => {
    const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
    const { port } = server
    server.stop()
    return port
  }
  const understood = async (out: string) => {
    const file = Bun.file(out)
    const text = (await file.exists()) ? await file.text() : ''
    return text
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line))
  }

  test('understands what it is sent by TLS, and misses nothing while it restarts', async () => {
    const [port, out] = [freePort(), join(log.folder, 'out.jsonl')]
    const { start, cert } = await startRsyslog(port, out)
    let rsyslog = start()
    await log.write({}, hostileEntry())
    await using delivering = startDelivering(log, {
      type: 'syslog',
      name: 'rsyslog',
      host: 'localhost',
      port,
      tls: { ca: cert },
      format: 'json',
      confirmed: true,
      enterpriseNumber: 32473,
      maxBytes: 8192,
    })
    await until(async () => (await understood(out)).length >= 2)
    const [plain, hostile] = await understood(out)
    expect(plain).toMatchObject({ severity: 'info', host: 'registry.example', app: 'berth', type: 'manifest.push' })
    expect(plain.data).toContain('[berth@32473 sequence="1"')
    expect(JSON.parse(plain.message.replace(/^\s*\ufeff?/, ''))).toMatchObject({ sequence: 1 })
    const message = JSON.parse(hostile.message.replace(/^\s*\ufeff?/, ''))
    expect(message.entry.actor.name).toBe(HOSTILE.replaceAll('\0', '\ufffd'))

    rsyslog.kill('SIGTERM')
    await rsyslog.exited
    await log.write(...Array.from({ length: 50 }, (_, index) => ({ type: `t${index}` })))
    await until(() => delivering.told.failures.length > 0)
    rsyslog = start()
    await until(async () => (await understood(out)).some(({ type }) => type === 't49'))
    const types = [...new Set((await understood(out)).slice(2).map(({ type }) => type))]
    expect(types).toEqual(Array.from({ length: 50 }, (_, index) => `t${index}`))
    rsyslog.kill('SIGTERM')
    await rsyslog.exited
  })
})
