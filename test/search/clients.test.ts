import { expect, test } from 'bun:test'
import { interop } from '../interop/interop.ts'
import { apiOf } from '../support/sign-in.ts'
import { searchAll, untilDescribed } from './images.ts'

interop('search, of what real clients push', ['skopeo', 'buildah'], client => {
  test('an index that skopeo copied has the platforms of its images', async () => {
    const api = apiOf(`http://${client.host}`)
    const source = `oci:${client.images.layout}:busybox`
    await client.run('skopeo copy --dest-tls-verify=false --preserve-digests --all', [
      source,
      `docker://${client.host}/real/busybox:1`,
    ])
    await untilDescribed(api)
    const [index] = await searchAll(api, { repository: 'real/busybox', tag: '1' })
    expect(index?.platforms.toSorted()).toEqual(['linux/amd64', 'linux/arm64'])
    const children = await searchAll(api, { repository: 'real/busybox', tagged: 'false' })
    expect(children.map(({ platforms }) => platforms[0]).toSorted()).toEqual(['linux/amd64', 'linux/arm64'])
    expect(children[0]?.createdAt).toBe('2026-01-01T00:00:00.000Z')
    // They have a layer in common, which is counted once.
    const sum = children.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0)
    expect(index?.sizeBytes).toBeGreaterThan(sum / 2)
    expect(index?.sizeBytes).toBeLessThan(sum)
  })

  test('the labels that buildah gave an image are found', async () => {
    const api = apiOf(`http://${client.host}`)
    const buildah = async (words: string, ...args: string[]) => {
      const storage = ['--root', client.path('buildah', 'root'), '--runroot', client.path('buildah', 'run')]
      const all = [...storage, '--storage-driver', 'vfs', ...words.split(' '), ...args]
      return (await client.run('buildah', all, { env: { BUILDAH_ISOLATION: 'chroot' } })).stdout.trim()
    }
    const container = await buildah('from scratch')
    await buildah('config --label made-by=buildah --label org.example.commit=abc', container)
    const image = `${client.host}/real/scratch:1`
    await buildah('commit --quiet', container, image)
    await buildah('push --tls-verify=false', image)
    await untilDescribed(api)
    const [found] = await searchAll(api, { label: ['made-by=buildah', 'org.example.commit=abc'] })
    expect(found).toMatchObject({ repository: 'real/scratch', tags: ['1'], configLabels: { 'made-by': 'buildah' } })
    expect(found?.platforms[0]).toStartWith('linux/')
  })
})
