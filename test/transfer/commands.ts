import { mkdir, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pack } from 'tar-stream'
import { berthCommand } from '../support/berth-command.ts'

export interface Report {
  readonly repositories: number
  readonly manifests: number
  readonly tags: number
  readonly blobs: number
  readonly skipped: number
  readonly failures: { repository: string; digest?: string; reason: string }[]
}

export const importInto = (dataFolder: string, source: string, ...flags: string[]) =>
  reported(dataFolder, ['import', source, '--json', ...flags])

export const exportFrom = (dataFolder: string, target: string, ...flags: string[]) =>
  reported(dataFolder, ['export', target, '--json', ...flags])

async function reported(dataFolder: string, args: readonly string[]) {
  const { code, stdout, stderr } = await berthCommand(dataFolder, args)
  return { code, stderr, report: (stdout === '' ? {} : JSON.parse(stdout)) as Report }
}

export async function write(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await Bun.write(path, content)
}

export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
}

/** A tar file of these files. */
export async function tarOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<Buffer> {
  const archive = pack()
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, Buffer.from(content))
  archive.finalize()
  return Buffer.concat((await Array.fromAsync(archive)) as Buffer[])
}
