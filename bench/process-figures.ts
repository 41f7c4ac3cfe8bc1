import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

const TICKS_PER_SECOND = 100
const MIB = 2 ** 20

/** The process and all below it. */
export function processTree(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap(task =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
  )
  return [pid, ...children.flatMap(processTree)]
}

/** Processor time that the tree has used, in seconds (proc(5): utime and stime are in clock ticks). */
export function processorSeconds(pid: number): number {
  const ticks = processTree(pid).map(each => {
    const stat = readFileSync(`/proc/${each}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return Number(fields[11]) + Number(fields[12])
  })
  return sum(ticks) / TICKS_PER_SECOND
}

/** Begins a new peak (proc(5): writing 5 to clear_refs resets VmHWM). */
export function resetPeakMemory(pid: number): void {
  for (const each of processTree(pid)) writeFileSync(`/proc/${each}/clear_refs`, '5')
}

/** The most resident memory since the last reset, in MiB, summed over the tree. */
export function peakMemoryMiB(pid: number): number {
  return residentMiB(pid, 'VmHWM')
}

export function memoryMiB(pid: number): number {
  return residentMiB(pid, 'VmRSS')
}

function residentMiB(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  const kib = processTree(pid).map(each =>
    Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${each}/status`, 'utf8'))?.[1]),
  )
  return (sum(kib) * 1024) / MIB
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
