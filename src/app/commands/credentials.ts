import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import {
  CredentialsFault,
  dockerCredentialHelper,
  type KeptTokens,
  kubeletCredentialProvider,
  type Surroundings,
} from '../../entry/cli/credentials/index.ts'
import type { CommandContext } from './context.ts'

/** Helpers that Docker and the kubelet run. They read no configuration: they run where there is no Berth, only jobs. */
export function addCredentialCommands(
  program: Command,
  context: Pick<CommandContext, 'finish'>,
  requests: Surroundings['requests'],
): void {
  const surroundings: Surroundings = {
    environment: process.env,
    requests,
    readFile: readIfThere,
    kept: keptInFolder(keptFolder(process.env)),
    now: Date.now,
  }
  program
    .command('credential-helper <action>')
    .description('a Docker credential helper (get, store, erase, list) for the identity of a pipeline')
    .action((action: string) => context.finish(docker(surroundings, action)))
  program
    .command('kubelet-credential-provider')
    .description('an image credential provider of the kubelet')
    .action(() => context.finish(kubelet(surroundings)))
}

async function docker(surroundings: Surroundings, action: string): Promise<number> {
  const { output, code } = await dockerCredentialHelper(surroundings, action, await Bun.stdin.text())
  if (output !== '') process.stdout.write(`${output}\n`)
  return code
}

async function kubelet(surroundings: Surroundings): Promise<number> {
  try {
    process.stdout.write(`${await kubeletCredentialProvider(surroundings, await Bun.stdin.text())}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof CredentialsFault)) throw error
    process.stderr.write(`berth: ${error.message}\n`)
    return 1
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** In memory where the system has a folder for this login there, else in the person's own. */
function keptFolder({ XDG_RUNTIME_DIR: runtime, RUNNER_TEMP: runner }: NodeJS.ProcessEnv): string {
  return runtime || runner ? join(runtime || (runner as string), 'berth') : join(homedir(), '.cache', 'berth')
}

function keptInFolder(folder: string): KeptTokens {
  const fileOf = (key: string) => join(folder, `token-${key}`)
  return {
    find: key => readIfThere(fileOf(key)),
    async keep(key, content) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const written = `${fileOf(key)}.${process.pid}`
      await writeFile(written, content, { mode: 0o600 })
      await rename(written, fileOf(key))
    },
  }
}
