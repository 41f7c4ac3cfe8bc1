import { expect, test } from 'bun:test'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onPostgres } from '../support/database.ts'
import { blobsIn } from '../support/object-storage.ts'
import { blobOf, imageOf, registryClient } from '../support/registry-client.ts'
import { startBerth } from '../support/start-berth.ts'
import { describeWithTools, needTool } from '../tools/find-tools.ts'
import { parseTrace, type SystemCall, traceServer } from './system-calls.ts'

const CALLS = 'fsync,fdatasync,rename,renameat,renameat2,pwrite64,pwritev,write,writev,sendto,sendmsg'

/** What was called up to each answer that says 201 Created, with that answer as the last. */
function untilEach201(calls: readonly SystemCall[]): SystemCall[][] {
  const parts: SystemCall[][] = [[]]
  for (const call of calls) {
    parts.at(-1)?.push(call)
    if (call.text.includes('HTTP/1.1 201')) parts.push([])
  }
  return parts.slice(0, -1)
}

const isSync = ({ name }: SystemCall) => name === 'fsync' || name === 'fdatasync'

/** Whether `path` was synced, from the beginning to the end of the call, after `after` and before `before`. */
function isSynced(calls: readonly SystemCall[], path: string, after: SystemCall, before: SystemCall): boolean {
  return calls.some(
    call => isSync(call) && call.text.includes(`<${path}>`) && call.began > after.ended && call.ended < before.began,
  )
}

// It watches the system calls of a server whose blobs lie in the data folder.
if (blobsIn === undefined) {
  describeWithTools('faults', 'what the kernel is told', [needTool('strace')], () => {
    test('a blob, its name and the metadata are on the disk before their 201', async () => {
      const { calls, dataFolder } = await traced(async client => {
        const blob = blobOf('a blob that must not get lost')
        expect(await client.pushBlob('team/app', blob)).toBe(201)
        expect(await client.putManifest('team/app', 'v1', imageOf([blob]))).toBe(201)
      })
      const [blobPart = [], manifestPart = []] = untilEach201(calls)

      const created = blobPart.at(-1)
      const rename = blobPart.find(
        ({ name, text }) => name.startsWith('rename') && text.includes(`"${dataFolder}/blobs/`),
      )
      const to = /, "(\S+)"\)?\s*(?:= 0|<unfinished)/.exec(rename?.text ?? '')?.[1] ?? ''
      if (created === undefined || rename === undefined) throw new Error('No blob was moved to its place before a 201.')
      expect(to).toStartWith(join(dataFolder, 'blobs/sha256/'))
      expect(isSynced(blobPart, to, rename, created)).toBe(true)
      expect(isSynced(blobPart, join(to, '..'), rename, created)).toBe(true)

      // PostgreSQL syncs what it commits, where strace on Berth does not see it.
      for (const part of onPostgres ? [] : [blobPart, manifestPart]) {
        const log = join(dataFolder, 'berth.db-wal')
        const written = part.findLast(({ name, text }) => /^p?write/.test(name) && text.includes(`<${log}>`))
        const answered = part.at(-1)
        if (written === undefined || answered === undefined) throw new Error('Nothing was written to the database.')
        expect(isSynced(part, log, written, answered)).toBe(true)
      }
    })
  })

  /** The system calls of a server while `work` runs. */
  async function traced(work: (client: ReturnType<typeof registryClient>) => Promise<void>) {
    await using berth = await startBerth()
    const trace = join(berth.dataFolder, 'trace')
    const strace = await traceServer(berth.pid, ['-y', '-s', '64', '-e', `trace=${CALLS}`, '-o', trace])
    await work(registryClient(berth.url))
    strace.kill('SIGINT')
    await strace.exited
    return { calls: parseTrace(await readFile(trace, 'utf8')), dataFolder: berth.dataFolder }
  }
}
