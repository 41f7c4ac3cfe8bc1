/** How much memory a process holds, from /proc or, where there is none, from `ps`; undefined once it has ended. */
export async function residentBytes(pid: number): Promise<number | undefined> {
  const status = Bun.file(`/proc/${pid}/status`)
  if (process.platform === 'linux') {
    const text = await status.text().catch(ended)
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1]
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
  }
  const asked = Bun.spawn(['ps', '-o', 'rss=', '-p', String(pid)], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'ignore',
  })
  const kibibytes = Number((await asked.stdout.text()).trim())
  return kibibytes > 0 ? kibibytes * 1024 : undefined
}

/** The file of a process that has ended is gone. */
const ended = (): string => ''
