import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { berthCommand } from '../support/berth-command.ts'
import { registryClient } from '../support/registry-client.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'
import { filesBelow, tarOf, write } from './commands.ts'
import { fill } from './everything.ts'

let folder: string
let berth: Berth
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-faults-'))
  berth = await startBerth()
  await fill(registryClient(berth.url))
  await write(join(folder, 'notes.txt'), 'mine')
  await write(join(folder, 'notes.tar'), 'mine too, and longer than a block'.repeat(100))
  await write(join(folder, 'other.tar'), await tarOf({ 'app/index.json': '{"manifests":[]}' }))
  await write(join(folder, 'packed.tar.gz'), Bun.gzipSync(new Uint8Array(await tarOf({ 'index.json': '{}' }))))
  await mkdir(join(folder, 'folder.tar'))
})
afterAll(async () => {
  await berth[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const EXPORTS: readonly (readonly [what: string, target: string, says: string])[] = [
  ['to a folder below a folder that is not there', 'missing/out', 'There is no folder'],
  ['to a tar file below a folder that is not there', 'missing/out.tar', 'There is no folder'],
  ['below a file', 'notes.txt/out', 'There is no folder'],
  ['onto a file that is no tar file', 'notes.txt', 'is a file'],
  ['onto a file that is only named .tar', 'notes.tar', 'is no export'],
  ['onto a tar file that is no export', 'other.tar', 'is no export'],
  ['onto a folder that is named .tar', 'folder.tar', 'is not a file'],
]
for (const [what, target, says] of EXPORTS) {
  test(`an export ${what} is refused in one line, and changes nothing`, async () => {
    const before = await filesBelow(folder)
    const { code, stdout, stderr } = await berthCommand(berth.dataFolder, ['export', join(folder, target)])
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(/^berth: .*\n$/) })
    expect(stderr).toContain(says)
    expect((await filesBelow(folder)).toSorted()).toEqual(before.toSorted())
    expect(await Bun.file(join(folder, 'notes.txt')).text()).toBe('mine')
  })
}

test('an export takes the place of an earlier export, and of an empty file', async () => {
  await write(join(folder, 'place.tar'), '')
  for (const _ of ['empty', 'earlier']) {
    expect(await berthCommand(berth.dataFolder, ['export', join(folder, 'place.tar')])).toMatchObject({ code: 0 })
  }
  await rm(join(folder, 'place.tar'))
})

const IMPORTS: readonly (readonly [what: string, source: string, says: string])[] = [
  ['a path that does not exist', 'nowhere', 'There is no'],
  ['a path below a file', 'notes.txt/x', 'There is no'],
  ['a short file that is not a tar', 'notes.txt', 'is not a tar file'],
  ['a longer file that is not a tar', 'notes.tar', 'is not a tar file'],
  ['a tar file that is compressed', 'packed.tar.gz', 'gzip: decompress it first'],
]
for (const [what, source, says] of IMPORTS) {
  test(`an import of ${what} is refused in one line, and makes no data folder`, async () => {
    const { code, stdout, stderr } = await berthCommand(join(folder, 'data'), ['import', join(folder, source)])
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(/^berth: .*\n$/) })
    expect(stderr).toContain(says)
    expect(await readdir(folder)).not.toContain('data')
  })
}
