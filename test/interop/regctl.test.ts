import { expect, test } from 'bun:test'
import { digestOf, mediaTypes, sha256 } from './images/oci-layout.ts'
import { interop } from './interop.ts'
import { dockerTypes } from './registry-reader.ts'

const sbomType = 'application/vnd.example.sbom+json'

interop('regctl', ['regctl'], client => {
  const regctl = async (words: string, args: string[] = [], stdin?: string) => {
    const command = `regctl --host reg=${client.host},tls=disabled ${words}`
    return (await client.run(command, args, { stdin })).stdout.trim()
  }
  const remote = (name: string) => `${client.host}/${name}`
  const push = async (image: 'bash' | 'busybox' | 'zstd', name: string): Promise<string> => {
    await regctl('image copy', [`ocidir://${client.images.layout}:${image}`, remote(name)])
    return remote(name)
  }
  const putReferrer = async (subject: string, text: string): Promise<string> =>
    regctl(
      `artifact put --artifact-type ${sbomType} --format {{.Manifest.GetDescriptor.Digest}} --subject`,
      [subject],
      text,
    )

  test('regctl copies images to the registry and back byte for byte', async () => {
    for (const image of ['bash', 'busybox', 'zstd'] as const) {
      const expected = await client.images.parts(client.images[image])
      await push(image, `re/push:${image}`)
      expect(await client.registry.parts('re/push', image)).toEqual(expected)
      const folder = client.path('re-pull', image)
      await regctl('image copy', [remote(`re/push:${image}`), `ocidir://${folder}:1`])
      for (const digest of expected) {
        const bytes = await Bun.file(`${folder}/blobs/${digest.replace(':', '/')}`).bytes()
        expect(Buffer.compare(bytes, await client.images.blob(digest))).toBe(0)
      }
    }
  })

  test('regctl reads the head of a manifest', async () => {
    const image = await push('busybox', 're/head:1')
    expect(await regctl('manifest head', [image])).toBe(client.images.busybox.digest)
    const headers = await regctl('manifest head --format raw-headers', [image])
    expect(headers).toContain(`Content-Type: ${mediaTypes.index}`)
    expect(headers).toContain(`Content-Length: ${client.images.busybox.size}`)
    const arm = await regctl('manifest get --platform linux/arm64 --format {{.GetDescriptor.Digest}}', [image])
    expect(await client.images.parts(client.images.busybox)).toContain(arm)
  })

  test('regctl lists tags, also in pages', async () => {
    for (const tag of ['3', '1', '2', '4']) await push('zstd', `re/tags:${tag}`)
    expect(await regctl('tag ls', [remote('re/tags')])).toBe('1\n2\n3\n4')
    expect(await regctl('tag ls --limit 2', [remote('re/tags')])).toBe('1\n2')
    expect(await regctl('tag ls --limit 2 --last 2', [remote('re/tags')])).toBe('3\n4')
  })

  test('regctl lists repositories, also in pages', async () => {
    for (const name of ['re/list/a', 're/list/b', 're/list/c']) await push('zstd', `${name}:1`)
    const all = (await regctl('repo ls', [client.host])).split('\n')
    expect(all).toContain('re/list/b')
    expect(await regctl('repo ls --limit 2 --last re/list/a', [client.host])).toBe('re/list/b\nre/list/c')
  })

  test('regctl pushes a blob in chunks', async () => {
    const text = 'chunk after chunk '.repeat(20_000)
    const home = { HOME: client.path('re-home') }
    const settings = ['--tls', 'disabled', '--blob-chunk', '65536', '--blob-max', '65536', '--skip-check', client.host]
    await client.run('regctl registry set', settings, { env: home })
    const put = await client.run('regctl -v trace blob put', [remote('re/chunks')], { env: home, stdin: text })
    expect(put.stdout.trim()).toBe(sha256(text))
    expect(put.stderr.match(/req-method=PATCH/g)).toHaveLength(6)
    expect(new TextDecoder().decode(await client.registry.blob('re/chunks', sha256(text)))).toBe(text)
  })

  test('regctl pushes a blob in one request, and copies, heads and deletes it', async () => {
    const text = 'one request'
    const digest = await regctl('blob put', [remote('re/blob')], text)
    expect(digest).toBe(sha256(text))
    await regctl('blob copy', [remote('re/blob'), remote('re/blob-copy'), digest])
    expect(await regctl('blob get', [remote('re/blob-copy'), digest])).toBe(text)
    await regctl('blob head', [remote('re/blob-copy'), digest])
    await regctl('blob delete', [remote('re/blob'), digest])
    const flags = `regctl --host reg=${client.host},tls=disabled`
    await client.runToFail(`${flags} blob head`, [remote('re/blob'), digest])
  })

  test('regctl pushes content under SHA-512 digests', async () => {
    const image = await push('bash', 're/sha512:1')
    await regctl('image mod --digest-algo sha512 --create', [remote('re/sha512:2'), image])
    const { content } = await client.registry.manifest('re/sha512', '2')
    const layers = content.layers ?? []
    expect(layers).toHaveLength(5)
    for (const layer of layers) expect(layer.digest).toStartWith('sha512:')
    const original = (await client.images.parts(client.images.bash)).slice(2)
    const expected = await Promise.all(original.map(async part => digestOf(await client.images.blob(part), 'sha512')))
    expect(layers.map(layer => layer.digest)).toEqual(expected)
    await client.registry.parts('re/sha512', '2')
  })

  test('regctl converts an image to Docker types', async () => {
    const image = await push('busybox', 're/docker:1')
    await regctl('image mod --to-docker --create', [remote('re/docker:2'), image])
    const { mediaType, content } = await client.registry.manifest('re/docker', '2')
    expect(mediaType).toBe(dockerTypes.list)
    expect(content.manifests?.map(child => child.mediaType)).toEqual([dockerTypes.manifest, dockerTypes.manifest])
    await client.registry.parts('re/docker', '2')
  })

  test('regctl makes an index of chosen platforms', async () => {
    const image = await push('busybox', 're/index:1')
    await regctl('index create --platform linux/arm64 --ref', [image, remote('re/index:2')])
    const { content } = await client.registry.manifest('re/index', '2')
    expect(content.manifests?.map(child => child.platform?.architecture)).toEqual(['arm64'])
  })

  test('regctl stores an artifact and gets it back', async () => {
    await regctl('artifact put --artifact-type application/vnd.example.thing', [remote('re/artifact:1')], 'a thing')
    expect(await regctl('artifact get', [remote('re/artifact:1')])).toBe('a thing')
    expect((await client.registry.manifest('re/artifact', '1')).content.artifactType).toBe(
      'application/vnd.example.thing',
    )
  })

  test('regctl lists and gets what refers to an image', async () => {
    const image = await push('busybox', 're/subject:1')
    const digest = await putReferrer(image, '{"sbom":"regctl"}')
    const listed = await regctl('artifact list --format {{range.Descriptors}}{{.Digest}}{{end}}', [image])
    expect(listed).toBe(digest)
    expect((await client.registry.referrers('re/subject', client.images.busybox.digest))[0]?.artifactType).toBe(
      sbomType,
    )
    expect(await regctl(`artifact get --filter-artifact-type ${sbomType} --subject`, [image])).toBe('{"sbom":"regctl"}')
    expect(await regctl('artifact tree', [image])).toContain(digest)
    // With the referrers API there, no tag stands in for it.
    expect(await client.registry.tags('re/subject')).toEqual(['1'])
  })

  test('regctl copies an image with its referrers and its digest tags', async () => {
    const image = await push('busybox', 're/from:1')
    const digest = await putReferrer(image, '{"sbom":"copied"}')
    const digestTag = `${client.images.busybox.digest.replace(':', '-')}.note`
    await regctl('artifact put --artifact-type application/vnd.example.note', [remote(`re/from:${digestTag}`)], 'note')
    await regctl('image copy --referrers --digest-tags', [image, remote('re/to:1')])
    expect(await client.registry.parts('re/to', '1')).toEqual(await client.images.parts(client.images.busybox))
    const copied = await client.registry.referrers('re/to', client.images.busybox.digest)
    expect(copied.map(referrer => referrer.digest)).toEqual([digest])
    expect(await client.registry.tags('re/to')).toEqual(['1', digestTag])
  })

  test('regctl exports an image and imports it elsewhere', async () => {
    const archive = client.path('re-export.tar')
    await regctl('image export', [await push('busybox', 're/export:1'), archive])
    await regctl('image import', [remote('re/import:1'), archive])
    expect(await client.registry.parts('re/import', '1')).toEqual(await client.images.parts(client.images.busybox))
  })

  test('regctl copies a whole repository', async () => {
    await push('bash', 're/whole:1')
    await push('busybox', 're/whole:2')
    await regctl('repo copy', [remote('re/whole'), remote('re/whole-copy')])
    expect(await client.registry.tags('re/whole-copy')).toEqual(['1', '2'])
    expect(await client.registry.parts('re/whole-copy', '2')).toEqual(await client.images.parts(client.images.busybox))
  })

  test('regctl deletes a tag and leaves its manifest, and deletes a manifest with all its tags', async () => {
    for (const tag of ['1', '2', '3']) await push('bash', `re/delete:${tag}`)
    await regctl('tag delete', [remote('re/delete:1')])
    expect(await client.registry.tags('re/delete')).toEqual(['2', '3'])
    expect(await client.registry.status('re/delete', client.images.bash.digest)).toBe(200)
    await regctl('manifest delete', [remote(`re/delete@${client.images.bash.digest}`)])
    for (const reference of ['2', '3', client.images.bash.digest]) {
      expect(await client.registry.status('re/delete', reference)).toBe(404)
    }
  })
})
