import { SingleBar } from 'cli-progress'

export interface Progress {
  /** @param total may grow while the work goes on. */
  update(done: number, total: number): void
  end(): void
}

/** A bar on standard error when that is a terminal, and nothing when it is not: output stays for programs. */
export function createProgress(label: string, unit: string): Progress {
  if (!process.stderr.isTTY) return { update() {}, end() {} }
  const bar = new SingleBar({
    format: `${label} [{bar}] {percentage}% {value}/{total} ${unit}, {eta_formatted} left`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: false,
  })
  let started = false
  return {
    update(done, total) {
      if (!started) bar.start(total, done)
      started = true
      bar.setTotal(total)
      bar.update(done)
    },
    end() {
      if (started) bar.stop()
    },
  }
}
