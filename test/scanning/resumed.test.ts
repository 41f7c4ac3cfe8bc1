import { expect, test } from 'bun:test'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tarOf } from '../inventory/tar.ts'
import { blobOf, registryClient } from '../support/registry-client.ts'
import { apiOf, auditOf } from '../support/sign-in.ts'
import { startBerth } from '../support/start-berth.ts'
import { npm, packagesOf, pushManifestOf, SCANNING, type Scan, scanOf } from './images.ts'

const TAR = 'application/vnd.oci.image.layer.v1.tar'
const LAYERS = 12
const LAYER_BYTES = 8 << 20

test('a scan that was cut off goes on where the server starts again, shows how far it is, and pulls go on meanwhile', async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'berth-resumed-'))
  const start = () => startBerth({ dataFolder, env: SCANNING })
  try {
    let berth = await start()
    const layers = Array.from({ length: LAYERS }, (_, index) =>
      blobOf(
        new Uint8Array(
          tarOf(npm(`app${index}`, 'left-pad', `1.3.${index}`), { name: 'data', content: randomBytes(LAYER_BYTES) }),
        ),
      ),
    )
    const { image } = await pushManifestOf(registryClient(berth.url), 'team/app', 'v1', { layers, layerType: TAR })
    const begun = await soon(berth.url, scan => scan.progress !== undefined || scan.state === 'read')
    // However far it was: killed without a word.
    await berth.kill()
    berth = await start()
    const pulled = await fetch(`${berth.url}/v2/team/app/blobs/${layers[0]?.digest}`)
    expect((await pulled.bytes()).length).toBe(layers[0]?.bytes.length as number)
    const scan = await soon(berth.url, ({ isWaiting }) => !isWaiting)
    expect(scan).toMatchObject({ state: 'read', packages: LAYERS, attempts: 0 })
    expect((await packagesOf(apiOf(berth.url), 'team/app', 'v1')).length).toBe(LAYERS)
    const records = (await auditOf(berth)).filter(({ type }) => type === 'scan.completed')
    // Once, unless it was done before the server was killed.
    if (begun.state !== 'read') expect(records.map(({ resource }) => resource.digest)).toEqual([image.digest])
    await berth.kill()
  } finally {
    await rm(dataFolder, { recursive: true, force: true })
  }
}, 120_000)

async function soon(url: string, isSo: (scan: Scan) => boolean): Promise<Scan> {
  const deadline = Date.now() + 60_000
  while (Date.now() < deadline) {
    const scan = await scanOf(apiOf(url), 'team/app', 'v1')
    if (isSo(scan)) return scan
    await Bun.sleep(20)
  }
  throw new Error('It was not so in time.')
}
