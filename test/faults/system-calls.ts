import { readdir, readFile } from 'node:fs/promises'
import { toolPath } from '../tools/find-tools.ts'

/** One call as `strace -f -y` saw it; `began` and `ended` are places in the trace, so they order calls. */
export interface SystemCall {
  readonly name: string
  readonly text: string
  readonly began: number
  readonly ended: number
}

const LINE = /^(\d+)\s+(.*)$/
const RESUMED = /^<\.\.\. (\w+) resumed>/

/** The calls of a trace that succeeded; one that other threads interrupted takes two lines. */
export function parseTrace(trace: string): SystemCall[] {
  const calls: SystemCall[] = []
  const unfinished = new Map<string, { readonly text: string; readonly began: number }>()
  for (const [place, line] of trace.split('\n').entries()) {
    const [, thread, text] = LINE.exec(line) ?? []
    if (thread === undefined || text === undefined) continue
    if (text.endsWith('<unfinished ...>')) {
      unfinished.set(thread, { text, began: place })
      continue
    }
    const first = RESUMED.test(text) ? unfinished.get(thread) : { text: '', began: place }
    if (first === undefined) continue
    const whole = first.text + text
    const name = /^\w+/.exec(whole)?.[0]
    if (name !== undefined && !/ = -1 E/.test(text)) calls.push({ name, text: whole, began: first.began, ended: place })
  }
  return calls
}

/** Attaches strace to a running server and all its threads. */
export async function traceServer(pid: number, options: readonly string[]) {
  const strace = Bun.spawn([toolPath('strace'), '-f', '-qq', ...options, '-p', `${pid}`], {
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
  })
  while (strace.exitCode === null) {
    if (await isTraced(pid)) return strace
    await Bun.sleep(5)
  }
  throw new Error(`strace ended with ${strace.exitCode}: ${await strace.stderr.text()}`)
}

/** Each thread is attached to by itself, and it is the threads that sync. */
async function isTraced(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`)
  const statuses = await Promise.all(threads.map(thread => readFile(`/proc/${pid}/task/${thread}/status`, 'utf8')))
  return statuses.every(status => /^TracerPid:\t[1-9]/m.test(status))
}
