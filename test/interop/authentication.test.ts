import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdir } from 'node:fs/promises'
import { identitiesOf, RIGHTS_COUNT_AFTER_MS, SECURED, type TestIdentities } from '../support/identities.ts'
import { until } from '../support/sign-in.ts'
import { findTool } from '../tools/find-tools.ts'
import { interop } from './interop.ts'

const PASSWORD = 'ada’s own password: "x" & $y'
const READS = 'the reader has one too'

const TOOLS = ['skopeo', 'podman', 'buildah', 'crane', 'oras', 'regctl', 'helm', 'cosign']

/** Real clients against a registry that asks who is calling; each with its own folder for what it remembers. */
interop(
  'clients sign in:',
  TOOLS,
  client => {
    let identities: TestIdentities
    beforeAll(async () => {
      identities = await identitiesOf(client.berth.dataFolder)
      for (const project of ['shop', 'team', 'ci']) await identities.project(project)
      await identities.user('ada', { password: PASSWORD })
      await identities.user('rita', { password: READS })
      for (const project of ['shop', 'team', 'ci']) await identities.grant(project, 'ada', 'maintainer')
      await identities.grant('shop', 'rita', 'reader')
      await identities.tables.projects.update('ci', { pushers: 'pipelines' })
      await Bun.sleep(RIGHTS_COUNT_AFTER_MS)
    })
    afterAll(() => identities[Symbol.asyncDispose]())

    const remote = (name: string) => `${client.host}/${name}`
    const local = (tag: string) => `oci:${client.images.layout}:${tag}`
    /** Where a client keeps its logins. */
    const remembering = (who: string) => ({
      REGISTRY_AUTH_FILE: client.path('logins', who, 'auth.json'),
      DOCKER_CONFIG: client.path('logins', who),
      HELM_REGISTRY_CONFIG: client.path('logins', who, 'helm.json'),
      REGCTL_CONFIG: client.path('logins', who, 'regctl.json'),
    })
    const as = (who: string) => ({
      run: async (command: string, args: string[] = [], stdin?: string) =>
        (
          await client.run(command, args, { env: remembering(who), ...(stdin === undefined ? {} : { stdin }) })
        ).stdout.trim(),
      fail: async (command: string, args: string[] = []) => {
        const { stdout, stderr } = await client.runToFail(command, args, { env: remembering(who) })
        return stdout + stderr
      },
    })
    /** Requests that change something, from the server's log: `POST /v2/… 201`. */
    const changes = (below: string) =>
      client.berth
        .log()
        .split('\n')
        .filter(line => line.startsWith('{'))
        .map(line => JSON.parse(line) as { method?: string; path?: string; status?: number })
        .filter(({ path }) => path?.startsWith(`/v2/${below}/`))
        .map(
          ({ method, path = '', status }) =>
            `${method} ${path.includes('/uploads/') ? 'upload' : 'manifest'} ${status}`,
        )
    /** So many blobs were mounted, and so many sent. */
    const expectMounted = async (below: string, blobs: number, sent = 0) => {
      const mounted = () => changes(below).filter(each => each === 'POST upload 201').length
      const uploaded = () => changes(below).filter(each => /^PUT upload/.test(each)).length
      // A line is written after the answer, that of the manifest last.
      const isWritten = async () =>
        mounted() + uploaded() >= blobs + sent && changes(below).some(each => each === 'PUT manifest 201')
      expect(await until(isWritten)).toBe(true)
      expect([mounted(), uploaded()]).toEqual([blobs, sent])
    }
    const BLOBS_OF_BASH = 6

    describe('skopeo', () => {
      const ada = as('skopeo')
      test('logs in, pushes, pulls, mounts between two private projects, and logs out', async () => {
        await ada.run('skopeo login --tls-verify=false --username ada --password-stdin', [client.host], PASSWORD)
        await ada.run('skopeo copy --dest-tls-verify=false --preserve-digests', [
          local('bash'),
          `docker://${remote('shop/skopeo:1')}`,
        ])
        await ada.run('skopeo copy --src-tls-verify=false --dest-tls-verify=false --preserve-digests', [
          `docker://${remote('shop/skopeo:1')}`,
          `docker://${remote('team/skopeo:1')}`,
        ])
        // The configuration it has in its hands, and sends.
        await expectMounted('team/skopeo', BLOBS_OF_BASH - 1, 1)
        const tags = await ada.run('skopeo list-tags --tls-verify=false', [`docker://${remote('team/skopeo')}`])
        expect(JSON.parse(tags).Tags).toEqual(['1'])
        await ada.run('skopeo logout', [client.host])
        expect(await ada.fail('skopeo inspect --tls-verify=false', [`docker://${remote('shop/skopeo:1')}`])).toMatch(
          /unauthorized|authentication required|nobody is signed in/i,
        )
      })

      test('says why it is refused', async () => {
        const rita = as('skopeo-reader')
        await rita.run('skopeo login --tls-verify=false --username rita --password-stdin', [client.host], READS)
        const push = [
          'skopeo copy --dest-tls-verify=false',
          [local('bash'), `docker://${remote('shop/refused:1')}`],
        ] as const
        expect(await rita.fail(push[0], [...push[1]])).toContain('has no role that allows push in shop/refused')
        const wrong = await as('skopeo-wrong').fail('skopeo login --tls-verify=false --username ada --password wrong', [
          client.host,
        ])
        expect(wrong).toMatch(/invalid username\/password|unauthorized/i)
      })
    })

    describe('crane', () => {
      test('logs in, pushes, mounts between two private projects, and logs out', async () => {
        const ada = as('crane')
        await ada.run('crane auth login -u ada --password-stdin', [client.host], PASSWORD)
        const tarball = client.path('auth-bash.tar')
        await client.run('skopeo copy', [local('bash'), `docker-archive:${tarball}:bash:1`])
        await ada.run('crane --insecure push', [tarball, remote('shop/crane:1')])
        await ada.run('crane --insecure copy', [remote('shop/crane:1'), remote('team/crane:1')])
        await expectMounted('team/crane', BLOBS_OF_BASH)
        expect((await ada.run('crane --insecure catalog', [client.host])).split('\n')).toContain('team/crane')
        await ada.run('crane auth logout', [client.host])
        expect(await ada.fail('crane --insecure manifest', [remote('shop/crane:1')])).toContain('UNAUTHORIZED')
      })

      test('says why it is refused: no role, and a project for pipelines only', async () => {
        const rita = as('crane-reader')
        await rita.run('crane auth login -u rita -p', [READS, client.host])
        const tarball = client.path('auth-refused.tar')
        await client.run('skopeo copy', [local('bash'), `docker-archive:${tarball}:bash:1`])
        expect(await rita.fail('crane --insecure push', [tarball, remote('shop/crane-refused:1')])).toContain(
          'has no role that allows push in shop/crane-refused',
        )
        const ada = as('crane-people')
        await ada.run('crane auth login -u ada -p', [PASSWORD, client.host])
        expect(await ada.fail('crane --insecure push', [tarball, remote('ci/app:1')])).toContain(
          'Only pipelines may push to ci',
        )
        // Nothing is said of a project that is not there, or is none of hers.
        expect(await rita.fail('crane --insecure ls', [remote('team/crane')])).toContain(
          'has no role that allows list in team/crane',
        )
      })

      test('takes a personal token in the place of the password', async () => {
        const { secret } = await identities.token('ada')
        const ada = as('crane-token')
        await ada.run('crane auth login -u ada -p', [secret, client.host])
        await ada.run('crane --insecure push --index', [client.images.layout, remote('shop/by-token:1')])
        expect(await ada.run('crane --insecure ls', [remote('shop/by-token')])).toBe('1')
      })
    })

    describe('podman and buildah', () => {
      const storage = (name: string) => [
        '--root',
        client.path(name, 'root'),
        '--runroot',
        client.path(name, 'run'),
        '--storage-driver',
        'vfs',
      ]
      test('podman logs in, pushes, pulls, and logs out', async () => {
        const ada = as('podman')
        const flags = [...storage('auth-podman'), '--cgroup-manager', 'cgroupfs', '--events-backend', 'file']
        await ada.run(
          'podman',
          [...flags, 'login', '--tls-verify=false', '-u', 'ada', '--password-stdin', client.host],
          PASSWORD,
        )
        const id = await ada.run('podman', [...flags, 'pull', '--quiet', local('bash')])
        await ada.run('podman', [...flags, 'push', '--tls-verify=false', id, remote('shop/podman:1')])
        await ada.run('podman', [...flags, 'rmi', '--force', id])
        expect(
          await ada.run('podman', [...flags, 'pull', '--quiet', '--tls-verify=false', remote('shop/podman:1')]),
        ).toBe(id)
        await ada.run('podman', [...flags, 'logout', client.host])
        const refused = await ada.fail('podman', [...flags, 'push', '--tls-verify=false', id, remote('shop/podman:2')])
        expect(refused).toMatch(/unauthorized|authentication required|nobody is signed in/i)
      })

      test('buildah logs in and pushes what it built', async () => {
        const ada = as('buildah')
        await ada.run(
          'buildah',
          [...storage('auth-buildah'), 'login', '--tls-verify=false', '-u', 'ada', '--password-stdin', client.host],
          PASSWORD,
        )
        const container = await ada.run('buildah', [...storage('auth-buildah'), 'from', 'scratch'])
        await ada.run('buildah', [...storage('auth-buildah'), 'commit', '--quiet', container, 'built'])
        await ada.run('buildah', [
          ...storage('auth-buildah'),
          'push',
          '--tls-verify=false',
          'built',
          `docker://${remote('shop/buildah:1')}`,
        ])
        const refused = await ada.fail('buildah', [
          ...storage('auth-buildah'),
          'push',
          '--tls-verify=false',
          'built',
          `docker://${remote('ci/buildah:1')}`,
        ])
        expect(refused).toContain('Only pipelines may push to ci')
      })
    })

    test('oras logs in, pushes, pulls, copies between two private projects, and logs out', async () => {
      const ada = as('oras')
      await mkdir(client.path('logins', 'oras'), { recursive: true })
      await Bun.write(client.path('auth-oras', 'note.txt'), 'hello')
      await ada.run('oras login --plain-http -u ada --password-stdin', [client.host], PASSWORD)
      await ada.run('oras push --plain-http --disable-path-validation', [
        remote('shop/oras:1'),
        client.path('auth-oras', 'note.txt'),
      ])
      await ada.run('oras cp --from-plain-http --to-plain-http', [remote('shop/oras:1'), remote('team/oras:1')])
      expect(await ada.run('oras repo tags --plain-http', [remote('team/oras')])).toBe('1')
      await expectMounted('team/oras', 2)
      await ada.run('oras logout', [client.host])
      expect(await ada.fail('oras repo tags --plain-http', [remote('team/oras')])).toMatch(/unauthorized|credential/i)
    })

    test('regctl logs in, pushes, mounts between two private projects, and is told why it is refused', async () => {
      const ada = as('regctl')
      await mkdir(client.path('logins', 'regctl'), { recursive: true })
      await ada.run('regctl registry set --tls disabled', [client.host])
      await ada.run('regctl registry login -u ada --pass-stdin', [client.host], PASSWORD)
      await ada.run('regctl image copy', [`ocidir://${client.images.layout}:bash`, remote('shop/regctl:1')])
      await ada.run('regctl image copy', [remote('shop/regctl:1'), remote('team/regctl:1')])
      await expectMounted('team/regctl', BLOBS_OF_BASH)
      const refused = await ada.fail('regctl image copy', [remote('shop/regctl:1'), remote('ci/regctl:1')])
      expect(refused).toMatch(/forbidden|unauthorized|only pipelines/i)
      await ada.run('regctl registry logout', [client.host])
      expect(await ada.fail('regctl tag ls', [remote('team/regctl')])).toMatch(/unauthorized/i)
    })

    test('helm logs in, pushes and pulls a chart, and logs out', async () => {
      const ada = as('helm')
      const folder = client.path('auth-charts', 'moored')
      await Bun.write(`${folder}/Chart.yaml`, 'apiVersion: v2\nname: moored\nversion: 1.0.0\n')
      await ada.run('helm package', [folder, '--destination', client.path('auth-charts')])
      await ada.run('helm registry login --plain-http -u ada --password-stdin', [client.host], PASSWORD)
      await ada.run('helm push --plain-http', [
        client.path('auth-charts', 'moored-1.0.0.tgz'),
        `oci://${remote('shop/charts')}`,
      ])
      expect(
        await ada.run('helm show chart --plain-http --version 1.0.0', [`oci://${remote('shop/charts/moored')}`]),
      ).toContain('name: moored')
      await ada.run('helm registry logout', [client.host])
      const refused = await ada.fail('helm show chart --plain-http --version 1.0.0', [
        `oci://${remote('shop/charts/moored')}`,
      ])
      expect(refused).toMatch(/unauthorized|credential/i)
    })

    test('cosign signs and verifies in a private project', async () => {
      const ada = as('cosign')
      await ada.run('crane auth login -u ada -p', [PASSWORD, client.host])
      await ada.run('crane --insecure push --index', [client.images.layout, remote('shop/cosign:1')])
      const digest = await ada.run('crane --insecure digest', [remote('shop/cosign:1')])
      const image = remote(`shop/cosign@${digest}`)
      const env = { ...remembering('cosign'), COSIGN_PASSWORD: '' }
      const cwd = client.path('logins', 'cosign')
      await client.run('cosign generate-key-pair', [], { env, cwd })
      const flags = ['--allow-insecure-registry', '--allow-http-registry']
      await client.run(
        'cosign sign --yes --use-signing-config=false --tlog-upload=false --key cosign.key',
        [...flags, image],
        { env, cwd },
      )
      const { stdout } = await client.run('cosign verify --insecure-ignore-tlog --key cosign.pub', [...flags, image], {
        env,
        cwd,
      })
      expect(stdout).toContain(digest)
      const stranger = { ...remembering('nobody'), COSIGN_PASSWORD: '' }
      await client.runToFail('cosign verify --insecure-ignore-tlog --key cosign.pub', [...flags, image], {
        env: stranger,
        cwd,
      })
    })

    // The command line alone, as it is where no daemon runs, signs in by itself.
    test.skipIf(findTool('docker') === undefined)('docker logs in, reads a manifest, and logs out', async () => {
      const ada = as('docker')
      const pusher = as('docker-pusher')
      await pusher.run('skopeo login --tls-verify=false --username ada --password-stdin', [client.host], PASSWORD)
      await pusher.run('skopeo copy --dest-tls-verify=false --format v2s2', [
        local('bash'),
        `docker://${remote('shop/docker:1')}`,
      ])
      await ada.run('docker login -u ada --password-stdin', [client.host], PASSWORD)
      const inspected = await ada.run('docker manifest inspect --insecure', [remote('shop/docker:1')])
      expect(JSON.parse(inspected)).toHaveProperty('layers')
      await ada.run('docker logout', [client.host])
      expect(await ada.fail('docker manifest inspect --insecure', [remote('shop/docker:1')])).toMatch(
        /unauthorized|no such manifest|denied|nobody/i,
      )
    })

    test('what the docker daemon does: a refresh token at login, and tokens for it from then on', async () => {
      const { url } = client.berth
      const challenge = (await fetch(`${url}/v2/`)).headers.get('WWW-Authenticate') ?? ''
      const realm = /realm="([^"]+)"/.exec(challenge)?.[1] ?? ''
      const service = /service="([^"]+)"/.exec(challenge)?.[1] ?? ''
      expect(realm).toBe(`${url}/token`)
      const query = new URLSearchParams({ account: 'ada', client_id: 'docker', offline_token: 'true', service })
      const headers = { Authorization: `Basic ${Buffer.from(`ada:${PASSWORD}`).toString('base64')}` }
      const login = (await (await fetch(`${realm}?${query}`, { headers })).json()) as Record<string, string>
      const { refresh_token: refresh = '', token = '' } = login
      expect((await fetch(`${url}/v2/`, { headers: { Authorization: `Bearer ${token}` } })).status).toBe(200)
      const form = { grant_type: 'refresh_token', refresh_token: refresh, client_id: 'docker', service }
      const exchange = (scope: string) =>
        fetch(realm, { method: 'POST', body: new URLSearchParams({ ...form, scope }) })
      const answer = (await (await exchange('repository:shop/daemon:pull,push')).json()) as Record<string, string>
      expect(answer.scope).toBe('repository:shop/daemon:pull,push')
      expect(answer.refresh_token).toBe(refresh)
      const begun = await fetch(`${url}/v2/shop/daemon/blobs/uploads/`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${answer.access_token}` },
      })
      expect(begun.status).toBe(202)
    })
  },
  SECURED,
)
