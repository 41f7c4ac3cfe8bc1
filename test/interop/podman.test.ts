import { expect, test } from 'bun:test'
import { mediaTypes } from './images/oci-layout.ts'
import { interop } from './interop.ts'
import { dockerTypes } from './registry-reader.ts'

interop('podman', ['podman'], client => {
  // Without systemd, without a journal and without a kernel's overlay file system, so that it works in a sandbox too.
  const podmanIn = async (store: string, words: string, ...args: string[]) => {
    const flags = [
      ...['--root', client.path('podman', store, 'root'), '--runroot', client.path('podman', store, 'run')],
      ...['--tmpdir', client.path('podman', store, 'tmp'), '--storage-driver', 'vfs'],
      ...['--cgroup-manager', 'cgroupfs', '--events-backend', 'file'],
    ]
    return (await client.run('podman', [...flags, ...words.split(' '), ...args])).stdout.trim()
  }
  const podman = (words: string, ...args: string[]) => podmanIn('main', words, ...args)
  const local = (tag: string) => `oci:${client.images.layout}:${tag}`

  const pushBash = async (name: string, ...flags: string[]): Promise<string> => {
    const id = await podman('pull --quiet', local('bash'))
    await podman('push --tls-verify=false', ...flags, id, `${client.host}/${name}`)
    return id
  }

  test('an image that podman pushed comes back with the same contents', async () => {
    const digestFile = client.path('podman.digest')
    const id = await pushBash('po/push:1', '--digestfile', digestFile)
    const stored = await client.registry.manifest('po/push', '1')
    expect(await Bun.file(digestFile).text()).toBe(stored.digest)
    expect(stored.mediaType).toBe(mediaTypes.manifest)
    expect(await client.registry.parts('po/push', '1')).toHaveLength(7)

    // A second store knows nothing of the image, so that all of it comes from the registry.
    expect(await podmanIn('other', 'pull --quiet --tls-verify=false', `${client.host}/po/push:1`)).toBe(id)
    const folder = await podmanIn('other', 'image mount', id)
    expect(Bun.spawnSync([`${folder}/bin/busybox`, 'echo', 'it runs']).stdout.toString()).toBe('it runs\n')
  })

  test('podman pulls an image by its digest', async () => {
    await pushBash('po/digest:1')
    const { digest } = await client.registry.manifest('po/digest', '1')
    const id = await podmanIn('pinned', 'pull --quiet --tls-verify=false', `${client.host}/po/digest@${digest}`)
    const image = JSON.parse(await podmanIn('pinned', 'image inspect', id))
    expect(image[0].Digest).toBe(digest)
  })

  test('podman pushes and pulls Docker schema 2', async () => {
    const id = await pushBash('po/docker:1', '--format', 'v2s2')
    expect((await client.registry.manifest('po/docker', '1')).mediaType).toBe(dockerTypes.manifest)
    expect(await podmanIn('docker', 'pull --quiet --tls-verify=false', `${client.host}/po/docker:1`)).toBe(id)
  })

  test('podman pushes a manifest list and pulls the platform that it is asked for', async () => {
    await podman('manifest create list')
    await podman('manifest add --all list', local('busybox'))
    await podman('manifest push --all --tls-verify=false list', `docker://${client.host}/po/list:1`)
    const { mediaType, content } = await client.registry.manifest('po/list', '1')
    expect(mediaType).toBe(mediaTypes.index)
    expect(content.manifests?.map(child => child.platform?.architecture)).toEqual(['amd64', 'arm64'])
    expect(await client.registry.parts('po/list', '1')).toHaveLength(9)
    expect(await client.registry.configs('po/list', '1')).toEqual(await client.images.configs(client.images.busybox))
    const image = `${client.host}/po/list:1`
    const id = await podmanIn('foreign', 'pull --quiet --tls-verify=false --platform linux/arm64', image)
    const [inspected] = JSON.parse(await podmanIn('foreign', 'image inspect', id))
    expect(inspected.Architecture).toBe('arm64')
  })

  test('podman finds repositories and tags', async () => {
    await pushBash('po/search-me:1')
    await pushBash('po/search-me:2')
    const tags = await podman('search --tls-verify=false --list-tags', `${client.host}/po/search-me`)
    expect(tags.split('\n').map(line => line.split(/\s+/)[1])).toEqual(['TAG', '1', '2'])
    const found = await podman('search --tls-verify=false --format {{.Name}}', `${client.host}/search-me`)
    expect(found).toBe(`${client.host}/po/search-me`)
  })

  test('podman builds on an image from the registry and pushes what it built', async () => {
    await pushBash('po/base:1')
    const context = client.path('podman-context')
    await Bun.write(`${context}/added.txt`, 'added\n')
    await Bun.write(`${context}/Containerfile`, `FROM ${client.host}/po/base:1\nCOPY added.txt /added.txt\n`)
    const image = `${client.host}/po/built:1`
    await podmanIn('builder', 'build --quiet --isolation chroot --tls-verify=false --tag', image, context)
    await podmanIn('builder', 'push --tls-verify=false', image)
    const parts = await client.registry.parts('po/built', '1')
    expect(parts.slice(2, 7)).toHaveLength(5)
    const id = await podmanIn('fresh', 'pull --quiet --tls-verify=false', image)
    const folder = await podmanIn('fresh', 'image mount', id)
    expect(await Bun.file(`${folder}/added.txt`).text()).toBe('added\n')
  })

  test('podman takes images from one registry name to another with save and load', async () => {
    const id = await pushBash('po/save:1')
    await podmanIn('saver', 'pull --quiet --tls-verify=false', `${client.host}/po/save:1`)
    const archive = client.path('podman-save.tar')
    await podmanIn('saver', 'save --quiet --format oci-archive --output', archive, `${client.host}/po/save:1`)
    await podmanIn('loader', 'load --quiet --input', archive)
    await podmanIn('loader', 'push --tls-verify=false', id, `${client.host}/po/loaded:1`)
    const before = await client.registry.manifest('po/save', '1')
    const after = await client.registry.manifest('po/loaded', '1')
    expect(after.content.config).toEqual(before.content.config)
  })
})
