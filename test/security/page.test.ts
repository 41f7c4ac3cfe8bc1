import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { Glob } from 'bun'

const ROOT = join(import.meta.dir, '../..')
const PAGE = 'docs/security.md'

/** Faults of other registries that the page has to speak of. */
const FAULTS =
  'CVE-2026-27771 CVE-2026-32589 CVE-2024-39897 CVE-2026-35172 CVE-2026-33540 CVE-2026-41888 CVE-2025-24976 CVE-2023-2253 CVE-2017-11468 GHSA-qq97-vm5h-rrhg CVE-2026-31801 CVE-2025-23208 CVE-2025-48374 GHSA-prh4-vhfh-24mj CVE-2026-4404 CVE-2025-30086 CVE-2024-22261 CVE-2019-19026 CVE-2019-19029 CVE-2025-32019 CVE-2024-22278 CVE-2022-31668 CVE-2019-16097 CVE-2020-29662 CVE-2024-22244 CVE-2023-20902 CVE-2020-13788 CVE-2026-2376 CVE-2026-0600 CVE-2026-10517 CVE-2024-4956 CVE-2026-3199 CVE-2026-6515 CVE-2025-68944 CVE-2026-56443 CVE-2026-42931 CVE-2021-3762 CVE-2025-59345 CVE-2025-59354 CVE-2025-59410 CVE-2026-24124 CVE-2026-49254 CVE-2026-54637 CVE-2022-47747'.split(
    ' ',
  )

/** Titles of each file of tests, as its source has them; `${…}` in one may be anything. */
async function titlesByFile(): Promise<readonly (readonly string[])[]> {
  const files = ['src', 'test'].flatMap(folder => [
    ...new Glob(`${folder}/**/*.{test,contract}.ts`).scanSync({ cwd: ROOT }),
  ])
  return Promise.all(
    files.map(async file => {
      const text = await Bun.file(join(ROOT, file)).text()
      const calls = text.matchAll(/\b(?:test|describe)(?:\.skipIf\([^\n]*?\))?\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g)
      return [...calls].map(([, , title = '']) => title.replace(/\\(.)/g, '$1').replace(/\$\{[^}]*\}/g, '…'))
    }),
  )
}

function namedIn(page: string): readonly string[] {
  return [...page.replace(/\s+/g, ' ').matchAll(/“([^”]+)”/g)].map(([, title = '']) => title)
}

test('every test that the page about security names is there', async () => {
  const files = await titlesByFile()
  const isThere = (named: string) => {
    const parts = named.split(' > ')
    return files.some(titles => parts.every(part => titles.includes(part)))
  }
  const named = namedIn(await Bun.file(join(ROOT, PAGE)).text()).filter(title => title !== 'quotation marks')
  expect(named.length).toBeGreaterThan(80)
  expect(named.filter(title => !isThere(title))).toEqual([])
  // It would notice.
  expect(isThere('a test that nobody wrote')).toBe(false)
})

test('the page about security speaks of every fault of other registries that is known', async () => {
  const page = await Bun.file(join(ROOT, PAGE)).text()
  const rows = page.split('\n').filter(line => /^\| (CVE|GHSA)/.test(line))
  expect(FAULTS.filter(fault => !rows.some(row => new RegExp(`${fault}\\b`).test(row)))).toEqual([])
  // Each says how it is shown, or why it cannot apply.
  const silent = rows.filter(row => !/“[^”]+”/.test(row) && !/\bno (peer-to-peer|pages yet)/.test(row))
  expect(silent).toEqual([])
})
