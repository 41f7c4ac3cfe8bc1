import { join } from 'node:path'

/**
 * Runs a program to its end.
 * @throws Error with the end of what it printed when it fails
 */
export async function run(command: readonly string[], cwd?: string, env: Record<string, string> = {}): Promise<string> {
  const child = Bun.spawn([...command], {
    cwd,
    env: { ...process.env, ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [output, errors, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  if (status !== 0)
    throw new Error(`${command.slice(0, 3).join(' ')} failed (${status}): ${(errors || output).slice(-600)}`)
  return output
}

/** Writes files below a folder; their folders come into being. */
export async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) await Bun.write(join(folder, path), content)
}
