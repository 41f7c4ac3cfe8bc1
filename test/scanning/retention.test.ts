import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { berthCommand } from '../support/berth-command.ts'
import { indexOf, registryClient } from '../support/registry-client.ts'
import { apiOf, until } from '../support/sign-in.ts'
import { startBerth } from '../support/start-berth.ts'
import { layerOf, npm, push, SCANNING, untilScanned } from './images.ts'

const CRITICAL = {
  id: 'GHSA-0003',
  aliases: ['CVE-2026-0003'],
  modified: '2026-01-01T00:00:00Z',
  published: '2026-01-01T00:00:00Z',
  affected: [
    {
      package: { ecosystem: 'npm', name: 'left-pad' },
      ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.3.1' }] }],
    },
  ],
  database_specific: { severity: 'CRITICAL' },
}

test('rules of retention take images with critical findings, and none of which nothing is known', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-critical-'))
  await using berth = await startBerth({ env: SCANNING })
  const [client, api] = [registryClient(berth.url), apiOf(berth.url)]
  const run = (...args: readonly string[]) =>
    berthCommand(berth.dataFolder, args, { BERTH_URL: berth.url, BERTH_USERNAME: 'any', BERTH_PASSWORD: 'body' })
  try {
    await Bun.write(join(folder, 'one.json'), JSON.stringify(CRITICAL))
    expect((await run('advisories', 'update', '--from', folder)).code).toBe(0)
    const awful = await push(client, 'team/app', 'awful', layerOf(npm('app', 'left-pad', '1.3.0')))
    const fine = await push(client, 'team/app', 'fine', layerOf(npm('app', 'left-pad', '2.0.0')))
    await push(client, 'team/app', 'unread', layerOf({ name: 'a', content: 'b', sizeBytes: 1 << 30 }))
    const mixed = indexOf([awful.image, fine.image], 'mixed')
    const good = indexOf([fine.image], 'good')
    for (const [index, tag] of [
      [mixed, 'mixed'],
      [good, 'good'],
    ] as const)
      expect(await client.putManifest('team/app', tag, index)).toBe(201)
    for (const tag of ['awful', 'fine']) await untilScanned(api, 'team/app', tag)
    const told = async (hasCriticalFindings: boolean) => {
      const rules = [{ name: 'critical', action: 'delete', select: { hasCriticalFindings } }]
      const { status } = await api('PUT', '/projects/team/retention', { isDryRun: true, fusePercent: 100, rules })
      expect(status).toBe(200)
      const { stdout } = await run('retention', 'preview', 'team', '--json')
      return (JSON.parse(stdout).delete as { tags: string[] }[]).flatMap(({ tags }) => tags).toSorted()
    }
    expect(await until(async () => (await told(true)).join() === 'awful,mixed')).toBe(true)
    expect(await told(false)).toEqual(['fine', 'good'])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
