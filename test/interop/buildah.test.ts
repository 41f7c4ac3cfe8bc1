import { expect, test } from 'bun:test'
import { mediaTypes } from './images/oci-layout.ts'
import { interop } from './interop.ts'
import { dockerTypes } from './registry-reader.ts'

interop('buildah', ['buildah'], client => {
  // Without a kernel's overlay file system and without namespaces, so that it works in a sandbox too.
  const storage = (name: string) => [
    ...['--root', client.path('buildah', name, 'root'), '--runroot', client.path('buildah', name, 'run')],
    ...['--storage-driver', 'vfs'],
  ]
  const buildahIn = async (store: string, words: string, ...args: string[]) => {
    const output = await client.run('buildah', [...storage(store), ...words.split(' '), ...args], {
      env: { BUILDAH_ISOLATION: 'chroot' },
    })
    return output.stdout.trim()
  }
  const buildah = (words: string, ...args: string[]) => buildahIn('main', words, ...args)
  const local = (tag: string) => `oci:${client.images.layout}:${tag}`

  /** Commits an image from scratch with one file in it, and gives its name in the registry. */
  const buildFromScratch = async (name: string, text: string): Promise<string> => {
    const file = client.path(`${name.replaceAll('/', '-')}.txt`)
    await Bun.write(file, text)
    const container = await buildah('from scratch')
    await buildah('copy', container, file, '/greeting.txt')
    await buildah('config --label made-by=buildah --cmd /greeting', container)
    await buildah('commit --quiet', container, `${client.host}/${name}`)
    return `${client.host}/${name}`
  }

  test('an image built from scratch by buildah comes back with its file', async () => {
    const image = await buildFromScratch('bu/scratch:1', 'hello from scratch\n')
    const digestFile = client.path('scratch.digest')
    await buildah('push --tls-verify=false --digestfile', digestFile, image)
    const stored = await client.registry.manifest('bu/scratch', '1')
    expect(await Bun.file(digestFile).text()).toBe(stored.digest)
    expect(stored.mediaType).toBe(mediaTypes.manifest)

    // A second store knows nothing of the image, so that all of it comes from the registry.
    await buildahIn('other', 'pull --tls-verify=false', image)
    const folder = await buildahIn('other', 'mount', await buildahIn('other', 'from --pull-never', image))
    expect(await Bun.file(`${folder}/greeting.txt`).text()).toBe('hello from scratch\n')
  })

  test('buildah pushes the same image as Docker schema 2', async () => {
    const image = await buildFromScratch('bu/docker:1', 'hello to docker\n')
    await buildah('push --tls-verify=false --format v2s2', image)
    const { mediaType, content } = await client.registry.manifest('bu/docker', '1')
    expect(mediaType).toBe(dockerTypes.manifest)
    const config = await client.registry.blob('bu/docker', content.config?.digest ?? '')
    expect(JSON.parse(new TextDecoder().decode(config)).config.Labels['made-by']).toBe('buildah')
  })

  test('a program in an image that buildah pulled runs', async () => {
    const image = `${client.host}/bu/bash:1`
    const id = await buildah('pull --quiet', local('bash'))
    await buildah('push --tls-verify=false', id, image)
    await buildahIn('runner', 'pull --tls-verify=false', image)
    const folder = await buildahIn('runner', 'mount', await buildahIn('runner', 'from --pull-never', image))
    const run = Bun.spawnSync([`${folder}/bin/busybox`, 'echo', 'it runs'])
    expect(run.stdout.toString()).toBe('it runs\n')
  })

  test('buildah builds on an image that it pulls from the registry', async () => {
    const base = await buildFromScratch('bu/base:1', 'base\n')
    await buildah('push --tls-verify=false', base)
    const context = client.path('context')
    await Bun.write(`${context}/added.txt`, 'added\n')
    await Bun.write(`${context}/Containerfile`, `FROM ${base}\nCOPY added.txt /added.txt\n`)
    const image = `${client.host}/bu/derived:1`
    await buildahIn('builder', 'build --quiet --tls-verify=false --layers --tag', image, context)
    await buildahIn('builder', 'push --tls-verify=false', image)
    const parent = await client.registry.manifest('bu/base', '1')
    const derived = await client.registry.manifest('bu/derived', '1')
    expect(derived.content.layers).toHaveLength((parent.content.layers?.length ?? 0) + 1)
    await client.registry.parts('bu/derived', '1')
  })

  test('buildah pushes a manifest list with all its images', async () => {
    await buildah('manifest create list')
    await buildah('manifest add --all list', local('busybox'))
    await buildah('manifest push --all --tls-verify=false list', `docker://${client.host}/bu/list:oci`)
    await buildah('manifest push --all --tls-verify=false --format v2s2 list', `docker://${client.host}/bu/list:docker`)

    const oci = await client.registry.manifest('bu/list', 'oci')
    expect(oci.mediaType).toBe(mediaTypes.index)
    expect(await client.registry.parts('bu/list', 'oci')).toHaveLength(9)
    expect(await client.registry.configs('bu/list', 'oci')).toEqual(await client.images.configs(client.images.busybox))

    const docker = await client.registry.manifest('bu/list', 'docker')
    expect(docker.mediaType).toBe(dockerTypes.list)
    expect(docker.content.manifests?.map(child => child.mediaType)).toEqual([
      dockerTypes.manifest,
      dockerTypes.manifest,
    ])
    expect(await client.registry.parts('bu/list', 'docker')).toHaveLength(9)
  })

  test('buildah makes a list of images that are in the registry already', async () => {
    const image = await buildFromScratch('bu/member:1', 'member\n')
    await buildah('push --tls-verify=false', image)
    await buildah('manifest create members')
    await buildah('manifest add --tls-verify=false members', `docker://${image}`)
    await buildah('manifest push --all --tls-verify=false members', `docker://${client.host}/bu/member:list`)
    const member = await client.registry.manifest('bu/member', '1')
    const { content } = await client.registry.manifest('bu/member', 'list')
    expect(content.manifests?.map(child => child.digest)).toEqual([member.digest])
  })

  test('the digest of a manifest list pushed by buildah is that of the bytes it keeps', async () => {
    await buildah('manifest create digested')
    await buildah('manifest add --all digested', local('busybox'))
    const digestFile = client.path('digested.digest')
    const target = `docker://${client.host}/bu/digested:1`
    await buildah('manifest push --all --tls-verify=false --digestfile', digestFile, 'digested', target)
    const raw = await client.registry.manifest('bu/digested', '1')
    expect(await Bun.file(digestFile).text()).toBe(raw.digest)
  })
})
