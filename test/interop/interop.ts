import { afterAll, beforeAll, setDefaultTimeout } from 'bun:test'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Berth, startBerth } from '../support/start-berth.ts'
import { describeWithTools, needTool, toolPath } from '../tools/find-tools.ts'
import { debianPackages } from './images/debian-packages.ts'
import { buildSampleImages, type SampleImages } from './images/sample-images.ts'
import { type RegistryReader, registryReader } from './registry-reader.ts'

export interface Output {
  stdout: string
  stderr: string
}

export interface RunOptions {
  cwd?: string
  env?: Record<string, string>
  stdin?: string
}

/** What a client's tests work with: a registry of their own, real images, and the client, away from the user's home. */
export interface Interop {
  /** host:port of the registry. */
  readonly host: string
  readonly berth: Berth
  readonly images: SampleImages
  readonly registry: RegistryReader
  /** The path of a file or folder in the suite's temporary folder. */
  path(...names: string[]): string
  /** The path of a tool. */
  tool(name: string): string
  /** Runs a tool, which must succeed: the command's words up to here, then arguments that may hold spaces. */
  run(command: string, args?: string[], options?: RunOptions): Promise<Output>
  /** Runs a tool, which must fail. */
  runToFail(command: string, args?: string[], options?: RunOptions): Promise<Output>
}

interface State {
  berth: Berth
  folder: string
  images: SampleImages
}

async function execute(state: State, command: string, args: string[], options: RunOptions) {
  const [tool = '', ...words] = command.split(' ')
  const home = join(state.folder, 'home')
  const child = Bun.spawn([toolPath(tool), ...words, ...args], {
    cwd: options.cwd ?? state.folder,
    // Nothing else of the environment, so that the user's logins, proxies and client settings have no say.
    env: {
      PATH: process.env.PATH,
      HOME: home,
      TMPDIR: join(state.folder, 'tmp'),
      XDG_RUNTIME_DIR: join(state.folder, 'run'),
      ...options.env,
    },
    stdin: options.stdin === undefined ? 'ignore' : new Blob([options.stdin]),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  const report = [
    `${[command, ...args].join(' ')} ended with ${code}`,
    stdout.slice(-4000),
    stderr.slice(-4000),
    `the registry's log: ${state.berth.log().slice(-2000)}`,
  ].join('\n')
  return { code, output: { stdout, stderr }, report }
}

/** Declares the tests of one client. @param settings of the server, as environment variables. */
export function interop(
  client: string,
  tools: string[],
  body: (interop: Interop) => void,
  settings: Readonly<Record<string, string>> = {},
): void {
  describeWithTools('interop', client, [...tools.map(needTool), debianPackages], () => {
    setDefaultTimeout(180_000)
    let state: State | undefined
    const running = (): State => {
      if (!state) throw new Error('only to be used while a test runs')
      return state
    }

    beforeAll(async () => {
      // A short path, because a socket's may have 107 characters only, and in lower case, because podman derives the
      // names of images from it.
      const folder = join(tmpdir(), `berth-${crypto.randomUUID().slice(0, 8)}`)
      for (const name of ['home', 'tmp', 'run']) await mkdir(join(folder, name), { recursive: true, mode: 0o700 })
      const images = await buildSampleImages(join(folder, 'layout'))
      state = { folder, images, berth: await startBerth({ env: settings }) }
    })

    afterAll(async () => {
      if (!state) return
      await state.berth.stop()
      await state.berth[Symbol.asyncDispose]()
      await rm(state.folder, { recursive: true, force: true })
    })

    body({
      get host() {
        return running().berth.host
      },
      get berth() {
        return running().berth
      },
      get images() {
        return running().images
      },
      get registry() {
        return registryReader(running().berth.url)
      },
      path: (...names) => join(running().folder, ...names),
      tool: toolPath,
      run: async (command, args = [], options = {}) => {
        const { code, output, report } = await execute(running(), command, args, options)
        if (code !== 0) throw new Error(report)
        return output
      },
      runToFail: async (command, args = [], options = {}) => {
        const { code, output, report } = await execute(running(), command, args, options)
        if (code === 0) throw new Error(`this should have failed: ${report}`)
        return output
      },
    })
  })
}
