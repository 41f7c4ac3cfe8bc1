import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Unavailable } from '../../platform/outcome/index.ts'
import { Secret } from '../../platform/secrets/index.ts'
import { htpasswdDirectory } from './htpasswd.ts'

// As htpasswd -B writes it; made by crypt(3).
const ADA = 'ada:$2y$05$abcdefghijklmnopqrstuuZ0Fx87Pb/Aqb0E90lfvCwzXnaFKUHpS'

let folder: string
let file: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-htpasswd-'))
  file = join(folder, 'htpasswd')
})
afterAll(() => rm(folder, { recursive: true, force: true }))
beforeEach(() => rm(file, { force: true }))

const complaints: string[] = []
const open = () => htpasswdDirectory({ file, complain: complaint => complaints.push(complaint) })
const bcrypt = (password: string) => Bun.password.hash(password, { algorithm: 'bcrypt', cost: 4 })

test('what htpasswd -B wrote lets its people in, and nobody else', async () => {
  await writeFile(file, `# people\n\n${ADA}\r\n`)
  const directory = open()
  expect(await directory.authenticate('ada', new Secret('correct-horse'))).toEqual({
    subject: 'ada',
    name: 'ada',
    groups: [],
  })
  for (const [name, password] of [
    ['ada', 'wrong'],
    ['ada', ''],
    ['eve', 'correct-horse'],
    ['', ''],
    ['# people', ''],
  ] as const) {
    expect(await directory.authenticate(name, new Secret(password))).toBeUndefined()
  }
})

test('bytes beyond the seventy-second count for nothing, as bcrypt has it', async () => {
  const long = 'é'.repeat(40)
  await writeFile(file, `ada:${await bcrypt('é'.repeat(36))}\n`)
  expect(await open().authenticate('ada', new Secret(long))).toMatchObject({ name: 'ada' })
  expect(await open().authenticate('ada', new Secret('é'.repeat(35)))).toBeUndefined()
})

test('the file is read again when it has changed', async () => {
  await writeFile(file, `ada:${await bcrypt('one')}\n`)
  const directory = open()
  expect(await directory.authenticate('ada', new Secret('one'))).toMatchObject({ name: 'ada' })
  await writeFile(`${file}.new`, `bob:${await bcrypt('two')}\n`)
  await rename(`${file}.new`, file)
  expect(await directory.authenticate('ada', new Secret('one'))).toBeUndefined()
  expect(await directory.authenticate('bob', new Secret('two'))).toMatchObject({ name: 'bob' })
})

test('other hashes and broken lines let nobody in, and are told by their line without what they hold', async () => {
  complaints.length = 0
  const lines = ['md5:$apr1$x$y', 'sha:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=', 'plain:plain', 'nothing', ':x']
  await writeFile(file, `${lines.join('\n')}\nada:${await bcrypt('one')}\nada:${await bcrypt('two')}\n`)
  const directory = open()
  for (const [name, password] of [
    ['md5', 'x'],
    ['sha', 'password'],
    ['plain', 'plain'],
    ['ada', 'two'],
  ] as const) {
    expect(await directory.authenticate(name, new Secret(password))).toBeUndefined()
  }
  expect(await directory.authenticate('ada', new Secret('one'))).toMatchObject({ name: 'ada' })
  expect(complaints.map(complaint => complaint.replace(file, 'file'))).toEqual([
    'file, line 1: not a bcrypt hash; make one with htpasswd -B',
    'file, line 2: not a bcrypt hash; make one with htpasswd -B',
    'file, line 3: not a bcrypt hash; make one with htpasswd -B',
    'file, line 4: expected name:hash',
    'file, line 5: expected name:hash',
    'file, line 7: "ada" was there already',
  ])
})

test('a file that is not there is told apart from a wrong password', async () => {
  await expect(open().authenticate('ada', new Secret('x'))).rejects.toThrow(Unavailable)
})
