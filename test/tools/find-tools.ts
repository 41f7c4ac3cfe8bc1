import { describe, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The folder that `test/tools/install.sh` fills. */
export const toolsFolder = process.env.BERTH_TOOLS ?? join(homedir(), '.cache', 'berth-tools')

/** Where Debian puts servers, which is not on everybody's PATH. */
const SERVERS = '/usr/sbin'

/** Where the tool is: the pinned one that the install script built, else one on the PATH. */
export function findTool(name: string): string | undefined {
  const pinned = join(toolsFolder, 'bin', name)
  return existsSync(pinned) ? pinned : (Bun.which(name) ?? Bun.which(name, { PATH: SERVERS }) ?? undefined)
}

/** The path of a tool that a suite has declared, and which is therefore there. */
export function toolPath(name: string): string {
  const path = findTool(name)
  if (!path) throw new Error(`${name} is not installed: run test/tools/install.sh`)
  return path
}

/** Whether BERTH_TESTS_REQUIRE (a comma-separated list, or `all`) says that this kind of test must not be skipped. */
export function isRequired(kind: string): boolean {
  const required = (process.env.BERTH_TESTS_REQUIRE ?? '').split(',').map(word => word.trim())
  return required.includes(kind) || required.includes('all')
}

/** A folder or a command that a suite cannot do without, and what to call it when it is missing. */
export interface Need {
  name: string
  isThere: () => boolean
}

export function needTool(name: string): Need {
  return { name, isThere: () => findTool(name) !== undefined }
}

/**
 * Declares a suite that needs installed tools. Where they are missing the suite is skipped with a visible line,
 * or fails when BERTH_TESTS_REQUIRE asks for it.
 */
export function describeWithTools(kind: string, title: string, needs: Need[], body: () => void): void {
  const missing = needs.filter(need => !need.isThere()).map(need => need.name)
  if (missing.length === 0) {
    describe(title, body)
    return
  }
  const message = `${title}: ${missing.join(', ')} missing; install with test/tools/install.sh`
  if (isRequired(kind)) {
    test(`${title} has its tools`, () => {
      throw new Error(`${message} (BERTH_TESTS_REQUIRE=${process.env.BERTH_TESTS_REQUIRE})`)
    })
    return
  }
  console.warn(`SKIPPED ${message}`)
  test.skip(message, () => {})
}
