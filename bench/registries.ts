import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../test/support/start-berth.ts'

const START_TIMEOUT_MS = 120_000

/** A registry that runs, empty or over the folder it was given. */
export interface Registry extends AsyncDisposable {
  readonly name: RegistryName
  /** 127.0.0.1:PORT */
  readonly host: string
  readonly url: string
  readonly pid: number
  readonly folder: string
  readonly startSeconds: number
  stop(): Promise<void>
}

export type RegistryName = 'berth' | 'zot' | 'distribution'

interface Launch {
  readonly command: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

const BERTH = join(import.meta.dir, '../bin/berth')

/** Each as it is meant to run in production: acknowledged is durable (zot's `commit`), no request log, deletes allowed. */
export async function startBerth(
  folder: string,
  env: Readonly<Record<string, string>> = {},
  binary = BERTH,
): Promise<Registry> {
  return start('berth', folder, async address => ({
    command: [binary, 'serve'],
    env: {
      BERTH_AUTH: 'none',
      BERTH_LISTEN: address,
      BERTH_DATA: join(folder, 'data'),
      BERTH_LOG_REQUESTS: 'none',
      BERTH_ADVISORIES_INTERVAL_SECONDS: '0',
      ...env,
    },
  }))
}

export function startZot(binary: string, folder: string): Promise<Registry> {
  return start('zot', folder, async address => {
    const [host, port] = address.split(':')
    const config = join(folder, 'zot.json')
    const settings = {
      distSpecVersion: '1.1.1',
      storage: { rootDirectory: join(folder, 'data'), gc: false, commit: true },
      http: { address: host, port },
      log: { level: 'error' },
    }
    await writeFile(config, JSON.stringify(settings))
    return { command: [binary, 'serve', config] }
  })
}

export function startDistribution(binary: string, folder: string): Promise<Registry> {
  return start('distribution', folder, async address => {
    const config = join(folder, 'distribution.yml')
    const settings = {
      version: 0.1,
      log: { level: 'error', accesslog: { disabled: true } },
      storage: {
        filesystem: { rootdirectory: join(folder, 'data') },
        delete: { enabled: true },
        cache: { blobdescriptor: 'inmemory' },
        maintenance: { uploadpurging: { enabled: false } },
      },
      http: { addr: address, secret: 'bench' },
    }
    // JSON is YAML.
    await writeFile(config, JSON.stringify(settings))
    return { command: [binary, 'serve', config] }
  })
}

export interface S3Place {
  readonly endpoint: string
  readonly bucket: string
  readonly credentials: Readonly<Record<string, string>>
}

/** Blobs through the registry, as with Berth: distribution sends clients to the storage unless told otherwise. */
export function startDistributionOnS3(
  binary: string,
  folder: string,
  { endpoint, bucket, credentials }: S3Place,
): Promise<Registry> {
  return start('distribution', folder, async address => {
    const config = join(folder, 'distribution.yml')
    const settings = {
      version: 0.1,
      log: { level: 'error', accesslog: { disabled: true } },
      storage: {
        s3: {
          accesskey: credentials.AWS_ACCESS_KEY_ID,
          secretkey: credentials.AWS_SECRET_ACCESS_KEY,
          region: 'us-east-1',
          regionendpoint: endpoint,
          forcepathstyle: true,
          secure: false,
          bucket,
          rootdirectory: '/distribution',
        },
        delete: { enabled: true },
        cache: { blobdescriptor: 'inmemory' },
        redirect: { disable: true },
        maintenance: { uploadpurging: { enabled: false } },
      },
      http: { addr: address, secret: 'bench' },
    }
    await writeFile(config, JSON.stringify(settings))
    return { command: [binary, 'serve', config] }
  })
}

async function start(
  name: RegistryName,
  folder: string,
  launch: (address: string) => Promise<Launch>,
): Promise<Registry> {
  await mkdir(folder, { recursive: true })
  const host = `127.0.0.1:${freePort()}`
  const { command, env } = await launch(host)
  const log = Bun.file(join(folder, `${name}.log`))
  const began = performance.now()
  const child = Bun.spawn([...command], { env: { ...process.env, ...env }, stdin: 'ignore', stdout: log, stderr: log })
  await untilReady(`http://${host}/v2/`, child, () => log.text())
  const stop = async () => {
    child.kill('SIGTERM')
    await child.exited
  }
  return {
    name,
    host,
    url: `http://${host}`,
    pid: child.pid,
    folder,
    startSeconds: (performance.now() - began) / 1000,
    stop,
    async [Symbol.asyncDispose]() {
      await stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function untilReady(url: string, child: Bun.Subprocess, log: () => Promise<string>): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`The registry ended with ${child.exitCode}:\n${await log()}`)
    const answered = await fetch(url).then(
      // One that asks who is calling is ready too.
      response => response.ok || response.status === 401,
      () => false,
    )
    if (answered) return
    await Bun.sleep(5)
  }
  child.kill('SIGKILL')
  throw new Error(`Not ready after ${START_TIMEOUT_MS} ms:\n${await log()}`)
}
