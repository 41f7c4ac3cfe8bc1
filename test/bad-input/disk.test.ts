import { describe, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { $ } from 'bun'
import { berthCommand } from '../support/berth-command.ts'
import { errorOf } from '../support/raw-request.ts'
import { blobOf, imageOf, registryClient } from '../support/registry-client.ts'
import { startBerth } from '../support/start-berth.ts'
import { describeWithTools } from '../tools/find-tools.ts'

const root = {
  name: 'root, to mount a small disk',
  isThere: () => process.getuid?.() === 0 && Bun.which('chattr') !== null,
}

async function withDisk(options: string, work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-disk-'))
  try {
    await $`mount -t tmpfs -o ${options} tmpfs ${folder}`.quiet()
    try {
      await work(folder)
    } finally {
      await $`umount -l ${folder}`.quiet()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

describeWithTools('disk', 'a disk that fails', [root], () => {
  describe('that is full', () => {
    test('refuses the blob that does not fit, keeps nothing of it, and takes the next that does', async () => {
      await withDisk('size=24m', async folder => {
        await using berth = await startBerth({ dataFolder: join(folder, 'data') })
        const client = registryClient(berth.url)
        const kept = blobOf('k'.repeat(5_000_000))
        expect(await client.pushBlob('disk/full', kept)).toBe(201)
        for (const stream of [false, true]) {
          const large = blobOf(new Uint8Array(30_000_000).fill(7))
          const location = client.locate(await client.begin('disk/full'))
          location.searchParams.set('digest', large.digest)
          const body = stream ? new Blob([large.bytes]).stream() : large.bytes
          const refused = await errorOf(await fetch(location, { method: 'PUT', body }))
          expect(refused).toMatchObject({ status: 507, code: 'UNAVAILABLE' })
          expect(refused.message).toContain('disk is full')
          expect(await client.head('disk/full', 'blobs', large.digest)).toBe(404)
          const small = blobOf(`fits ${stream}`)
          expect(await client.pushBlob('disk/full', small)).toBe(201)
          expect(await client.get('disk/full', 'blobs', small.digest)).toEqual(small.bytes)
        }
        expect(await client.get('disk/full', 'blobs', kept.digest)).toEqual(kept.bytes)
      })
    })

    test('refuses a manifest that the database cannot take, and takes it when there is room again', async () => {
      await withDisk('size=24m', async folder => {
        await using berth = await startBerth({ dataFolder: join(folder, 'data') })
        const client = registryClient(berth.url)
        const config = blobOf('{}')
        const image = imageOf([config], { note: 'n'.repeat(1_000_000) })
        expect(await client.pushBlob('disk/full', config)).toBe(201)
        await $`dd if=/dev/zero of=${join(folder, 'filler')} bs=64k`.quiet().nothrow()
        expect(await client.putManifest('disk/full', 'v1', image)).toBe(507)
        expect(await client.head('disk/full', 'manifests', 'v1')).toBe(404)
        expect(await client.get('disk/full', 'blobs', config.digest)).toEqual(config.bytes)
        await rm(join(folder, 'filler'))
        expect(await client.putManifest('disk/full', 'v1', image)).toBe(201)
        expect(await client.get('disk/full', 'manifests', 'v1')).toEqual(image.bytes)
        expect(await berthCommand(join(folder, 'data'), ['verify'])).toMatchObject({ code: 0 })
      })
    })
  })

  describe('that cannot be written', () => {
    test('refuses pushes and goes on serving, and takes them when it can be written again', async () => {
      await using berth = await startBerth()
      const client = registryClient(berth.url)
      const [one, two] = [blobOf('before'), blobOf('after')]
      expect(await client.pushBlob('disk/read-only', one)).toBe(201)
      const folders = ['uploads', 'blobs'].map(name => join(berth.dataFolder, name))
      await $`chattr -R +i ${folders}`.quiet()
      try {
        const location = client.locate(await client.begin('disk/read-only'))
        location.searchParams.set('digest', two.digest)
        const refused = await errorOf(await fetch(location, { method: 'PUT', body: two.bytes }))
        expect(refused).toMatchObject({ status: 503, code: 'UNAVAILABLE' })
        expect(refused.message).toContain('cannot write to its disk')
        expect(await client.head('disk/read-only', 'blobs', two.digest)).toBe(404)
        expect(await client.get('disk/read-only', 'blobs', one.digest)).toEqual(one.bytes)
      } finally {
        await $`chattr -R -i ${folders}`.quiet()
      }
      expect(await client.pushBlob('disk/read-only', two)).toBe(201)
      expect(await client.get('disk/read-only', 'blobs', two.digest)).toEqual(two.bytes)
    })

    test('stops the start with a reason', async () => {
      await withDisk('size=4m,ro', async folder => {
        const { code, stderr } = await berthCommand(join(folder, 'data'), ['serve'], { BERTH_LISTEN: '127.0.0.1:0' })
        expect({ code, stderr }).toEqual({
          code: 2,
          stderr: expect.stringContaining('cannot be used as the data folder'),
        })
      })
    })
  })
})
