import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BERTH } from '../support/berth-command.ts'
import { blobOf, registryClient } from '../support/registry-client.ts'
import { startBerth, withoutSettings } from '../support/start-berth.ts'
import { exportFrom, importInto, write } from './commands.ts'
import { expectAll, fill } from './everything.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-abandoned-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function scratchIn(dataFolder: string): Promise<readonly string[]> {
  const names = await readdir(join(dataFolder, 'uploads')).catch(() => [])
  return names.filter(name => name.startsWith('import-'))
}

/** Starts an import and stops it, as SIGSTOP does, when it has made a scratch folder that was not there. */
async function importStopped(dataFolder: string, source: string) {
  const before = await scratchIn(dataFolder)
  const child = Bun.spawn([BERTH, 'import', source], {
    env: { ...withoutSettings(process.env), BERTH_DATA: dataFolder },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  for (;;) {
    const made = (await scratchIn(dataFolder)).find(name => !before.includes(name))
    if (made !== undefined) {
      child.kill('SIGSTOP')
      return { child, made }
    }
    if (child.exitCode !== null) throw new Error(`The import ended with ${child.exitCode} before it was stopped.`)
    await Bun.sleep(1)
  }
}

test('what a killed import unpacked is gone after the next, and what a running one unpacks is left alone', async () => {
  await using berth = await startBerth()
  const client = registryClient(berth.url)
  await fill(client)
  // Big enough that unpacking takes a while.
  for (const size of [60, 61]) {
    expect(await client.pushBlob('app', blobOf(new Uint8Array(size << 20)))).toBe(201)
  }
  const source = join(folder, 'all.tar')
  expect(await exportFrom(berth.dataFolder, source)).toMatchObject({ code: 0 })

  const data = join(folder, 'data')
  const killed = await importStopped(data, source)
  killed.child.kill('SIGKILL')
  await killed.child.exited
  // What a version left that had no locks.
  await write(join(data, 'uploads', 'import-Ab12Cd', 'app', 'index.json'), '{}')
  expect(await scratchIn(data)).toContain(killed.made)

  const running = await importStopped(data, source)
  expect(await scratchIn(data)).toEqual([running.made])
  expect(await importInto(data, source)).toMatchObject({ code: 0, report: { failures: [] } })
  expect(await scratchIn(data)).toEqual([running.made])
  running.child.kill('SIGCONT')
  const [output, code] = await Promise.all([running.child.stdout.text(), running.child.exited])
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('0 failures') })
  expect(await readdir(join(data, 'uploads'))).not.toContain(running.made)
  await using served = await startBerth({ dataFolder: data })
  await expectAll(registryClient(served.url))
})

test('an import of a folder removes what a killed import left, too', async () => {
  await using berth = await startBerth()
  await fill(registryClient(berth.url))
  const source = join(folder, 'plain')
  expect(await exportFrom(berth.dataFolder, source)).toMatchObject({ code: 0 })
  const data = join(folder, 'other-data')
  await write(join(data, 'uploads', 'import-Ab12Cd', 'app', 'index.json'), '{}')
  expect(await importInto(data, source)).toMatchObject({ code: 0 })
  expect(await scratchIn(data)).toEqual([])
})
