import type { Queries } from '../metadata/index.ts'

/** A kind of job that a change asks for and that is done later. All who name it must describe it alike. */
export interface Queue<Data extends object> {
  readonly name: string
  /** Reads what was enqueued, perhaps by another version of Berth. @throws when it cannot; the run then failed. */
  readonly parse: (data: unknown) => Data
  /** Runs, one that was cut off included, before the job is given up. */
  readonly attempts: number
  /** Before the second run; before each later one about twice as long, an hour at most. */
  readonly retrySeconds: number
  /** A run that takes longer is told to stop and has failed. */
  readonly timeoutSeconds: number
  /** Never two runs at once, wherever they are. */
  readonly singleton: boolean
}

export interface NewJob<Data extends object> {
  readonly queue: Queue<Data>
  /** Becomes JSON. */
  readonly data: Data
  /** Not before that long from now. */
  readonly afterSeconds?: number
}

export interface JobRun<Data extends object> {
  readonly data: Data
  /** 1 for the first. */
  readonly attempt: number
  /** Asks for an end in a safe place; who ends without having finished rejects, and is run again. */
  readonly signal: AbortSignal
}

export type JobHandler<Data extends object> = (run: JobRun<Data>) => Promise<void>

/**
 * interrupted: by a stop, or because the lease was lost; failed: and is tried again; given-up: and is not.
 */
export type JobOutcome = 'completed' | 'interrupted' | 'failed' | 'given-up'

export interface JobFact {
  readonly job: string
  readonly outcome: JobOutcome
  readonly error?: unknown
}

/** Hears what becomes of jobs. */
export interface JobObserver {
  settled(fact: JobFact): void
  /** The engine itself is in trouble; it goes on trying. */
  fault(error: unknown): void
}

/** The half of the port that whoever changes something needs. */
export interface JobQueue {
  /**
   * Within the transaction of `queries`: the job is there when, and only when, that is committed. It runs at least
   * once; a run that was cut off is taken over within a minute.
   */
  enqueue<Data extends object>(queries: Queries, job: NewJob<Data>): Promise<void>
}

export interface Jobs extends JobQueue {
  /** For a process that works on jobs; others only enqueue. Several may, at once. */
  start(observer: JobObserver): Promise<void>
  /** Works on a queue from now on, one job at a time in this process. */
  work<Data extends object>(queue: Queue<Data>, handler: JobHandler<Data>): Promise<void>
  /**
   * Runs `run` again and again, `everySeconds` (a fraction, too) after its last end: never twice at once, whichever of
   * the processes runs it. When that one dies another takes over when its lease ends, in half a minute at most.
   */
  repeat(name: string, everySeconds: number, run: (signal: AbortSignal) => Promise<void>): void
  /** Asks the running ones to end, and resolves when they have. Nothing is begun after it. */
  stop(): Promise<void>
}

/** How patient an engine is; tests are less so. */
export interface JobTiming {
  /** A run whose process is not heard of for that long is another's to take over. */
  readonly leaseMs: number
  /** Between two looks at a queue. */
  readonly pollMs: number
}

export const TIMING: JobTiming = { leaseMs: 20_000, pollMs: 2_000 }

/** How long what is finished, or was given up, can be looked at in the database. */
export const KEPT_SECONDS = 24 * 3600
export const LONGEST_RETRY_SECONDS = 3600
