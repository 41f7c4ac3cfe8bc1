import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { askServer, type Ended } from '../support/ask-server.ts'
import type { Caller } from '../support/sign-in.ts'
import type { Berth } from '../support/start-berth.ts'

export type Run = (...args: readonly string[]) => Promise<Ended>

/** Commands that ask this server in the caller's name. */
export function berthOver({ url }: Pick<Berth, 'url'>, caller: Caller): Run {
  return async (...args) => {
    const home = await mkdtemp(join(tmpdir(), 'berth-home-'))
    return askServer(home, { url, caller }, args)
  }
}
