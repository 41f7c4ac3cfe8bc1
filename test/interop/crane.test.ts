import { expect, test } from 'bun:test'
import { $ } from 'bun'
import { mediaTypes, sha256 } from './images/oci-layout.ts'
import { interop } from './interop.ts'

interop('crane', ['crane'], client => {
  const crane = async (words: string, ...args: string[]) =>
    (await client.run(`crane --insecure ${words}`, args)).stdout.trim()
  const remote = (name: string) => `${client.host}/${name}`

  /** Pushes the whole layout as one index, and gives one of its images a tag. */
  const push = async (image: 'bash' | 'busybox' | 'zstd', repository: string, tag: string): Promise<string> => {
    await crane('push --index', client.images.layout, remote(`${repository}:layout`))
    await crane('tag', remote(`${repository}@${client.images[image].digest}`), tag)
    return remote(`${repository}:${tag}`)
  }
  /** A tar archive with one file. */
  const archive = async (name: string, text: string): Promise<string> => {
    const folder = client.path(`crane-${name}`)
    await Bun.write(`${folder}/${name}.txt`, text)
    await $`tar --create --file ${folder}.tar --directory ${folder} ${name}.txt`.quiet()
    return `${folder}.tar`
  }

  test('crane pushes an OCI layout as one index', async () => {
    const pushed = await crane('push --index', client.images.layout, remote('cr/layout:1'))
    const index = await Bun.file(`${client.images.layout}/index.json`).bytes()
    expect(pushed).toBe(remote(`cr/layout@${sha256(index)}`))
    const { bash, busybox, zstd } = client.images
    const expected = await Promise.all([bash, busybox, zstd].map(client.images.parts))
    expect(await client.registry.parts('cr/layout', '1')).toEqual([sha256(index), ...expected.flat()])
  })

  test('crane pulls an image into a layout byte for byte', async () => {
    const image = await push('bash', 'cr/pull', '1')
    const folder = client.path('cr-pull')
    await crane('pull --format=oci', image, folder)
    for (const digest of await client.images.parts(client.images.bash)) {
      const bytes = await Bun.file(`${folder}/blobs/${digest.replace(':', '/')}`).bytes()
      expect(Buffer.compare(bytes, await client.images.blob(digest))).toBe(0)
    }
  })

  test('crane takes an image through a docker archive', async () => {
    const image = await push('bash', 'cr/archive', '1')
    const tarball = client.path('cr-archive.tar')
    await crane('pull --format=tarball', image, tarball)
    await crane('push', tarball, remote('cr/archive:2'))
    expect(await client.registry.configs('cr/archive', '2')).toEqual(await client.images.configs(client.images.bash))
    await client.registry.parts('cr/archive', '2')
  })

  test('crane validates every layer of every platform', async () => {
    for (const image of ['bash', 'busybox'] as const) {
      const { stdout, stderr } = await client.run('crane --insecure validate --remote', [
        await push(image, 'cr/validate', image),
      ])
      expect(stdout + stderr).toContain('PASS')
    }
  })

  test('crane copies to another repository with the same digest', async () => {
    const image = await push('busybox', 'cr/from', '1')
    await crane('copy', image, remote('cr/to:2'))
    expect(await crane('digest', remote('cr/to:2'))).toBe(client.images.busybox.digest)
    expect(await client.registry.parts('cr/to', '2')).toEqual(await client.images.parts(client.images.busybox))
  })

  test('crane copies one platform, or every tag', async () => {
    const image = await push('busybox', 'cr/source', '1')
    await crane('--platform linux/arm64 copy', image, remote('cr/arm:1'))
    const config = JSON.parse(await crane('config', remote('cr/arm:1')))
    expect(config.architecture).toBe('arm64')
    await crane('copy --all-tags', remote('cr/source'), remote('cr/everything'))
    expect(await client.registry.tags('cr/everything')).toEqual(['1', 'layout'])
  })

  test('crane lists tags and repositories', async () => {
    await push('bash', 'cr/listed', 'b')
    await push('zstd', 'cr/listed', 'a')
    expect((await crane('ls', remote('cr/listed'))).split('\n')).toEqual(['a', 'b', 'layout'])
    const repositories = (await crane('catalog', client.host)).split('\n')
    expect(repositories).toContain('cr/listed')
    expect(repositories).toEqual(repositories.toSorted())
  })

  test('crane reads manifests, digests and blobs as they were written', async () => {
    const image = await push('bash', 'cr/read', '1')
    const [digest = '', config = '', layer = ''] = await client.images.parts(client.images.bash)
    expect(await crane('digest', image)).toBe(digest)
    expect(sha256(await crane('manifest', image))).toBe(digest)
    expect(sha256(await crane('config', image))).toBe(config)
    const blob = await $`${client.tool('crane')} --insecure blob ${remote(`cr/read@${layer}`)}`.quiet().arrayBuffer()
    expect(sha256(new Uint8Array(blob))).toBe(layer)
  })

  test('crane exports the files of an image', async () => {
    const image = await push('bash', 'cr/export', '1')
    const tarball = client.path('cr-export.tar')
    await crane('export', image, tarball)
    const names = await $`tar --list --file ${tarball}`.quiet().text()
    expect(names).toMatch(/^(\.\/)?bin\/busybox$/m)
    expect(names).toMatch(/^(\.\/)?bin\/bash$/m)
  })

  test('crane appends a layer', async () => {
    const image = await push('bash', 'cr/append', '1')
    await crane(
      'append --base',
      image,
      '--new_layer',
      await archive('appended', 'appended\n'),
      '-t',
      remote('cr/append:2'),
    )
    const before = await client.registry.manifest('cr/append', '1')
    const after = await client.registry.manifest('cr/append', '2')
    expect(after.content.layers?.slice(0, -1)).toEqual(before.content.layers ?? [])
    expect(after.content.layers).toHaveLength(6)
    await client.registry.parts('cr/append', '2')
  })

  test('crane makes an image from nothing, of Docker and of OCI types', async () => {
    const layer = await archive('lonely', 'lonely\n')
    await crane('append --new_layer', layer, '-t', remote('cr/new:docker'))
    await crane('append --oci-empty-base --new_layer', layer, '-t', remote('cr/new:oci'))
    const docker = await client.registry.manifest('cr/new', 'docker')
    expect(docker.mediaType).toContain('application/vnd.docker.distribution.manifest.v2')
    expect((await client.registry.manifest('cr/new', 'oci')).mediaType).toBe(mediaTypes.manifest)
  })

  test('crane changes labels and annotations', async () => {
    const image = await push('bash', 'cr/mutate', '1')
    await crane('mutate --label team=harbour --annotation note=moored', image, '-t', remote('cr/mutate:2'))
    const config = JSON.parse(await crane('config', remote('cr/mutate:2')))
    expect(config.config.Labels).toEqual({ team: 'harbour' })
    expect((await client.registry.manifest('cr/mutate', '2')).content.annotations).toEqual({ note: 'moored' })
    expect(await crane('digest', image)).toBe(client.images.bash.digest)
  })

  test('crane flattens an image into one layer', async () => {
    const image = await push('bash', 'cr/flat', '1')
    await crane('flatten', image, '-t', remote('cr/flat:2'))
    expect((await client.registry.manifest('cr/flat', '2')).content.layers).toHaveLength(1)
    await client.registry.parts('cr/flat', '2')
  })

  test('crane appends to an index and filters it', async () => {
    const image = await push('busybox', 'cr/index', '1')
    await push('bash', 'cr/index', 'bash')
    await crane('index append', image, '-m', remote('cr/index:bash'), '-t', remote('cr/index:2'))
    const { content } = await client.registry.manifest('cr/index', '2')
    expect(content.manifests).toHaveLength(3)
    expect(content.manifests?.at(-1)?.digest).toBe(client.images.bash.digest)
    await crane('--platform linux/arm64 index filter', remote('cr/index:2'), '-t', remote('cr/index:arm'))
    const filtered = await client.registry.manifest('cr/index', 'arm')
    expect(filtered.content.manifests?.map(child => child.platform?.architecture)).toEqual(['arm64'])
  })

  test('crane deletes a tag, and the manifest by its digest', async () => {
    const image = await push('bash', 'cr/delete', '1')
    await push('bash', 'cr/delete', '2')
    await crane('delete', image)
    expect(await client.registry.tags('cr/delete')).toEqual(['2', 'layout'])
    expect(await client.registry.status('cr/delete', client.images.bash.digest)).toBe(200)
    // The index that holds the image goes first: a registry may keep what an index needs.
    await crane('delete', remote(`cr/delete@${await crane('digest', remote('cr/delete:layout'))}`))
    await crane('delete', remote(`cr/delete@${client.images.bash.digest}`))
    expect(await client.registry.status('cr/delete', '2')).toBe(404)
    const gone = await client.runToFail('crane --insecure manifest', [remote('cr/delete:2')])
    expect(gone.stderr).toContain('MANIFEST_UNKNOWN')
  })
})
