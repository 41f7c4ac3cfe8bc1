import { afterAll, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBerth } from '../support/start-berth.ts'
import { describeWithTools, needTool, toolPath } from '../tools/find-tools.ts'
import { parseResults, type Results } from './results.ts'

/** Every switch that the suite has off for the one or the other version of the specification. */
const everything = {
  OCI_API_BLOBS_ATOMIC: 'true',
  OCI_API_BLOBS_DELETE: 'true',
  OCI_API_BLOBS_DIGEST_HEADER: 'true',
  OCI_API_BLOBS_MOUNT_ANONYMOUS: 'true',
  OCI_API_BLOBS_UPLOAD_CANCEL: 'true',
  OCI_API_MANIFESTS_ATOMIC: 'true',
  OCI_API_MANIFESTS_DELETE: 'true',
  OCI_API_MANIFESTS_DIGEST_HEADER: 'true',
  OCI_API_MANIFESTS_TAG_PARAM: 'true',
  OCI_API_TAGS_ATOMIC: 'true',
  OCI_API_TAGS_DELETE: 'true',
  OCI_API_TAGS_LIST: 'true',
  OCI_API_REFERRER: 'true',
  OCI_DATA_SPARSE: 'true',
  OCI_DATA_SHA512: 'true',
}

describeWithTools('conformance', 'the OCI conformance suite', [needTool('conformance')], () => {
  setDefaultTimeout(300_000)
  const folders: string[] = []

  const run = async (version: string, registry: Record<string, string>, switches: Record<string, string>) => {
    await using berth = await startBerth({ env: registry })
    const folder = await mkdtemp(join(tmpdir(), 'berth-conformance-'))
    folders.push(folder)
    const suite = Bun.spawn([toolPath('conformance')], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        OCI_VERSION: version,
        OCI_REGISTRY: berth.host,
        OCI_TLS: 'disabled',
        OCI_RESULTS_DIR: folder,
        ...switches,
      },
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'pipe',
    })
    const errors = await suite.stderr.text()
    const code = await suite.exited
    const results = parseResults(
      await Bun.file(join(folder, 'results.yaml')).text(),
      await Bun.file(join(folder, 'junit.xml')).text(),
    )
    return { code, errors, results }
  }

  /** A difference shows what has not passed and what the suite said of it; an empty run does not pass either. */
  const expectAllPassed = (results: Results, atLeast: number) => {
    expect(results.notPassed).toEqual([])
    expect(results.counts).toMatchObject({ failures: 0, errors: 0, skipped: 0, disabled: 0 })
    expect(results.counts.tests).toBeGreaterThanOrEqual(atLeast)
    expect(results.passed).toBeGreaterThanOrEqual(atLeast * 0.75)
  }

  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true, force: true })
  })

  for (const version of ['1.1', 'dev']) {
    test(`Berth passes all of ${version} with every optional part switched on`, async () => {
      const { code, errors, results } = await run(version, { BERTH_MANIFESTS_SPARSE: 'allow' }, everything)
      expectAllPassed(results, 1000)
      expect(Object.values(results.apis).filter(status => status !== 'Pass')).toEqual([])
      expect(Object.keys(results.apis)).toHaveLength(28)
      expect(Object.values(results.data).filter(status => status !== 'Pass')).toEqual([])
      expect(Object.keys(results.data)).toHaveLength(24)
      expect({ code, errors }).toEqual({ code: 0, errors: '' })
    })
  }

  test('Berth passes all of dev as it is shipped, sparse manifests aside', async () => {
    const { results } = await run('dev', {}, { ...everything, OCI_DATA_SPARSE: 'false' })
    expectAllPassed(results, 950)
    const disabled = Object.entries(results.data).filter(([, status]) => status !== 'Pass')
    expect(disabled).toEqual([['Sparse Manifests', 'Disabled']])
  })
})
