import { expect, test } from 'bun:test'
import { readdir } from 'node:fs/promises'
import { mediaTypes, sha256 } from './images/oci-layout.ts'
import { interop } from './interop.ts'
import { dockerTypes } from './registry-reader.ts'

interop('skopeo', ['skopeo'], client => {
  const local = (tag: string) => `oci:${client.images.layout}:${tag}`
  const remote = (name: string) => `docker://${client.host}/${name}`
  const skopeo = async (words: string, ...args: string[]) => (await client.run(`skopeo ${words}`, args)).stdout
  // Without --preserve-digests skopeo may put in a layer that it knows to be in the registry, compressed differently.
  const push = (tag: string, name: string, ...flags: string[]) =>
    skopeo('copy --dest-tls-verify=false --preserve-digests', ...flags, local(tag), remote(name))
  const pushAsDocker = (tag: string, name: string, ...flags: string[]) =>
    skopeo('copy --dest-tls-verify=false --format v2s2', ...flags, local(tag), remote(name))
  const pull = (name: string, target: string, ...flags: string[]) =>
    skopeo('copy --src-tls-verify=false', ...flags, remote(name), target)

  test('an OCI image pushed with skopeo is stored digest for digest', async () => {
    await push('bash', 'sk/push:1')
    expect(await client.registry.parts('sk/push', '1')).toEqual(await client.images.parts(client.images.bash))
  })

  test('skopeo pulls an image byte for byte', async () => {
    await push('bash', 'sk/pull:1')
    const folder = client.path('sk-pull')
    await pull('sk/pull:1', `dir:${folder}`)
    const [manifest, ...blobs] = await client.images.parts(client.images.bash)
    expect(sha256(await Bun.file(`${folder}/manifest.json`).bytes())).toBe(manifest ?? '')
    for (const digest of blobs) {
      const bytes = await Bun.file(`${folder}/${digest.replace('sha256:', '')}`).bytes()
      expect(Buffer.compare(bytes, await client.images.blob(digest))).toBe(0)
    }
  })

  test('skopeo pushes an image as Docker schema 2 and pulls it back', async () => {
    await pushAsDocker('bash', 'sk/docker:1')
    const stored = await client.registry.manifest('sk/docker', '1')
    expect(stored.mediaType).toBe(dockerTypes.manifest)
    expect(stored.content.mediaType).toBe(dockerTypes.manifest)
    expect(await client.registry.parts('sk/docker', '1')).toHaveLength(7)
    expect(await client.registry.configs('sk/docker', '1')).toEqual(await client.images.configs(client.images.bash))
    const folder = client.path('sk-docker')
    await pull('sk/docker:1', `dir:${folder}`)
    expect(sha256(await Bun.file(`${folder}/manifest.json`).bytes())).toBe(stored.digest)
  })

  test('skopeo copies every platform of an index', async () => {
    await push('busybox', 'sk/all:1', '--all')
    const expected = await client.images.parts(client.images.busybox)
    expect(await client.registry.parts('sk/all', '1')).toEqual(expected)
    const folder = client.path('sk-all')
    await pull('sk/all:1', `dir:${folder}`, '--all')
    const files = await readdir(folder)
    for (const digest of expected.slice(1)) {
      expect(files.some(name => name.startsWith(digest.replace('sha256:', '')))).toBe(true)
    }
  })

  test('skopeo pushes an index as a Docker manifest list', async () => {
    await pushAsDocker('busybox', 'sk/list:1', '--all')
    const { mediaType, content } = await client.registry.manifest('sk/list', '1')
    expect(mediaType).toBe(dockerTypes.list)
    expect(content.manifests?.map(child => child.mediaType)).toEqual([dockerTypes.manifest, dockerTypes.manifest])
    expect(content.manifests?.map(child => child.platform?.architecture)).toEqual(['amd64', 'arm64'])
    expect(await client.registry.parts('sk/list', '1')).toHaveLength(9)
  })

  test('skopeo picks the platform that it is asked for', async () => {
    await push('busybox', 'sk/platform:1', '--all')
    const config = await skopeo('inspect --config --tls-verify=false --override-arch arm64', remote('sk/platform:1'))
    expect(JSON.parse(config).architecture).toBe('arm64')
  })

  test('skopeo pushes layers compressed with zstd', async () => {
    await push('zstd', 'sk/zstd:1')
    const { content } = await client.registry.manifest('sk/zstd', '1')
    expect(content.layers?.map(layer => layer.mediaType)).toEqual([
      `${mediaTypes.layer}+zstd`,
      `${mediaTypes.layer}+zstd`,
    ])
    expect(await client.registry.parts('sk/zstd', '1')).toEqual(await client.images.parts(client.images.zstd))
  })

  test('skopeo inspects the manifest byte for byte', async () => {
    await push('busybox', 'sk/inspect:1', '--all')
    const raw = await skopeo('inspect --raw --tls-verify=false', remote('sk/inspect:1'))
    expect(sha256(raw)).toBe(client.images.busybox.digest)
    const pinned = remote(`sk/inspect@${client.images.busybox.digest}`)
    const byDigest = await skopeo('inspect --raw --tls-verify=false', pinned)
    expect(byDigest).toBe(raw)
  })

  test('skopeo inspects an image and its tags', async () => {
    await push('bash', 'sk/details:1')
    await push('zstd', 'sk/details:2')
    const details = JSON.parse(await skopeo('inspect --tls-verify=false', remote('sk/details:1')))
    expect(details.Digest).toBe(client.images.bash.digest)
    expect(details.RepoTags).toEqual(['1', '2'])
    expect(details.Layers).toEqual((await client.images.parts(client.images.bash)).slice(2))
  })

  test('skopeo lists the tags of a repository in order', async () => {
    for (const tag of ['2', '10', 'latest', '1']) await push('zstd', `sk/tags:${tag}`)
    const listed = JSON.parse(await skopeo('list-tags --tls-verify=false', remote('sk/tags')))
    expect(listed.Tags).toEqual(['1', '10', '2', 'latest'])
  })

  test('skopeo copies from one repository to another', async () => {
    await push('busybox', 'sk/from:1', '--all')
    await skopeo(
      'copy --all --preserve-digests --src-tls-verify=false --dest-tls-verify=false',
      remote('sk/from:1'),
      remote('sk/to:2'),
    )
    expect(await client.registry.parts('sk/to', '2')).toEqual(await client.images.parts(client.images.busybox))
  })

  test('skopeo deletes an image, and only in its own repository', async () => {
    await push('bash', 'sk/delete:1')
    await push('zstd', 'sk/delete:2')
    await push('bash', 'sk/keep:1')
    await skopeo('delete --tls-verify=false', remote('sk/delete:1'))
    expect(await client.registry.status('sk/delete', '1')).toBe(404)
    expect(await client.registry.status('sk/delete', client.images.bash.digest)).toBe(404)
    expect(await client.registry.tags('sk/delete')).toEqual(['2'])
    expect(await client.registry.parts('sk/keep', '1')).toEqual(await client.images.parts(client.images.bash))
  })

  test('skopeo says that an image does not exist', async () => {
    await push('zstd', 'sk/exists:1')
    const tag = await client.runToFail('skopeo inspect --tls-verify=false', [remote('sk/exists:none')])
    expect(tag.stderr).toContain('manifest unknown')
    const repository = await client.runToFail('skopeo list-tags --tls-verify=false', [remote('sk/nothing')])
    expect(repository.stderr).toContain('404')
  })

  test('skopeo synchronises a repository to a folder and back', async () => {
    await push('bash', 'sk/sync:1')
    await push('busybox', 'sk/sync:2', '--all')
    const folder = client.path('sk-sync')
    await skopeo(
      'sync --all --preserve-digests --src docker --dest dir --src-tls-verify=false',
      `${client.host}/sk/sync`,
      folder,
    )
    expect((await readdir(folder)).sort()).toEqual(['sync:1', 'sync:2'])
    await skopeo(
      'sync --all --preserve-digests --src dir --dest docker --dest-tls-verify=false',
      folder,
      `${client.host}/sk/back`,
    )
    expect(await client.registry.parts('sk/back/sync', '1')).toEqual(await client.images.parts(client.images.bash))
    expect(await client.registry.parts('sk/back/sync', '2')).toEqual(await client.images.parts(client.images.busybox))
  })

  test('skopeo saves an image as an archive that docker load reads', async () => {
    await pushAsDocker('bash', 'sk/archive:1')
    const archive = client.path('sk-archive.tar')
    await pull('sk/archive:1', `docker-archive:${archive}:archive:1`)
    const config = JSON.parse(await skopeo('inspect --config', `docker-archive:${archive}`))
    const [, configDigest] = await client.images.parts(client.images.bash)
    expect(config).toEqual(JSON.parse(new TextDecoder().decode(await client.images.blob(configDigest ?? ''))))
  })
})
