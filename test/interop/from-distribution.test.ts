import { expect, test } from 'bun:test'
import { berthCommand } from '../support/berth-command.ts'
import { freePort, startBerth } from '../support/start-berth.ts'
import { interop } from './interop.ts'
import { registryReader } from './registry-reader.ts'

interop('distribution', ['crane', 'registry'], client => {
  const config = (port: number, folder: string) => `
version: 0.1
log: { level: error, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: ${folder} }, delete: { enabled: true } }
http: { addr: '127.0.0.1:${port}', secret: for-this-test }
`

  test('a registry that distribution filled is imported from its data folder, every image the same', async () => {
    const [port, data] = [freePort(), client.path('distribution')]
    await Bun.write(client.path('distribution.yml'), config(port, data))
    const server = Bun.spawn([client.tool('registry'), 'serve', client.path('distribution.yml')], {
      env: { PATH: process.env.PATH, OTEL_TRACES_EXPORTER: 'none' },
      stdout: 'ignore',
      stderr: 'ignore',
    })
    try {
      await answers(`http://127.0.0.1:${port}/v2/`)
      for (const repository of ['team/app', 'other']) {
        await client.run(`crane --insecure push --index`, [client.images.layout, `127.0.0.1:${port}/${repository}:all`])
      }
    } finally {
      server.kill()
      await server.exited
    }

    await using berth = await startBerth()
    const { code, stdout } = await berthCommand(berth.dataFolder, ['import', data, '--json'])
    expect({ code, report: JSON.parse(stdout) }).toMatchObject({
      code: 0,
      report: { repositories: 2, tags: 2, failures: [] },
    })
    const { bash, busybox, zstd } = client.images
    const expected = (await Promise.all([bash, busybox, zstd].map(client.images.parts))).flat()
    for (const repository of ['team/app', 'other']) {
      const [, ...parts] = await registryReader(berth.url).parts(repository, 'all')
      expect(parts).toEqual(expected)
    }
  })
})

async function answers(url: string): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const isThere = await fetch(url).then(
      response => response.ok,
      () => false,
    )
    if (isThere) return
    await Bun.sleep(20)
  }
  throw new Error(`${url} does not answer.`)
}
