import type { Command } from 'commander'
import { type Client, printable, table } from '../../../entry/remote/index.ts'
import type { CommandContext } from '../context.ts'
import { imageNamed } from './image-name.ts'
import { readDocument } from './read-document.ts'
import { done, type RemoteFlags, remote, type Shown } from './remote.ts'

interface AddFlags extends RemoteFlags {
  readonly authorization?: string
  readonly automatic?: boolean
}

/** Scanners beside Berth's own. */
export function addScannerCommands(program: Command, context: CommandContext): void {
  const scanner = program.command('scanner').description('other scanners, by the API of Harbor’s scanner adapters')
  const asking = remote(context)
  asking<[string, string], AddFlags>(
    scanner
      .command('add')
      .argument('<name>')
      .argument('<url>', 'of the adapter, without /api/v1')
      .description('asks it what it can do, and registers it')
      .option('--authorization <header>', 'what it wants to see: "Basic …", "Bearer …"')
      .option('--automatic', 'images are scanned after their push'),
    async (client, [name, url], { authorization, automatic }) => {
      const body = { name, url, authorization, isAutomatic: automatic === true }
      const made = await client.call('addScanner', { body })
      return {
        value: made,
        lines: [printable(`${name} is ${made.vendor ?? 'a scanner'} ${made.version ?? ''}`.trim())],
      }
    },
  )
  asking<[], RemoteFlags>(scanner.command('list'), async client => {
    const items = await client.all('listScanners', {})
    const rows = items.map(each => [
      each.name,
      each.vendor,
      each.version,
      each.isAutomatic ? 'automatic' : 'asked',
      each.url,
    ])
    return { value: items, lines: table(['NAME', 'IS', 'VERSION', 'SCANS', 'URL'], rows) }
  })
  asking<[string], RemoteFlags>(
    scanner.command('remove').argument('<name>').description('its reports stay'),
    async (client, [name]) => {
      await client.call('removeScanner', { params: { scanner: name } })
      return done(`${name} is removed.`)
    },
  )
  asking<[string, string], RemoteFlags>(
    scanner
      .command('scan')
      .argument('<name>')
      .argument('<image>', 'REPOSITORY:TAG or REPOSITORY@DIGEST')
      .description('has it scan an image; berth report list shows how that stands'),
    async (client, [name, image]) => {
      await client.call('askScanner', { query: imageNamed(image), body: { scanner: name } })
      return done(`${name} is to scan ${image}.`)
    },
  )
}

/** What other scanners found. */
export function addReportCommands(program: Command, context: CommandContext): void {
  const report = program.command('report').description('what other scanners found')
  const asking = remote(context)
  asking<[string, string], RemoteFlags & { readonly scanner?: string }>(
    report
      .command('push')
      .argument('<image>', 'REPOSITORY:TAG or REPOSITORY@DIGEST')
      .argument('<file>', 'SARIF, Trivy, Grype or CycloneDX in JSON; - for standard input')
      .description('in place of the last one of the same scanner')
      .option('--scanner <name>', 'as the report names it unless given'),
    async (client, [image, file], { scanner }) => {
      const body = { scanner, document: (await readDocument(file)) as never }
      const kept = await client.call('pushReport', { query: imageNamed(image), body })
      return {
        value: kept,
        lines: [`${kept.findings} findings of ${kept.scanner} (${kept.format}) about ${kept.digest}.`],
      }
    },
  )
  asking<[string], RemoteFlags>(
    report.command('list').argument('<image>', 'REPOSITORY:TAG or REPOSITORY@DIGEST'),
    async (client, [image]) => {
      const found = await client.call('listReports', { query: imageNamed(image) })
      const rows = [
        ...found.items.map(each => [
          each.scanner,
          each.version,
          `${each.findings} findings`,
          each.receivedAt,
          each.receivedBy,
        ]),
        ...found.requests.map(each => [each.scanner, undefined, each.state, each.askedAt, each.problem]),
      ]
      return { value: found, lines: table(['SCANNER', 'VERSION', 'STATE', 'AT', 'BY'], rows) }
    },
  )
}

/** Several scanners side by side; ends with 1 when they differ. */
export async function compared(client: Client, image: string): Promise<Shown> {
  const found = await client.call('compareScanners', { query: imageNamed(image) })
  const names = found.scanners.map(({ name }) => name)
  const rows = found.items.map(({ id, package: name, version, by }) => [
    id,
    `${name} ${version}`,
    ...names.map(scanner => by[scanner]?.severity ?? '-'),
  ])
  const counted = found.scanners.map(({ name, findings }) => `${name}: ${findings}`).join(', ')
  return {
    value: found,
    lines: [
      `${counted}; ${found.differences} not found by all.`,
      ...table(['ID', 'PACKAGE', ...names.map(name => name.toUpperCase())], rows),
    ],
    code: found.differences > 0 ? 1 : 0,
  }
}
