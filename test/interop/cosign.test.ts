import { beforeAll, expect, test } from 'bun:test'
import { interop } from './interop.ts'

interface Mode {
  name: string
  tool: 'cosign' | 'cosign-v2'
  /** For each command: how to work with this kind of signature and without the public services. */
  sign: string
  attest?: string
  verify: string
  tree?: string
  env?: Record<string, string>
  keeps: 'tags' | 'referrers'
}

const offline2 = '--tlog-upload=false'
const offline3 = '--use-signing-config=false --tlog-upload=false'
const experimental = { COSIGN_EXPERIMENTAL: '1' }

const modes: Mode[] = [
  { name: 'cosign 2 with tags', tool: 'cosign-v2', sign: offline2, attest: offline2, verify: '', keeps: 'tags' },
  {
    name: 'cosign 2 with referrers',
    tool: 'cosign-v2',
    sign: `${offline2} --registry-referrers-mode=oci-1-1`,
    verify: '--experimental-oci11',
    tree: '--experimental-oci11',
    env: experimental,
    keeps: 'referrers',
  },
  {
    name: 'cosign 2 with bundles',
    tool: 'cosign-v2',
    sign: `${offline2} --new-bundle-format`,
    attest: `${offline2} --new-bundle-format`,
    verify: '--new-bundle-format --trusted-root trusted-root.json',
    tree: '--experimental-oci11',
    keeps: 'referrers',
  },
  { name: 'cosign 3 with bundles', tool: 'cosign', sign: offline3, attest: offline3, verify: '', keeps: 'referrers' },
  {
    name: 'cosign 3 with tags',
    tool: 'cosign',
    sign: `${offline3} --new-bundle-format=false`,
    attest: `${offline3} --new-bundle-format=false`,
    verify: '--new-bundle-format=false',
    keeps: 'tags',
  },
  {
    name: 'cosign 3 with referrers',
    tool: 'cosign',
    sign: `${offline3} --new-bundle-format=false --registry-referrers-mode=oci-1-1`,
    verify: '--new-bundle-format=false --experimental-oci11',
    env: experimental,
    keeps: 'referrers',
  },
]

