import type { Command } from 'commander'
import { type Client, printable, table } from '../../../entry/remote/index.ts'
import { SEVERITIES, type Severity } from '../../../features/vulnerability-policy/index.ts'
import { CommandError } from '../../command-error.ts'
import type { CommandContext } from '../context.ts'
import { findingRows, type ShownFinding, severityNamed } from './findings.ts'
import { imageNamed, type NamedImage } from './image-name.ts'
import { firstOf, mostOf, type RemoteFlags, remote, type Shown } from './remote.ts'
import { isPartlyRead, isUnjudged, type ScannedImage, scansOf, withoutFindings } from './scanned-images.ts'

interface ScanFlags extends RemoteFlags {
  readonly wait?: boolean
  readonly failOn?: string
  readonly timeout: string
}

const LOOK_MS = 500

/** Has an image read again; with --wait, tells what is known of what it holds. */
export function addScanCommand(program: Command, context: CommandContext): void {
  const asking = remote(context)
  const scan = program
    .command('scan')
    .argument('<image>', 'REPOSITORY:TAG or REPOSITORY@DIGEST')
    .description('has an image, or those of an index, scanned again')
    .option('--wait', 'until it is done, and shows the findings; ends with 2 when it could not be scanned')
    .option('--fail-on <severity>', `ends with 1 when there are findings so severe: ${SEVERITIES.join(', ')}`)
    .option('--timeout <seconds>', 'how long to wait', '900')
  asking<[string], ScanFlags>(scan, async (client, [name], flags) => {
    const image = imageNamed(name)
    const failOn = flags.failOn === undefined ? undefined : severityNamed('--fail-on', flags.failOn)
    if (failOn && !flags.wait) throw new CommandError('--fail-on needs --wait.')
    const seconds = Number(flags.timeout)
    if (!(seconds > 0)) throw new CommandError(`--timeout: "${flags.timeout}" is no number of seconds.`)
    const { images } = await client.call('askForScan', { query: image })
    if (!flags.wait) return { value: { images }, lines: [`${images.length} to be scanned.`] }
    const scanned = await untilScanned(client, image, Date.now() + seconds * 1000)
    const findings = await client.all('listImageFindings', { query: image })
    return shown(scanned, findings, failOn)
  })
}

async function untilScanned(client: Client, image: NamedImage, until: number): Promise<readonly ScannedImage[]> {
  for (;;) {
    const images = await scansOf(client, image)
    if (!images.some(({ isWaiting }) => isWaiting)) return images
    if (Date.now() > until) {
      const reason = images.find(({ reason }) => reason)?.reason
      throw new CommandError(`It was not scanned in time.${reason === undefined ? '' : ` The last try: ${reason}`}`)
    }
    await Bun.sleep(LOOK_MS)
  }
}

function shown(
  images: readonly ScannedImage[],
  findings: readonly ShownFinding[],
  failOn: Severity | undefined,
): Shown {
  const unread = images.filter(({ state }) => state === 'failed')
  const isNothing = images.every(({ state }) => state === 'unsupported')
  const isUnknown = images.some(image => isUnjudged(image) || isPartlyRead(image))
  const isBad = failOn !== undefined && findings.some(each => !each.suppressed && isAtLeast(each.severity, failOn))
  const unranked = findings.filter(each => !each.suppressed && each.severity === 'unknown').length
  const lines = images.flatMap(({ digest, state, reason, packages, problems, distribution, withoutAdvisories }) => [
    state === 'read'
      ? `${digest}: ${packages} packages${distribution ? ` on ${printable(`${distribution.id} ${distribution.version}`)}` : ''}`
      : `${digest}: ${state}: ${printable(reason ?? '')}`,
    ...withoutAdvisories.map(
      ({ ecosystem, packages }) =>
        `  no advisories for ${printable(ecosystem)}: nothing is known of ${packages} packages (see berth advisories status)`,
    ),
    ...problems.map(({ path, reason }) => printable(`  not read: ${path === '' ? reason : `${path}: ${reason}`}`)),
  ])
  const isSilent = failOn === undefined || failOn === 'unknown' || unranked === 0
  return {
    value: { images, findings },
    lines: [
      ...lines,
      ...(findings.length === 0 ? [withoutFindings(images).text] : ['', ...findingRows(findings)]),
      ...(isSilent
        ? []
        : [
            '',
            `Nobody said how severe ${unranked} of them are: --fail-on ${failOn} does not count these, --fail-on unknown does.`,
          ]),
    ],
    code: unread.length > 0 || isNothing || (failOn && isUnknown && !isBad) ? 2 : isBad ? 1 : 0,
  }
}

function isAtLeast(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(least)
}

/** What an image holds, as a document. */
export function addSbomCommand(program: Command, context: CommandContext): void {
  const asking = remote(context)
  const sbom = program
    .command('sbom')
    .argument('<image>', 'REPOSITORY:TAG or REPOSITORY@DIGEST')
    .description('what an image holds, as CycloneDX or SPDX')
    .option('--format <format>', 'cyclonedx or spdx', 'cyclonedx')
    .option('--platform <platform>', 'of an index: os/architecture')
    .option('--output <file>', 'instead of standard output')
  asking<[string], RemoteFlags & { format: string; platform?: string; output?: string }>(
    sbom,
    async (client, [name], { format, platform, output }) => {
      if (format !== 'cyclonedx' && format !== 'spdx')
        throw new CommandError(`--format: "${format}" is neither cyclonedx nor spdx.`)
      const text = await client.document('getImageSbom', { query: { ...imageNamed(name), platform, format } })
      if (output === undefined) return { value: JSON.parse(text), lines: [text.trimEnd()] }
      await Bun.write(output, text, { createPath: false })
      return { value: { file: output }, lines: [`Written to ${output}.`] }
    },
  )
}

/** Which images hold a package. */
export function addPackagesCommand(program: Command, context: CommandContext): void {
  const asking = remote(context)
  const packages = program
    .command('packages')
    .argument('<name>', 'such as log4j-core, or whole: org.apache.logging.log4j:log4j-core')
    .description('the images that hold a package')
    .option('--before <version>', 'older than that')
    .option('--range <range>', 'such as "1.2.3" or ">=1.0,<2.17"')
    .option('--ecosystem <name>', 'such as Maven, Debian or Debian:12')
    .option('--most <number>', 'so many images', '1000')
  asking<[string], RemoteFlags & { before?: string; range?: string; ecosystem?: string; most: string }>(
    packages,
    async (client, [name], { before, range, ecosystem, most }) => {
      const count = mostOf(most)
      const bounds = [range, before === undefined ? undefined : `<${before}`].filter(each => each !== undefined)
      const version = bounds.length === 0 ? undefined : bounds.join(',')
      const query = { name, ecosystem, version, limit: Math.min(count + 1, 1000) }
      const { items, note } = firstOf(await client.all('searchPackages', { query }, count + 1), count)
      const rows = items.map(({ repository, digest, packages }) => [
        repository,
        digest.slice(0, 19),
        packages.map(each => `${each.version} (${each.ecosystem})`).join(', '),
      ])
      return { value: items, lines: table(['REPOSITORY', 'DIGEST', 'VERSIONS'], rows), note }
    },
  )
}
