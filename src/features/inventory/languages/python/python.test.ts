import { expect, test } from 'bun:test'
import { foundBy, zipOf } from '../../../../../test/support/package-files.ts'
import { PYTHON_EGGS } from './eggs.ts'
import { PYTHON_METADATA } from './metadata.ts'
import { PYTHON_LOCKS } from './python-locks.ts'

const READERS = [PYTHON_METADATA, PYTHON_EGGS, PYTHON_LOCKS]
const find = async (path: string, content: string | Uint8Array) =>
  (await foundBy(READERS, path, content))?.map(({ name, version }) => `${name} ${version}`)

const METADATA = `Metadata-Version: 2.1
Name: Typing_Extensions
Version: 4.7.1
License: PSF
Classifier: License :: OSI Approved
  Name: continued

Name: not-a-header
Version: 9.9
`

test('an installed distribution is what its metadata says, by its normalised name', async () => {
  expect(
    await foundBy(READERS, 'usr/lib/python3/site-packages/typing_extensions-4.7.1.dist-info/METADATA', METADATA),
  ).toEqual([
    {
      ecosystem: 'PyPI',
      name: 'typing-extensions',
      version: '4.7.1',
      purl: 'pkg:pypi/typing-extensions@4.7.1',
      licences: ['PSF'],
    },
  ])
  expect(
    await find('usr/lib/python3/dist-packages/six-1.16.0.egg-info/PKG-INFO', 'Name: six\r\nVersion: 1.16.0\r\n'),
  ).toEqual(['six 1.16.0'])
  expect(await find('usr/lib/python3/dist-packages/six-1.16.0.egg-info', 'Name: six\nVersion: 1.16.0\n')).toEqual([
    'six 1.16.0',
  ])
})

test('Python itself, other files of those names, and metadata without a version are no packages', async () => {
  expect(await find('usr/lib/python2.7/lib-dynload/Python-2.7.egg-info', 'Name: Python\nVersion: 2.7.18\n')).toEqual([])
  expect(await find('site-packages/a.dist-info/METADATA', 'Name: a\n')).toEqual([])
  expect(await find('srv/METADATA', METADATA)).toBeUndefined()
})

test('locks of Poetry, uv, PDM and PEP 751 are read without projects of the same folder', async () => {
  const lock = `[[package]]
name = "Flask"
version = "1.0"

[[package]]
name = "pytest"
version = "5.0"
category = "dev"

[[package]]
name = "mine"
version = "0.1.0"
source = { editable = "." }
`
  for (const name of ['poetry.lock', 'uv.lock', 'pdm.lock'])
    expect(await find(`app/${name}`, lock)).toEqual(['flask 1.0'])
  expect(await find('app/pylock.toml', '[[packages]]\nname = "flask"\nversion = "1.0"\n')).toEqual(['flask 1.0'])
  await expect(find('app/uv.lock', '[[package')).rejects.toThrow('it is no TOML')
})

test('Pipfile.lock and requirements that are pinned are read', async () => {
  const lock = {
    default: { flask: { version: '==1.0' }, mine: { path: '.' } },
    develop: { pytest: { version: '==5.0' } },
  }
  expect(await find('app/Pipfile.lock', JSON.stringify(lock))).toEqual(['flask 1.0'])
  const requirements = `# comment
flask==1.0  # why
requests[socks]==2.19.0 ; python_version > "3"
urllib3>=1.0
-r other.txt
django==3.*
pyyaml===5.3 --hash=sha256:x
`
  expect(await find('app/requirements.txt', requirements)).toEqual(['flask 1.0', 'requests 2.19.0', 'pyyaml 5.3'])
})

test('an egg that is one file is read, and a wheel is not: it lies there to be installed', async () => {
  const egg = zipOf({ 'a/__init__.py': '', 'EGG-INFO/PKG-INFO': METADATA })
  expect(await find('usr/lib/python3/site-packages/a-4.7.1-py3.9.egg', egg)).toEqual(['typing-extensions 4.7.1'])
  const wheel = zipOf({ 'a-4.7.1.dist-info/METADATA': METADATA })
  expect(await find('usr/share/python-wheels/a-4.7.1-py3-none-any.whl', wheel)).toBeUndefined()
})
