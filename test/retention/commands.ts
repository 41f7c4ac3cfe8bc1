import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { askServer, type Ended } from '../support/ask-server.ts'
import { ADMIN } from '../support/sign-in.ts'
import type { Berth } from '../support/start-berth.ts'

export interface Commands extends AsyncDisposable {
  run(...args: readonly string[]): Promise<Ended>
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it is in the test.
  json(...args: readonly string[]): Promise<any>
  /** Writes a document to be named in a command. */
  file(name: string, content: string | object): Promise<string>
}

/** The commands that ask a server, as its administrator. */
export async function commandsOn({ url }: Pick<Berth, 'url'>): Promise<Commands> {
  const home = await mkdtemp(join(tmpdir(), 'berth-home-'))
  const run = (...args: readonly string[]) => askServer(home, { url, caller: ADMIN }, args)
  return {
    run,
    async json(...args) {
      const { code, stdout, stderr } = await run(...args, '--json')
      if (stdout === '') throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`)
      return JSON.parse(stdout)
    },
    async file(name, content) {
      const path = join(home, name)
      await Bun.write(path, typeof content === 'string' ? content : JSON.stringify(content))
      return path
    },
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  }
}
