import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { $ } from 'bun'
import { registryClient } from '../support/registry-client.ts'
import { apiOf, until } from '../support/sign-in.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'
import { describeWithTools, needTool, toolPath } from '../tools/find-tools.ts'
import { dpkg, layerOf, npm, OS_RELEASE, push, SCANNING, untilScanned } from './images.ts'

const FORMATS = { cyclonedx: 'application/vnd.cyclonedx+json', spdx: 'application/spdx+json' } as const

/** What an image holds, attached to it, as the clients of people find and take it. */
describeWithTools('interop', 'an attached SBOM', ['oras', 'cosign', 'cosign-v2', 'regctl'].map(needTool), () => {
  let berth: Berth
  let folder: string
  let image: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-sboms-'))
    berth = await startBerth({ env: { ...SCANNING, BERTH_SCANNING_ATTACH_SBOM: 'both' } })
    const [client, api] = [registryClient(berth.url), apiOf(berth.url)]
    const layers = [layerOf(OS_RELEASE, dpkg('libc6 2.36-9')), layerOf(npm('app', 'left-pad', '1.3.0'))]
    const pushed = await push(client, 'team/app', 'v1', ...layers)
    await untilScanned(api, 'team/app', 'v1')
    const referrers = `referrers/${pushed.image.digest}`
    await until(async () => (await client.list(`team/app/${referrers}`, 'manifests'))?.length === 2)
    image = `${berth.host}/team/app:v1`
  })
  afterAll(async () => {
    await berth?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  const run = async (tool: string, ...args: string[]): Promise<string> => {
    const env = { ...process.env, DOCKER_CONFIG: folder, HOME: folder, COSIGN_EXPERIMENTAL: '1' }
    const { exitCode, stdout, stderr } = await $`${toolPath(tool)} ${args}`.cwd(folder).env(env).nothrow().quiet()
    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr.toString() }).toEqual({ exitCode: 0, stderr: '' })
    return stdout.toString()
  }
  const downloaded = async (format: string) =>
    (await fetch(`${berth.url}/api/v1/images/sbom?repository=team/app&reference=v1&format=${format}`)).text()

  for (const format of ['cyclonedx', 'spdx'] as const)
    test(`oras discovers the one in ${format} and pulls it as a file`, async () => {
      const found = await run('oras', 'discover', '--plain-http', '--format', 'json', image)
      const { referrers } = JSON.parse(found) as { referrers: { reference: string; artifactType: string }[] }
      const { reference } = referrers.find(
        ({ artifactType }) => artifactType === FORMATS[format],
      ) as (typeof referrers)[0]
      await run('oras', 'pull', '--plain-http', '--output', format, reference)
      const [name = ''] = await readdir(join(folder, format))
      expect(name).toBe({ cyclonedx: 'sbom.cdx.json', spdx: 'sbom.spdx.json' }[format])
      expect(await Bun.file(join(folder, format, name)).text()).toBe(await downloaded(format))
    })

  for (const [tool, ...flags] of [['cosign'], ['cosign-v2', '--experimental-oci11']] as const)
    test(`${tool} shows it in the tree of what belongs to the image`, async () => {
      const tree = await run(tool, 'tree', '--allow-insecure-registry', ...flags, image)
      for (const artifactType of Object.values(FORMATS))
        expect(tree).toContain(`${artifactType} artifacts via OCI referrer`)
    })

  test('regctl lists it and gets it by its type', async () => {
    const host = ['--host', `reg=${berth.host},tls=disabled`]
    const listed = await run('regctl', 'artifact', 'tree', ...host, image)
    for (const artifactType of Object.values(FORMATS)) expect(listed).toContain(artifactType)
    const filter = ['--subject', image, '--filter-artifact-type', FORMATS.spdx]
    expect(await run('regctl', 'artifact', 'get', ...host, ...filter)).toBe(await downloaded('spdx'))
  })
})