interop('cosign', ['cosign', 'cosign-v2', 'oras'], client => {
  const predicate = { reviewed: true }
  // A proxy that nobody serves: whatever wants to reach the public services of Sigstore fails at once.
  const environment = { COSIGN_PASSWORD: 'secret', HTTPS_PROXY: 'http://127.0.0.1:1' }
  const words = (...parts: string[]) => parts.filter(Boolean).join(' ')

  const sigstore = async (tool: string, command: string, args: string[], env: Record<string, string> = {}) => {
    const options = { cwd: client.path('cosign'), env: { ...environment, ...env } }
    return client.run(words(tool, command), args, options)
  }
  const withMode = (mode: Mode, command: string, ...args: string[]) =>
    sigstore(mode.tool, words(command, '--allow-http-registry'), args, mode.env)
  const pushImage = async (image: 'bash' | 'busybox', repository: string) => {
    const name = `${client.host}/${repository}`
    await client.run('oras cp --from-oci-layout --to-plain-http', [`${client.images.layout}:${image}`, `${name}:1`])
    return { repository, tagged: `${name}:1`, pinned: `${name}@${client.images[image].digest}` }
  }
  const digestTag = (suffix: string) => `${client.images.bash.digest.replace(':', '-')}.${suffix}`
  const keep = async (mode: Mode, repository: string, suffix: string, count: number) => {
    const referrers = await client.registry.referrers(repository, client.images.bash.digest)
    const tags = await client.registry.tags(repository)
    expect(referrers).toHaveLength(mode.keeps === 'referrers' ? count : 0)
    expect(tags.includes(digestTag(suffix))).toBe(mode.keeps === 'tags')
  }

  beforeAll(async () => {
    await Bun.write(client.path('cosign', 'predicate.json'), JSON.stringify(predicate))
    await Bun.write(client.path('cosign', 'sbom.json'), '{"spdxVersion":"SPDX-2.3"}\n')
    const trustedRoot = { mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1' }
    await Bun.write(client.path('cosign', 'trusted-root.json'), JSON.stringify(trustedRoot))
    for (const key of ['mine', 'other']) await sigstore('cosign-v2', 'generate-key-pair --output-key-prefix', [key])
  })

  for (const [number, mode] of modes.entries()) {
    const verify = (what: 'verify' | 'verify-attestation', key: string, image: string) =>
      withMode(mode, words(what, '--insecure-ignore-tlog', mode.verify), '--key', key, image)

    test(`${mode.name} signs an image and verifies it`, async () => {
      const image = await pushImage('bash', `co/sign-${number}`)
      const unsigned = await verify('verify', 'mine.pub', image.tagged).catch((error: Error) => error.message)
      expect(unsigned).toMatch(/no signatures found|no valid bundles exist/)

      await withMode(mode, words('sign --yes --key mine.key', mode.sign), image.pinned)
      const { stdout } = await verify('verify', 'mine.pub', image.tagged)
      expect(stdout).toContain(client.images.bash.digest)
      await keep(mode, image.repository, 'sig', 1)
      const other = verify('verify', 'other.pub', image.tagged)
      await expect(other).rejects.toThrow(
        /no matching signatures|no signatures found|invalid signature|failed to verify/,
      )
      expect((await withMode(mode, words('tree', mode.tree ?? ''), image.tagged)).stdout).toContain('sha256:')
    })

    const attest = mode.attest
    if (attest === undefined) continue
    test(`${mode.name} attests to an image and verifies that`, async () => {
      const image = await pushImage('bash', `co/attest-${number}`)
      await withMode(mode, words('attest --yes --key mine.key --predicate predicate.json', attest), image.pinned)
      await keep(mode, image.repository, 'att', 1)
      const { stdout } = await verify('verify-attestation', 'mine.pub', image.tagged)
      const statement = JSON.parse(Buffer.from(JSON.parse(stdout).payload, 'base64').toString())
      expect(statement.subject[0].digest.sha256).toBe(client.images.bash.digest.replace('sha256:', ''))
      expect(JSON.stringify(statement.predicate)).toContain('reviewed')
    })
  }

  for (const tool of ['cosign', 'cosign-v2'] as const) {
    test(`${tool} attaches a bill of materials and downloads it`, async () => {
      const image = await pushImage('bash', `co/sbom-${tool}`)
      await sigstore(tool, 'attach sbom --allow-http-registry --sbom sbom.json --type spdx', [image.pinned])
      expect(await client.registry.tags(image.repository)).toContain(digestTag('sbom'))
      const { stdout } = await sigstore(tool, 'download sbom --allow-http-registry', [image.tagged])
      expect(stdout).toContain('{"spdxVersion":"SPDX-2.3"}')
    })

    test(`${tool} copies an image with the signatures in its tags`, async () => {
      const image = await pushImage('bash', `co/copy-${tool}`)
      const flags = tool === 'cosign' ? words(offline3, '--new-bundle-format=false') : offline2
      await sigstore(tool, words('sign --yes --allow-http-registry --key mine.key', flags), [image.pinned])
      const copy = `${client.host}/co/copied-${tool}:1`
      await sigstore(tool, 'copy --allow-http-registry', [image.tagged, copy])
      const verify = words('verify --allow-http-registry --insecure-ignore-tlog --key mine.pub')
      const old = tool === 'cosign' ? '--new-bundle-format=false' : ''
      expect((await sigstore(tool, words(verify, old), [copy])).stdout).toContain(client.images.bash.digest)
    })
  }

  test('a signature among the referrers goes along when oras copies the image', async () => {
    const image = await pushImage('bash', 'co/referred')
    await sigstore('cosign', words('sign --yes --allow-http-registry --key mine.key', offline3), [image.pinned])
    const copy = `${client.host}/co/referred-copy:1`
    await client.run('oras cp -r --from-plain-http --to-plain-http', [image.tagged, copy])
    const { stdout } = await sigstore('cosign', 'verify --allow-http-registry --insecure-ignore-tlog --key mine.pub', [
      copy,
    ])
    expect(stdout).toContain(client.images.bash.digest)
  })

  test('cosign signs an index and each of its images', async () => {
    const image = await pushImage('busybox', 'co/recursive')
    await sigstore('cosign', words('sign --yes --recursive --allow-http-registry --key mine.key', offline3), [
      image.pinned,
    ])
    const { content } = await client.registry.manifest('co/recursive', '1')
    const members = (content.manifests ?? []).map(child => child.digest)
    expect(members).toHaveLength(2)
    for (const digest of [client.images.busybox.digest, ...members]) {
      expect(await client.registry.referrers('co/recursive', digest)).toHaveLength(1)
      const verify = 'verify --allow-http-registry --insecure-ignore-tlog --key mine.pub'
      await sigstore('cosign', verify, [`${client.host}/co/recursive@${digest}`])
    }
  })

  test('cosign saves a signed image and loads it elsewhere', async () => {
    const image = await pushImage('bash', 'co/saved')
    await sigstore('cosign-v2', words('sign --yes --allow-http-registry --key mine.key', offline2), [image.pinned])
    await sigstore('cosign-v2', 'save --allow-http-registry --dir saved', [image.tagged])
    const loaded = `${client.host}/co/loaded:1`
    await sigstore('cosign-v2', 'load --allow-http-registry --dir saved', [loaded])
    const verify = 'verify --allow-http-registry --insecure-ignore-tlog --key mine.pub'
    expect((await sigstore('cosign-v2', verify, [loaded])).stdout).toContain(client.images.bash.digest)
  })

  test('cosign removes the signatures that it keeps in tags', async () => {
    const image = await pushImage('bash', 'co/clean')
    await sigstore('cosign-v2', words('sign --yes --allow-http-registry --key mine.key', offline2), [image.pinned])
    await sigstore('cosign-v2', 'clean --force --allow-http-registry', [image.tagged])
    expect(await client.registry.tags('co/clean')).toEqual(['1'])
  })
})
