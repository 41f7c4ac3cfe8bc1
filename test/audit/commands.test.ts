import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { checkpointIfDue, es256Signer, es256Verifier } from '../../src/features/audit/index.ts'
import { BERTH, berthCommand } from '../support/berth-command.ts'
import { storeSettings } from '../support/settings.ts'
import { withoutSettings } from '../support/start-berth.ts'
import { hostileEntry } from './hostile.ts'
import { type Log, openLog } from './log.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const keySet = {
  keys: [
    { ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig' },
    { kty: 'oct', kid: 'no' },
  ],
}

describe('berth audit', () => {
  let log: Log
  let keys: string
  beforeEach(async () => {
    log = await openLog()
    keys = join(log.folder, 'keys.json')
    await Bun.write(keys, JSON.stringify(keySet))
    await log.write({ at: 1000 }, { at: 2000, outcome: 'denied', type: 'tag.move' }, hostileEntry({ at: 3000 }))
    const { sealing, records, checkpoints } = log.tables
    const signer = es256Signer('k1', privateKey, es256Verifier(keySet))
    await checkpointIfDue(
      { sealing, records, checkpoints, signer, clock: () => 4000 },
      { everyRecords: 1, everyMs: 1 },
      0,
    )
    await log.seal()
  })
  afterEach(() => log[Symbol.asyncDispose]())

  const run = (...args: string[]) => berthCommand(log.folder, ['audit', ...args])

  test('verify: a whole log ends with 0, and says what it did not check', async () => {
    const { hash } = await log.tables.records.head()
    expect(await run('verify', '--keys', keys)).toMatchObject({
      code: 0,
      stdout: `Checked 4 records (1 to 4) and 1 checkpoints. All is well. The last has the hash ${hash}.\n`,
    })
    expect((await run('verify')).stdout).toContain('Signatures were not checked')
    const { stdout } = await run('verify', '--json', '--keys', keys)
    expect(JSON.parse(stdout)).toMatchObject({ records: 4, signaturesChecked: true, findings: [] })
  })

  test('verify: a changed record ends with 1 and is named', async () => {
    await log.engine.write(async queries => {
      await queries.updateTable('audit_records').set({ body: '{}' }).where('sequence', '=', 2).execute()
    })
    const { code, stdout } = await run('verify', '--keys', keys)
    expect(code).toBe(1)
    expect(stdout).toStartWith('edited: record 2: ')
    expect(stdout).toContain('1 found; the first wrong record is 2.')
  })

  test('verify: a record as a SIEM has it, and other keys', async () => {
    const { sequence, hash } = await log.tables.records.head()
    expect((await run('verify', '--keys', keys, '--known', `${sequence}:${hash}`)).code).toBe(0)
    expect((await run('verify', '--keys', keys, '--known', `${sequence}:${'0'.repeat(64)}`)).code).toBe(1)
    expect((await run('verify', '--keys', keys, '--known', `99:${hash}`)).stdout).toContain('cut tail: record 5')
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
    await Bun.write(keys, JSON.stringify({ keys: [{ ...other, kid: 'k1' }] }))
    expect((await run('verify', '--keys', keys)).stdout).toStartWith('forged checkpoint: record 3')
  })

  test('what cannot be run ends with 2', async () => {
    await Bun.write(keys, '{"keys":[]}')
    for (const args of [
      ['verify', '--keys', keys],
      ['verify', '--keys', '/nowhere'],
      ['verify', '--known', 'x'],
      ['list', '--since', 'yesterday-ish'],
      ['list', '--limit', 'many'],
      ['export', '--format', 'xml'],
    ]) {
      const { code, stderr, stdout } = await run(...args)
      expect({ args, code, stdout, lines: stderr.trimEnd().split('\n').length }).toEqual({
        args,
        code: 2,
        stdout: '',
        lines: 1,
      })
    }
  })

  test('list: newest first, filtered, page by page, and nothing in it acts on a terminal', async () => {
    const { stdout } = await run('list')
    const lines = stdout.trimEnd().split('\n')
    expect(lines.map(line => line.split(' ')[0])).toEqual(['4', '3', '2', '1'])
    expect(lines[3]).toBe(
      '1  1970-01-01T00:00:01.000Z  manifest.push of team/app:v1 by ada: success (password) from 192.0.2.1',
    )
    expect(lines[1]).not.toContain('\u001b')
    const sequences = async (...args: string[]) =>
      (await run('list', '--json', ...args)).stdout
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line).sequence)
    expect(await sequences('--type', 'tag.move')).toEqual([2])
    expect(await sequences('--actor-name', 'ada', '--outcome', 'success')).toEqual([1])
    expect(await sequences('--since', '1970-01-01T00:00:02Z', '--until', '1970-01-01T00:00:03Z')).toEqual([2])
    expect(await sequences('--limit', '2', '--before', '4')).toEqual([3, 2])
    expect((await run('list', '--limit', '2')).stdout).toEndWith('There may be more: --before 3\n')
  })

  test('export: every record as a line, in each format, oldest first', async () => {
    const lines = async (...args: string[]) => (await run('export', ...args)).stdout.trimEnd().split('\n')
    expect((await lines()).map(line => JSON.parse(line).sequence)).toEqual([1, 2, 3, 4])
    expect((await lines('--after', '2')).map(line => JSON.parse(line).sequence)).toEqual([3, 4])
    for (const line of await lines('--format', 'cef')) expect(line).toStartWith('CEF:0|Berth|')
    for (const line of await lines('--format', 'ocsf')) expect(JSON.parse(line).metadata.version).toBe('1.8.0')
  })

  test('list and export end quietly when nobody reads on', async () => {
    await log.write(...Array.from({ length: 600 }, (_, at) => ({ at: 5000 + at, reason: 'x'.repeat(300) })))
    for (const words of ['export', 'list --limit 600']) {
      const settings = await storeSettings(log.folder)
      const env = { ...withoutSettings(process.env), ...settings, BERTH_DATA: log.folder, BERTH: BERTH }
      const piped = `"$BERTH" audit ${words} | head -1; echo "ended with ${'$'}{PIPESTATUS[0]}"`
      const child = Bun.spawn(['bash', '-c', piped], { env, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
      const [said, complained] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
      // As a process that SIGPIPE ends.
      expect([said.trim().split('\n').at(-1), complained]).toEqual(['ended with 141', ''])
    }
  })
})
