import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOciLayout, type Descriptor, mediaTypes, sha256 } from '../interop/images/oci-layout.ts'
import { basic, PATIENCE } from '../support/identities.ts'
import { ADMIN, type Api, apiOf } from '../support/sign-in.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'
import { toolPath } from '../tools/find-tools.ts'

/** A server with settings of its own that asks everybody who they are, and a folder beside it. */
export interface Configured extends AsyncDisposable {
  readonly berth: Berth
  readonly admin: Api
  readonly folder: string
  /** One request below /v2. */
  ask(method: string, path: string, request?: Omit<RequestInit, 'method'>): Promise<Response>
  /** The status and the message of the first error, for a look at both. */
  told(response: Response | Promise<Response>): Promise<{ readonly status: number; readonly message: string }>
  /** A project and who has which role in it. A group begins with "@"; it is made. */
  project(name: string, members?: Readonly<Record<string, string>>, visibility?: string): Promise<void>
}

export interface ConfiguredOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly listensAt?: number
}

/** @param settings what berth.yaml says; made when the folder is known. */
export async function startConfigured(
  settings: object | ((folder: string) => object | Promise<object>),
  { env = {}, listensAt }: ConfiguredOptions = {},
): Promise<Configured> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-access-'))
  const file = join(folder, 'berth.yaml')
  await Bun.write(file, JSON.stringify(typeof settings === 'function' ? await settings(folder) : settings))
  const berth = await startBerth({
    env: { BERTH_AUTH: 'required', BERTH_ADMIN_PASSWORD: ADMIN.password, ...PATIENCE, BERTH_CONFIG: file, ...env },
    ...(listensAt === undefined ? {} : { listensAt }),
  })
  const admin = apiOf(berth.url, ADMIN)
  const must = async (method: string, path: string, body: object) => {
    const answer = await admin(method, path, body)
    if (answer.status !== 201) throw new Error(`${path}: ${JSON.stringify(answer.body)}`)
  }
  return {
    berth,
    admin,
    folder,
    ask: (method, path, request = {}) => fetch(`${berth.url}/v2/${path}`, { method, ...request }),
    async told(response) {
      const answered = await response
      const text = await answered.text()
      const { errors } = text === '' ? { errors: undefined } : JSON.parse(text)
      return { status: answered.status, message: errors?.[0]?.message ?? '' }
    },
    async project(name, members = {}, visibility = 'private') {
      await must('POST', '/projects', { name, visibility })
      for (const [who, role] of Object.entries(members)) {
        const kind = who.startsWith('@') ? 'group' : 'user'
        const subject = { kind, name: who.replace(/^@/, '') }
        if (kind === 'group') await must('POST', '/groups', { name: subject.name })
        await must('POST', `/projects/${name}/members`, { subject, role })
      }
    },
    async [Symbol.asyncDispose]() {
      await berth[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    },
  }
}

export const asAdmin = basic(ADMIN.name, ADMIN.password)

/** An OCI layout with one small image, tagged "small". */
export async function smallImage(folder: string): Promise<string> {
  const layout = await createOciLayout(folder)
  const tar = new Uint8Array(await new Bun.Archive({ hello: crypto.randomUUID() }).bytes())
  const layers = [await layout.addBlob(mediaTypes.layer, tar)]
  const config = await layout.addJson(mediaTypes.config, {
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [sha256(tar)] },
  })
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers }
  const image: Descriptor = await layout.addJson(mediaTypes.manifest, manifest)
  await layout.tag('small', image)
  return folder
}

export interface Ran {
  readonly code: number
  /** Of both streams. */
  readonly output: string
}

/** Runs a registry's client with a folder of its own for what it remembers. */
export async function runClient(home: string, command: string, args: readonly string[], env = {}): Promise<Ran> {
  const [tool = '', ...words] = command.split(' ')
  const child = Bun.spawn([toolPath(tool), ...words, ...args], {
    cwd: home,
    env: {
      PATH: process.env.PATH,
      HOME: home,
      DOCKER_CONFIG: home,
      REGISTRY_AUTH_FILE: join(home, 'auth.json'),
      XDG_RUNTIME_DIR: home,
      ...env,
    },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  return { code, output: stdout + stderr }
}
