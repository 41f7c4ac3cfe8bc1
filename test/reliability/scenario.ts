import { expect, test } from 'bun:test'
import { join } from 'node:path'

const PAGE = join(import.meta.dir, '../../docs/reliability.md')

/** A fault, as docs/reliability.md lists it; there, each has its line. */
export function scenario(title: string, work: () => Promise<void>): void {
  test(title, async () => {
    const began = performance.now()
    await work()
    console.log(`scenario: ${title}: ${((performance.now() - began) / 1000).toFixed(1)} s`)
    expect(await Bun.file(PAGE).text()).toContain(title)
  })
}
