import { expect, test } from 'bun:test'
import { Unavailable } from '../../../platform/outcome/index.ts'
import { Secret } from '../../../platform/secrets/index.ts'
import type { Directory, DirectoryEntry } from '../../../stores/directories/index.ts'
import { askInTurn } from './ask-in-turn.ts'
import { directorySource } from './directory-source.ts'

const password = new Secret('x')
const knowing = (people: Readonly<Record<string, Partial<DirectoryEntry>>>): Directory => ({
  async authenticate(name) {
    const found = people[name]
    return found && { subject: `id-of-${name}`, name, groups: [], ...found }
  },
})

test('the first source that knows somebody says who they are', async () => {
  const sources = [
    directorySource('one', knowing({ ada: {} })),
    directorySource('two', knowing({ ada: {}, bob: { groups: ['builders'] } })),
  ]
  expect(await askInTurn(sources, 'ada', password)).toMatchObject({ source: 'one', subject: 'id-of-ada' })
  expect(await askInTurn(sources, 'bob', password)).toMatchObject({ source: 'two', groups: ['builders'] })
  expect(await askInTurn(sources, 'eve', password)).toBeUndefined()
})

test('while a source is away nobody is taken for somebody of the next', async () => {
  const away: Directory = {
    async authenticate() {
      throw new Unavailable('The directory is away.')
    },
  }
  const sources = [directorySource('one', away), directorySource('two', knowing({ ada: {} }))]
  await expect(askInTurn(sources, 'ada', password)).rejects.toThrow(Unavailable)
})

test('what a directory says that would deceive a reader is left out', async () => {
  const source = directorySource(
    'one',
    knowing({
      ada: {
        name: 'ada\nroot logged in',
        displayName: 'Ada\u202e',
        email: `${'a'.repeat(300)}@b`,
        groups: ['builders', 'admins\n', '', 'x'.repeat(300)],
      },
    }),
  )
  expect(await source.authenticate('ada', password)).toEqual({
    source: 'one',
    subject: 'id-of-ada',
    name: 'id-of-ada',
    groups: ['builders'],
  })
})
