import { expect, test } from 'bun:test'
import { mkdir } from 'node:fs/promises'
import { sha256 } from './images/oci-layout.ts'
import { interop } from './interop.ts'

const configType = 'application/vnd.cncf.helm.config.v1+json'
const chartType = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip'

interop('helm', ['helm'], client => {
  const helm = async (words: string, ...args: string[]) => (await client.run(`helm ${words}`, args)).stdout.trim()
  const remote = (name: string) => `oci://${client.host}/${name}`

  /** Packages a chart of one config map, and gives the path of the archive. */
  const packageChart = async (name: string, version: string, dependency?: string): Promise<string> => {
    const folder = client.path('charts', name)
    const dependencies = dependency
      ? `dependencies:\n  - name: base\n    version: ^1.0.0\n    repository: ${dependency}\n`
      : ''
    await Bun.write(`${folder}/Chart.yaml`, `apiVersion: v2\nname: ${name}\nversion: ${version}\n${dependencies}`)
    await Bun.write(`${folder}/values.yaml`, `greeting: hello from ${version}\n`)
    await Bun.write(`${folder}/README.md`, `# ${name}\n`)
    await Bun.write(
      `${folder}/templates/map.yaml`,
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  greeting: {{ .Values.greeting }}\n`,
    )
    if (dependency) await helm('dependency update --plain-http', folder)
    await helm('package', folder, '--destination', client.path('packages'))
    return client.path('packages', `${name}-${version}.tgz`)
  }
  const pushChart = async (repository: string, name: string, version: string, dependency?: string): Promise<string> => {
    const archive = await packageChart(name, version, dependency)
    await helm('push --plain-http', archive, remote(repository))
    return archive
  }

  test('helm pushes a chart and pulls the same archive', async () => {
    const archive = await pushChart('he/pull', 'moored', '1.2.3')
    const bytes = await Bun.file(archive).bytes()
    const { content } = await client.registry.manifest('he/pull/moored', '1.2.3')
    expect(content.config?.mediaType).toBe(configType)
    expect(content.layers?.map(layer => layer.mediaType)).toEqual([chartType])
    expect(content.layers?.map(layer => layer.digest)).toEqual([sha256(bytes)])

    const folder = client.path('he-pulled')
    await mkdir(folder)
    await helm('pull --plain-http --version 1.2.3', remote('he/pull/moored'), '--destination', folder)
    expect(Buffer.compare(await Bun.file(`${folder}/moored-1.2.3.tgz`).bytes(), bytes)).toBe(0)
  })

  test('helm unpacks a chart that it pulls by digest', async () => {
    await pushChart('he/digest', 'pinned', '1.0.0')
    const { digest } = await client.registry.manifest('he/digest/pinned', '1.0.0')
    const folder = client.path('he-untar')
    await helm('pull --plain-http --untar', remote(`he/digest/pinned@${digest}`), '--untardir', folder)
    expect(await Bun.file(`${folder}/pinned/values.yaml`).text()).toBe('greeting: hello from 1.0.0\n')
  })

  test('helm shows a chart, its values and its readme', async () => {
    await pushChart('he/show', 'shown', '1.0.0')
    const chart = remote('he/show/shown')
    expect(await helm('show chart --plain-http --version 1.0.0', chart)).toContain('name: shown')
    expect(await helm('show values --plain-http --version 1.0.0', chart)).toBe('greeting: hello from 1.0.0')
    expect(await helm('show readme --plain-http --version 1.0.0', chart)).toBe('# shown')
  })

  test('helm picks the newest version that fits', async () => {
    for (const version of ['1.0.0', '1.9.0', '1.10.0', '2.0.0-rc.1']) await pushChart('he/range', 'ranged', version)
    const chart = remote('he/range/ranged')
    expect(await helm('show values --plain-http', chart)).toBe('greeting: hello from 1.10.0')
    expect(await helm('show values --plain-http --version', '<1.10.0', chart)).toBe('greeting: hello from 1.9.0')
    expect(await helm('show values --plain-http --version', '>1.10.0-0', chart)).toBe('greeting: hello from 2.0.0-rc.1')
  })

  test('helm keeps a version with build metadata', async () => {
    await pushChart('he/build', 'built', '1.0.0+build.7')
    expect(await client.registry.tags('he/build/built')).toEqual(['1.0.0_build.7'])
    expect(await helm('show values --plain-http --version 1.0.0+build.7', remote('he/build/built'))).toBe(
      'greeting: hello from 1.0.0+build.7',
    )
  })

  test('helm renders a chart whose dependency lies in the registry too', async () => {
    await pushChart('he/deps', 'base', '1.4.0')
    await pushChart('he/deps', 'parent', '0.1.0', remote('he/deps'))
    const rendered = await helm('template --plain-http --version 0.1.0 release', remote('he/deps/parent'))
    expect(rendered).toContain('greeting: hello from 0.1.0')
    expect(rendered).toContain('greeting: hello from 1.4.0')
  })

  test('helm says that a version does not exist', async () => {
    await pushChart('he/none', 'none', '1.0.0')
    const { stderr } = await client.runToFail('helm pull --plain-http --version 3.0.0', [remote('he/none/none')])
    expect(stderr).toContain('3.0.0')
  })
})
