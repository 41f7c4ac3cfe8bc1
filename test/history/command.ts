import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BERTH } from '../support/berth-command.ts'
import type { Caller } from '../support/sign-in.ts'
import { type Berth, withoutSettings } from '../support/start-berth.ts'

export type Run = (
  ...args: readonly string[]
) => Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>

/** Commands that ask this server in the caller's name. */
export function berthOver({ url }: Pick<Berth, 'url'>, { name, password }: Caller): Run {
  return async (...args) => {
    const home = await mkdtemp(join(tmpdir(), 'berth-home-'))
    const child = Bun.spawn([BERTH, ...args], {
      env: {
        ...withoutSettings(process.env),
        XDG_CONFIG_HOME: home,
        BERTH_URL: url,
        BERTH_USERNAME: name,
        BERTH_PASSWORD: password,
      },
      cwd: home,
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
    return { code, stdout, stderr }
  }
}
