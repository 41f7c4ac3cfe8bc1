import { expect, test } from 'bun:test'
import { mediaTypes, sha256 } from './images/oci-layout.ts'
import { interop } from './interop.ts'

const sbomType = 'application/vnd.example.sbom+json'
const signatureType = 'application/vnd.example.signature'

interop('oras', ['oras'], client => {
  const folder = () => client.path('oras')
  const oras = async (words: string, ...args: string[]) =>
    (await client.run(`oras ${words}`, args, { cwd: folder() })).stdout.trim()
  const remote = (name: string) => `${client.host}/${name}`
  const file = async (name: string, text: string): Promise<string> => {
    await Bun.write(`${folder()}/${name}`, text)
    return name
  }
  const pushImage = async (image: 'bash' | 'busybox', name: string): Promise<string> => {
    await file('.keep', '')
    await oras('cp --from-oci-layout --to-plain-http', `${client.images.layout}:${image}`, remote(name))
    return remote(name)
  }
  /** Attaches a document and gives the digest of the artifact that holds it. */
  const attach = async (subject: string, type: string, text: string, ...flags: string[]): Promise<string> => {
    const name = await file(`${sha256(text).slice(7, 15)}.json`, text)
    const format = ['--format', 'json', '--artifact-type', type, ...flags]
    return JSON.parse(await oras('attach --plain-http', ...format, subject, name)).digest
  }

  test('oras pushes files and pulls them byte for byte', async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(65_536))
    await Bun.write(`${folder()}/random.bin`, bytes)
    await file('readme.txt', 'moored\n')
    await oras(
      `push --plain-http --artifact-type application/vnd.example.thing --annotation note=here`,
      ...[remote('or/files:1'), 'random.bin:application/octet-stream', 'readme.txt:text/plain'],
    )
    const { content } = await client.registry.manifest('or/files', '1')
    expect(content.artifactType).toBe('application/vnd.example.thing')
    expect(content.layers?.map(layer => layer.mediaType)).toEqual(['application/octet-stream', 'text/plain'])
    expect(content.annotations).toMatchObject({ note: 'here' })
    await oras('pull --plain-http --output', 'pulled', remote('or/files:1'))
    expect(Buffer.compare(await Bun.file(`${folder()}/pulled/random.bin`).bytes(), bytes)).toBe(0)
    expect(await Bun.file(`${folder()}/pulled/readme.txt`).text()).toBe('moored\n')
  })

  test('oras pushes a folder and an empty file', async () => {
    await file('tree/a/one.txt', 'one\n')
    await file('tree/empty.txt', '')
    await file('nothing.txt', '')
    await oras('push --plain-http', remote('or/folder:1'), 'tree', 'nothing.txt')
    await oras('pull --plain-http --output', 'folder', remote('or/folder:1'))
    expect(await Bun.file(`${folder()}/folder/tree/a/one.txt`).text()).toBe('one\n')
    expect(await Bun.file(`${folder()}/folder/nothing.txt`).text()).toBe('')
  })

  test('oras pushes with several tags at once, and tags later', async () => {
    await file('tagged.txt', 'tagged\n')
    await oras('push --plain-http', remote('or/tags:a,b'), 'tagged.txt')
    await oras('tag --plain-http', remote('or/tags:a'), 'c', 'd')
    expect((await oras('repo tags --plain-http', remote('or/tags'))).split('\n')).toEqual(['a', 'b', 'c', 'd'])
    expect(await oras('repo tags --plain-http --last b', remote('or/tags'))).toBe('c\nd')
    const digest = await oras('resolve --plain-http', remote('or/tags:d'))
    expect(digest).toBe((await client.registry.manifest('or/tags', 'a')).digest)
  })

  test('oras lists the repositories below a path', async () => {
    await file('listed.txt', 'listed\n')
    for (const name of ['or/below/one', 'or/below/two'])
      await oras('push --plain-http', remote(`${name}:1`), 'listed.txt')
    expect((await oras('repo ls --plain-http', remote('or/below'))).split('\n')).toEqual(['one', 'two'])
    expect((await oras('repo ls --plain-http', client.host)).split('\n')).toContain('or/below/one')
  })

  test('oras copies an index with every platform from a layout', async () => {
    await pushImage('busybox', 'or/index:1')
    const expected = await client.images.parts(client.images.busybox)
    expect(await client.registry.parts('or/index', '1')).toEqual(expected)
    const manifest = await oras('manifest fetch --plain-http --platform linux/arm64 --descriptor', remote('or/index:1'))
    expect(expected).toContain(JSON.parse(manifest).digest)
    expect(sha256(await oras('manifest fetch --plain-http', remote('or/index:1')))).toBe(client.images.busybox.digest)
  })

  test('oras makes an index of what is there', async () => {
    await pushImage('bash', 'or/made:1')
    await pushImage('busybox', 'or/made:2')
    await oras(
      'manifest index create --plain-http --artifact-type application/vnd.example.set',
      remote('or/made:3'),
      '1',
    )
    await oras('manifest index update --plain-http --add 2', remote('or/made:3'))
    const { mediaType, content } = await client.registry.manifest('or/made', '3')
    expect(mediaType).toBe(mediaTypes.index)
    expect(content.manifests?.map(child => child.digest)).toEqual(
      [client.images.bash, client.images.busybox].map(image => image.digest),
    )
  })

  test('oras pushes, fetches and deletes a single blob', async () => {
    const name = await file('blob.txt', 'a blob of its own\n')
    const digest = sha256('a blob of its own\n')
    await oras('blob push --plain-http', remote('or/blob'), name)
    expect(await oras('blob fetch --plain-http --output -', remote(`or/blob@${digest}`))).toBe('a blob of its own')
    const descriptor = await oras('blob fetch --plain-http --descriptor', remote(`or/blob@${digest}`))
    expect(JSON.parse(descriptor)).toMatchObject({ digest, size: 18 })
    await oras('blob delete --plain-http --force', remote(`or/blob@${digest}`))
    await client.runToFail('oras blob fetch --plain-http --output -', [remote(`or/blob@${digest}`)], { cwd: folder() })
  })

  test('what oras attaches is found, filtered and pulled', async () => {
    const image = await pushImage('bash', 'or/attach:1')
    const sbom = await attach(image, sbomType, '{"sbom":1}', '--annotation', 'kind=sbom')
    const signature = await attach(image, signatureType, '{"signature":1}')
    const stored = await client.registry.referrers('or/attach', client.images.bash.digest)
    expect(stored.map(referrer => referrer.digest).toSorted()).toEqual([sbom, signature].toSorted())
    expect(stored.find(referrer => referrer.digest === sbom)?.annotations).toMatchObject({ kind: 'sbom' })

    const all = JSON.parse(await oras('discover --plain-http --format json', image))
    expect(all.referrers.map((found: { digest: string }) => found.digest).toSorted()).toEqual(
      [sbom, signature].toSorted(),
    )
    const some = JSON.parse(await oras('discover --plain-http --format json --artifact-type', sbomType, image))
    expect(some.referrers.map((found: { digest: string }) => found.digest)).toEqual([sbom])
    await oras('pull --plain-http --output', 'attached', remote(`or/attach@${sbom}`))
    expect(await Bun.file(`${folder()}/attached/${sha256('{"sbom":1}').slice(7, 15)}.json`).text()).toBe('{"sbom":1}')
    expect((await client.registry.tags('or/attach')).filter(tag => tag.startsWith('sha256-'))).toEqual([])
  })

  test('oras shows the tree of what is attached to what is attached', async () => {
    const image = await pushImage('bash', 'or/tree:1')
    const sbom = await attach(image, sbomType, '{"sbom":2}')
    const signature = await attach(remote(`or/tree@${sbom}`), signatureType, '{"signature":2}')
    const tree = await oras('discover --plain-http --format tree', image)
    for (const digest of [client.images.bash.digest, sbom, signature]) expect(tree).toContain(digest)
    expect(tree.indexOf(sbom)).toBeLessThan(tree.indexOf(signature))
  })

  test('oras copies an image with everything attached to it', async () => {
    const image = await pushImage('busybox', 'or/deep:1')
    const sbom = await attach(image, sbomType, '{"sbom":3}')
    const signature = await attach(remote(`or/deep@${sbom}`), signatureType, '{"signature":3}')
    await oras('cp -r --from-plain-http --to-plain-http', image, remote('or/copy:1'))
    expect(await client.registry.parts('or/copy', '1')).toEqual(await client.images.parts(client.images.busybox))
    const first = await client.registry.referrers('or/copy', client.images.busybox.digest)
    expect(first.map(referrer => referrer.digest)).toEqual([sbom])
    const second = await client.registry.referrers('or/copy', sbom)
    expect(second.map(referrer => referrer.digest)).toEqual([signature])
  })

  test('oras attaches by the tag scheme where it is told to', async () => {
    const image = await pushImage('bash', 'or/scheme:1')
    const sbom = await attach(image, sbomType, '{"sbom":4}', '--distribution-spec', 'v1.1-referrers-tag')
    const tag = client.images.bash.digest.replace(':', '-')
    const { content } = await client.registry.manifest('or/scheme', tag)
    expect(content.manifests?.map(child => child.digest)).toEqual([sbom])
    // A registry finds what has a subject, however it was pushed.
    const found = await client.registry.referrers('or/scheme', client.images.bash.digest)
    expect(found.map(referrer => referrer.digest)).toEqual([sbom])
  })

  test('oras backs a repository up with its referrers and restores it elsewhere', async () => {
    const image = await pushImage('busybox', 'or/backup:1')
    const sbom = await attach(image, sbomType, '{"sbom":5}')
    await oras('backup --plain-http --include-referrers --output backup.tar', image)
    await oras('restore --plain-http --input backup.tar', remote('or/restored:1'))
    expect(await client.registry.parts('or/restored', '1')).toEqual(await client.images.parts(client.images.busybox))
    const found = await client.registry.referrers('or/restored', client.images.busybox.digest)
    expect(found.map(referrer => referrer.digest)).toEqual([sbom])
  })

  test('what oras deletes is gone, also from the referrers', async () => {
    const image = await pushImage('bash', 'or/delete:1')
    const sbom = await attach(image, sbomType, '{"sbom":6}')
    await oras('manifest delete --plain-http --force', remote(`or/delete@${sbom}`))
    expect(await client.registry.referrers('or/delete', client.images.bash.digest)).toEqual([])
    expect(await client.registry.status('or/delete', sbom)).toBe(404)
    expect(await client.registry.status('or/delete', '1')).toBe(200)
  })
})
