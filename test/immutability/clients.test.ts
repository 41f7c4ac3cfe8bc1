import { expect, test } from 'bun:test'
import { interop } from '../interop/interop.ts'
import { apiOf } from '../support/sign-in.ts'

const REASON = 'is immutable by the rule'

/** The first push makes the tag, and the second, of another image, is refused: what the client then shows. */
interop('crane over an immutable tag', ['crane'], client => {
  test('crane shows the reason, pushes the same again, and neither tags over it nor deletes it', async () => {
    const api = apiOf(client.berth.url)
    await api('POST', '/projects', { name: 'cl' })
    await api('PUT', '/projects/cl/immutability-rules/releases', { tags: [{ glob: 'v*' }] })
    const remote = (name: string) => `${client.host}/cl/${name}`
    const { layout, bash, busybox } = client.images
    await client.run('crane --insecure push --index', [layout, remote('app:layout')])
    const tag = (digest: string) => [remote(`app@${digest}`), 'v1']
    await client.run('crane --insecure tag', tag(bash.digest))
    await client.run('crane --insecure tag', tag(bash.digest))
    const moved = await client.runToFail('crane --insecure tag', tag(busybox.digest))
    expect(moved.stderr).toContain(REASON)
    const copied = await client.runToFail('crane --insecure copy', [remote('app:layout'), remote('app:v1')])
    expect(copied.stderr).toContain(REASON)
    const deleted = await client.runToFail('crane --insecure delete', [remote(`app@${bash.digest}`)])
    expect(deleted.stderr).toMatch(/immutable|names manifest/)
    const { stdout } = await client.run('crane --insecure digest', [remote('app:v1')])
    expect(stdout.trim()).toBe(bash.digest)
  })
})

interop('oras over an immutable tag', ['oras'], client => {
  test('oras shows the reason', async () => {
    const api = apiOf(client.berth.url)
    await api('POST', '/projects', { name: 'cl' })
    await api('PUT', '/projects/cl/immutability-rules/releases', { tags: [{ glob: 'v*' }] })
    const copy = (image: string) => ['--to-plain-http', `${client.images.layout}:${image}`, `${client.host}/cl/app:v1`]
    await client.run('oras cp --from-oci-layout', copy('bash'))
    await client.run('oras cp --from-oci-layout', copy('bash'))
    const moved = await client.runToFail('oras cp --from-oci-layout', copy('busybox'))
    expect(moved.stderr).toContain(REASON)
    const deleted = await client.runToFail('oras manifest delete --plain-http --force', [`${client.host}/cl/app:v1`])
    expect(deleted.stderr).toContain('immutable')
  })
})

interop('skopeo over an immutable tag', ['skopeo'], client => {
  test('skopeo shows the reason', async () => {
    const api = apiOf(client.berth.url)
    await api('POST', '/projects', { name: 'cl' })
    await api('PUT', '/projects/cl/immutability-rules/releases', { tags: [{ glob: 'v*' }] })
    const copy = (image: string) => [
      '--dest-tls-verify=false',
      '--preserve-digests',
      `oci:${client.images.layout}:${image}`,
      `docker://${client.host}/cl/app:v1`,
    ]
    await client.run('skopeo copy', copy('bash'))
    await client.run('skopeo copy', copy('bash'))
    const moved = await client.runToFail('skopeo copy', copy('busybox'))
    expect(moved.stderr).toContain(REASON)
  })
})
