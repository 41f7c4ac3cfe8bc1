import { BERTH } from './berth-command.ts'
import type { Caller } from './sign-in.ts'
import { withoutSettings } from './start-berth.ts'

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command that asks a server, in the caller's name if one is given; `home` is its only settings and its folder. */
export async function askServer(
  home: string,
  { url, caller }: { readonly url: string; readonly caller?: Caller },
  args: readonly string[],
): Promise<Ended> {
  const child = Bun.spawn([BERTH, ...args], {
    env: {
      ...withoutSettings(process.env),
      XDG_CONFIG_HOME: home,
      BERTH_URL: url,
      ...(caller ? { BERTH_USERNAME: caller.name, BERTH_PASSWORD: caller.password } : {}),
    },
    cwd: home,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  return { code, stdout, stderr }
}
