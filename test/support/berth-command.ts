import { join } from 'node:path'
import { storeSettings } from './settings.ts'
import { withoutSettings } from './start-berth.ts'

export const BERTH = join(import.meta.dir, '../../bin/berth')

/** Runs one command of the real program over a data folder. */
export async function berthCommand(
  dataFolder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const child = Bun.spawn([BERTH, ...args], {
    env: {
      ...withoutSettings(process.env),
      BERTH_DATA: dataFolder,
      BERTH_AUTH: 'none',
      ...(await storeSettings(dataFolder)),
      ...env,
    },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  return { code, stdout, stderr }
}
