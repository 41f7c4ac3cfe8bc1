import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { JobFact, JobRun, Queue } from './jobs.ts'
import { ECHO, openPlace, type Place } from './worker.contract.ts'

export interface OpenedPlace extends AsyncDisposable {
  readonly place: Place
}

type Echo = { text: string }
const DEADLINE_MS = 90_000

/** What both engines of jobs promise; each test has a fresh, migrated database. */
export function jobsContract(name: string, open: () => Promise<OpenedPlace>): void {
  describe(`${name} keeps the contract of jobs:`, () => {
    let opened: OpenedPlace
    let cleanup: AsyncDisposableStack
    beforeEach(async () => {
      opened = await open()
      cleanup = new AsyncDisposableStack()
      cleanup.use(opened)
    })
    afterEach(() => cleanup.disposeAsync())

    /** One more process on the database, as far as the database can tell. */
    const process = async () => {
      const { engine, jobs, recurrences } = openPlace(opened.place)
      const facts: JobFact[] = []
      const faults: unknown[] = []
      cleanup.defer(async () => {
        await jobs.stop()
        await engine.close()
        expect(faults).toEqual([])
      })
      await jobs.start({ settled: fact => facts.push(fact), fault: error => faults.push(error) })
      const enqueue = (text: string, queue: Queue<Echo> = ECHO) =>
        engine.write(queries => jobs.enqueue(queries, { queue, data: { text } }))
      return { engine, jobs, recurrences, facts, enqueue }
    }
    const processes = () => Promise.all([process(), process(), process()] as const)

    /** A process that begins a job and is then killed. */
    const killedWhileRunning = async (what: 'work' | 'repeat') => {
      const script = join(import.meta.dir, 'worker.contract.ts')
      const child = Bun.spawn([globalThis.process.execPath, script, JSON.stringify(opened.place)], { stdout: 'pipe' })
      cleanup.defer(() => child.kill('SIGKILL'))
      let said = ''
      for await (const chunk of child.stdout) {
        said += new TextDecoder().decode(chunk)
        if (said.includes(what)) break
      }
      expect(said).toContain(what)
      child.kill('SIGKILL')
      await child.exited
    }

    test('a job is done when, and only when, the transaction that asked for it is committed', async () => {
      const { engine, jobs, enqueue } = await process()
      const failing = engine.write(async queries => {
        await jobs.enqueue(queries, { queue: ECHO, data: { text: 'undone' } })
        throw new Error('Changed my mind.')
      })
      await expect(failing).rejects.toThrow('Changed my mind.')
      await enqueue('"kept" – ÿ')
      const ran: string[] = []
      await jobs.work(ECHO, async ({ data }) => void ran.push(data.text))
      await until(() => ran.length > 0)
      await enqueue('last')
      await until(() => ran.includes('last'))
      expect(ran).toEqual(['"kept" – ÿ', 'last'])
    })

    test('of several workers one runs a job', async () => {
      const workers = await processes()
      const ran: string[] = []
      for (const { jobs } of workers) await jobs.work(ECHO, async ({ data }) => void ran.push(data.text))
      const texts = Array.from({ length: 9 }, (_, index) => `job ${index}`)
      await Promise.all(texts.map((text, index) => workers[index % 3]?.enqueue(text)))
      await until(() => ran.length >= texts.length)
      expect(ran.toSorted()).toEqual(texts)
    })

    test('what fails is tried again, later, and given up after its last attempt', async () => {
      const { jobs, enqueue, facts } = await process()
      const attempts: number[] = []
      await jobs.work(ECHO, async ({ attempt }) => {
        attempts.push(attempt)
        throw new Error('Not today.')
      })
      await enqueue('doomed')
      await until(() => facts.some(fact => fact.outcome === 'given-up'))
      expect(attempts).toEqual([1, 2, 3])
      expect(facts.map(({ job, outcome }) => `${job} ${outcome}`)).toEqual([
        'echo failed',
        'echo failed',
        'echo given-up',
      ])
      expect(String(facts.at(-1)?.error)).toContain('Not today.')
    })

    test('jobs of a singleton never run two at once', async () => {
      const one = { ...ECHO, name: 'one-by-one', singleton: true }
      const workers = await processes()
      const crowd = new Crowd()
      for (const { jobs } of workers) await jobs.work(one, () => crowd.visit())
      await Promise.all(Array.from({ length: 6 }, (_, index) => workers[index % 3]?.enqueue('x', one)))
      await until(() => crowd.visits >= 6)
      expect(crowd.most).toBe(1)
    })

    test('a recurring job comes back, and never runs twice at once', async () => {
      const workers = await processes()
      const crowd = new Crowd()
      for (const { jobs } of workers) jobs.repeat('tick', 0.05, () => crowd.visit())
      await until(() => crowd.visits >= 20)
      expect(crowd.most).toBe(1)
    })

    test('of all who ask for a lease at once one gets it; only that one renews or ends it', async () => {
      const workers = await processes()
      for (const { recurrences } of workers) await recurrences.find('tick')
      await until(async () => {
        const { endedAt, now } = await workers[0].recurrences.find('tick')
        return now > endedAt
      })
      const asking = Array.from({ length: 12 }, (_, index) => {
        const { recurrences } = workers[index % 3] ?? workers[0]
        return recurrences.take('tick', `holder ${index}`, 0, 60_000)
      })
      const taken = await Promise.all(asking)
      expect(taken.filter(Boolean)).toHaveLength(1)
      const { recurrences } = workers[0]
      const holder = `holder ${taken.indexOf(true)}`
      expect(await recurrences.renew('tick', 'another', 60_000)).toBe(false)
      await recurrences.give('tick', 'another')
      expect(await recurrences.renew('tick', holder, 60_000)).toBe(true)
      expect(await recurrences.take('tick', 'another', 0, 60_000)).toBe(false)
      await recurrences.give('tick', holder)
      expect(await recurrences.take('tick', 'early', 3_600_000, 60_000)).toBe(false)
      expect(await recurrences.take('tick', 'next', 0, 60_000)).toBe(true)
    })

    test('a recurring job that fails comes back too', async () => {
      const { jobs, facts } = await process()
      jobs.repeat('tick', 0.05, async () => {
        throw new Error('Not now.')
      })
      await until(() => facts.length >= 3)
      expect(facts.slice(0, 3).map(fact => fact.outcome)).toEqual(['failed', 'failed', 'failed'])
    })

    test('a recurring job is taken over from a process that was killed', async () => {
      await killedWhileRunning('repeat')
      const { jobs } = await process()
      const ran = Promise.withResolvers<void>()
      jobs.repeat('tick', 0.05, async () => ran.resolve())
      await ran.promise
    })

    test('a job is taken over from a process that was killed', async () => {
      const { jobs, enqueue } = await process()
      await enqueue('survivor')
      await killedWhileRunning('work')
      const runs: JobRun<Echo>[] = []
      await jobs.work(ECHO, async run => void runs.push(run))
      await until(() => runs.length > 0)
      expect(runs.map(({ data, attempt }) => ({ data, attempt }))).toEqual([{ data: { text: 'survivor' }, attempt: 2 }])
    })

    test('a run whose lease became another’s is told to stop, and ends nothing that is not its own', async () => {
      const { engine, jobs, facts } = await process()
      let told = false
      jobs.repeat('tick', 0.05, async signal => {
        await engine.write(async queries => {
          await queries
            .updateTable('recurring_jobs')
            .set({ holder: 'somebody', lease_until: 2 ** 50 })
            .execute()
        })
        await aborted(signal)
        told = true
        throw signal.reason
      })
      await until(() => facts.length > 0)
      expect({ told, outcome: facts[0]?.outcome }).toEqual({ told: true, outcome: 'interrupted' })
      const row = await engine.db.selectFrom('recurring_jobs').select('holder').executeTakeFirstOrThrow()
      expect(row.holder).toBe('somebody')
    })

    test('a stop tells what runs to end and waits for it; another process finishes the job', async () => {
      const [first, second] = await Promise.all([process(), process()])
      const steps: string[] = []
      const work = Promise.withResolvers<void>()
      const tick = Promise.withResolvers<void>()
      await first.jobs.work(ECHO, async ({ signal }) => {
        work.resolve()
        await aborted(signal)
        steps.push('work ended')
        throw signal.reason
      })
      first.jobs.repeat('tick', 0.05, async signal => {
        tick.resolve()
        await aborted(signal)
        steps.push('tick ended')
      })
      await first.enqueue('to be finished')
      await Promise.all([work.promise, tick.promise])
      await first.jobs.stop()
      expect(steps.toSorted()).toEqual(['tick ended', 'work ended'])
      expect(first.facts.map(({ job, outcome }) => `${job} ${outcome}`).toSorted()).toEqual([
        'echo interrupted',
        'tick completed',
      ])
      const finished: number[] = []
      await second.jobs.work(ECHO, async ({ attempt }) => void finished.push(attempt))
      await until(() => finished.length > 0)
      expect(finished).toEqual([2])
    })
  })
}

/** Counts those who are inside at once. */
class Crowd {
  visits = 0
  most = 0
  #inside = 0

  async visit(): Promise<void> {
    this.#inside += 1
    this.most = Math.max(this.most, this.#inside)
    await Bun.sleep(20)
    this.#inside -= 1
    this.visits += 1
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('It did not come to pass.')
    await Bun.sleep(10)
  }
}
