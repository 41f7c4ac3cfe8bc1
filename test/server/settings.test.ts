import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BERTH } from '../support/berth-command.ts'

/** What `berth config` says, with these variables and this berth.yaml. */
async function effective(env: Readonly<Record<string, string>>, yaml: string) {
  const folder = await mkdtemp(join(tmpdir(), 'berth-settings-'))
  await Bun.write(join(folder, 'berth.yaml'), yaml)
  const child = Bun.spawn([BERTH, 'config', '--json'], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()])
  await rm(folder, { recursive: true })
  return { code: await child.exited, stderr, config: stdout === '' ? undefined : JSON.parse(stdout) }
}

test('the address of the database or the storage may stand for its section, beside other settings of it', async () => {
  const url = 's3://images/registry?region=eu-central-1'
  for (const [env, yaml] of [
    [{ BERTH_BLOBS: url, BERTH_BLOBS_CLAIM_SECONDS: '7' }, ''],
    [{ BERTH_BLOBS_CLAIM_SECONDS: '7', BERTH_BLOBS: url }, ''],
    [{ BERTH_BLOBS_CLAIM_SECONDS: '7' }, `blobs: ${url}\n`],
    [{ BERTH_BLOBS_URL: url }, 'blobs: { claimSeconds: 7 }\n'],
  ] as const) {
    const { config } = await effective(env, yaml)
    expect(config.blobs).toMatchObject({ url, claimSeconds: 7 })
  }
  const { config } = await effective({ BERTH_DATABASE: 'postgres://berth:secret@db/berth' }, '')
  expect(config.database).toMatchObject({ url: 'postgres://berth:******@db/berth', maxConnections: 10 })
})

test('an address of a storage that is none is told with what was expected', async () => {
  for (const [url, said] of [
    ['ftp://images', 'expected s3://'],
    ['s3://images?pathStyle=perhaps', 'pathStyle: expected true or false'],
    ['s3://images?endpiont=x', 'there is no parameter endpiont'],
    ['azblob://images', 'account'],
  ] as const) {
    const { code, stderr } = await effective({ BERTH_BLOBS: url }, '')
    expect({ url, code, stderr }).toEqual({ url, code: 2, stderr: expect.stringContaining(said) })
    expect(stderr).toContain('blobs.url')
  }
})
