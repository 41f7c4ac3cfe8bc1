import { afterAll, beforeAll, expect, test } from 'bun:test'
import { interop } from '../interop/interop.ts'
import {
  ADMIN_PASSWORD,
  identitiesOf,
  RIGHTS_COUNT_AFTER_MS,
  SECURED,
  type TestIdentities,
} from '../support/identities.ts'
import { apiOf } from '../support/sign-in.ts'

const PASSWORD = 'the password of ada'

/** Real clients know nothing of the new name, and are asked who they are. */
interop(
  'clients pull by a former name:',
  ['skopeo', 'podman', 'crane', 'oras', 'regctl'],
  client => {
    let identities: TestIdentities
    let digest: string
    beforeAll(async () => {
      identities = await identitiesOf(client.berth.dataFolder)
      for (const project of ['shop', 'warehouse']) await identities.project(project)
      await identities.user('ada', { password: PASSWORD })
      for (const project of ['shop', 'warehouse']) await identities.grant(project, 'ada', 'maintainer')
      await Bun.sleep(RIGHTS_COUNT_AFTER_MS)
      const login = { env: remembering() }
      await client.run('skopeo login --tls-verify=false --username ada --password-stdin', [client.host], {
        ...login,
        stdin: PASSWORD,
      })
      for (const name of ['shop/app', 'shop/moved'])
        await client.run(
          'skopeo copy --dest-tls-verify=false --preserve-digests',
          [`oci:${client.images.layout}:bash`, `docker://${client.host}/${name}:1`],
          login,
        )
      digest = client.images.bash.digest
      const admin = apiOf(client.berth.url, { name: 'admin', password: ADMIN_PASSWORD })
      const rename = (path: string, body: object) => admin('POST', path, body)
      // One in another project, the other in the same project, which then has another name.
      expect(
        (await rename('/projects/shop/rename-repository', { repository: 'shop/moved', to: 'warehouse/it' })).status,
      ).toBe(200)
      expect(
        (await rename('/projects/shop/rename-repository', { repository: 'shop/app', to: 'shop/web' })).status,
      ).toBe(200)
      expect((await rename('/projects/shop/rename', { to: 'store' })).status).toBe(200)
      await Bun.sleep(RIGHTS_COUNT_AFTER_MS)
    })
    afterAll(() => identities[Symbol.asyncDispose]())

    const remembering = () => {
      const folder = client.path('logins')
      return {
        REGISTRY_AUTH_FILE: `${folder}/auth.json`,
        DOCKER_CONFIG: folder,
        REGCTL_CONFIG: `${folder}/regctl.json`,
      }
    }
    const run = async (command: string, args: string[], stdin?: string) =>
      (await client.run(command, args, { env: remembering(), ...(stdin === undefined ? {} : { stdin }) })).stdout.trim()
    /** By the name it had, by the one it had in a project of another name, and by its own. */
    const NAMES = ['shop/app', 'shop/web', 'store/web', 'shop/moved', 'warehouse/it']
    const remote = (name: string) => `${client.host}/${name}`

    test('skopeo', async () => {
      for (const [index, name] of NAMES.entries()) {
        const inspected = await run('skopeo inspect --tls-verify=false', [`docker://${remote(name)}:1`])
        expect(JSON.parse(inspected).Digest).toBe(digest)
        await run('skopeo copy --src-tls-verify=false --preserve-digests', [
          `docker://${remote(name)}:1`,
          `oci:${client.path(`skopeo-${index}`)}:1`,
        ])
        expect(JSON.parse(await run('skopeo list-tags --tls-verify=false', [`docker://${remote(name)}`])).Tags).toEqual(
          ['1'],
        )
      }
    })

    test('crane, which is told to push to the new name', async () => {
      await run('crane auth login -u ada -p', [PASSWORD, client.host])
      for (const [index, name] of NAMES.entries()) {
        expect(await run('crane --insecure digest', [`${remote(name)}:1`])).toBe(digest)
        await run('crane --insecure pull --format=oci', [`${remote(name)}:1`, client.path(`crane-${index}`)])
        expect(await run('crane --insecure ls', [remote(name)])).toBe('1')
        await client.run('crane --insecure validate --remote', [`${remote(name)}:1`], { env: remembering() })
      }
      const refused = await client.runToFail('crane --insecure tag', [`${remote('shop/app')}:1`, 'new'], {
        env: remembering(),
      })
      expect(refused.stdout + refused.stderr).toContain('shop/app is now store/web: push there.')
    })

    test('podman', async () => {
      for (const name of NAMES) {
        await run('podman pull --tls-verify=false --quiet', [`${remote(name)}:1`])
        await run('podman rmi --force', [`${remote(name)}:1`])
      }
    })

    test('oras and regctl', async () => {
      await run('oras login --plain-http --username ada --password', [PASSWORD, client.host])
      await run('regctl registry set --tls disabled', [client.host])
      await run('regctl registry login --user ada --pass-stdin', [client.host], PASSWORD)
      for (const name of NAMES) {
        expect(await run('oras resolve --plain-http', [`${remote(name)}:1`])).toBe(digest)
        expect(await run('regctl image digest', [`${remote(name)}:1`])).toBe(digest)
        await run('regctl blob get', [remote(name), await blobOf(name)])
      }
    })

    async function blobOf(name: string): Promise<string> {
      const manifest = JSON.parse(await run('regctl manifest get --format raw-body', [`${remote(name)}:1`]))
      return manifest.config.digest
    }
  },
  SECURED,
)
