import type { Command } from 'commander'
import { table } from '../../../entry/remote/index.ts'
import { SEVERITIES, type Severity } from '../../../features/vulnerability-policy/index.ts'
import { CommandError } from '../../command-error.ts'
import type { CommandContext } from '../context.ts'
import { imageNamed } from './image-name.ts'
import { firstOf, mostOf, type RemoteFlags, remote, type Shown } from './remote.ts'
import { notJudged, type ScannedImage, scansOf, withoutFindings } from './scanned-images.ts'
import { compared } from './scanners.ts'

export interface ShownFinding {
  readonly repository: string
  readonly digest: string
  readonly id: string
  readonly severity: Severity
  readonly package: string
  readonly version: string
  readonly fixedIn?: string | undefined
  readonly path: string
  readonly suppressed?: { readonly by: string; readonly reason?: string | undefined } | undefined
}

interface FindingsFlags extends RemoteFlags {
  readonly project?: string
  readonly repository?: string
  readonly severity?: string
  readonly fixable?: boolean
  readonly exploited?: boolean
  readonly id?: string
  readonly package?: string
  readonly most: string
  readonly compare?: string
}

/** @throws CommandError naming what there is. */
export function severityNamed(flag: string, text: string): Severity {
  const found = SEVERITIES.find(each => each === text.trim())
  if (found) return found
  throw new CommandError(`${flag}: "${text}" is none of ${SEVERITIES.join(', ')}.`)
}

/** Known vulnerabilities, wherever they are. */
export function addFindingsCommand(program: Command, context: CommandContext): void {
  const findings = program
    .command('findings')
    .argument('[image]', 'REPOSITORY:TAG or REPOSITORY@DIGEST; all images unless given')
    .description('known vulnerabilities in the images that you may pull')
    .option('--project <name>', 'of one project')
    .option('--repository <name>', 'of one repository')
    .option('--severity <severities>', `with commas between them: ${SEVERITIES.join(', ')}`)
    .option('--fixable', 'for which there is a version without')
    .option('--exploited', 'that are used in attacks, by CISA’s list')
    .option('--id <id>', 'a CVE or another id')
    .option('--package <name>', 'in one package')
    .option('--most <number>', 'so many', '1000')
    .option('--compare <image>', 'what other scanners found in it beside; ends with 1 when they differ')
  remote(context)<[string | undefined], FindingsFlags>(findings, async (client, [image], given) => {
    if (given.compare !== undefined) return compared(client, given.compare)
    if (image !== undefined) {
      const named = imageNamed(image)
      const found = await client.all('listImageFindings', { query: named })
      return shownOf(await scansOf(client, named), found, given)
    }
    const { severity, most, fixable, exploited, ...flags } = given
    const count = mostOf(most)
    const { project, repository, id } = flags
    const query = {
      project,
      repository,
      id,
      package: flags.package,
      severity: severity?.split(',').map(each => severityNamed('--severity', each)),
      fixable: fixable ? 'true' : undefined,
      exploited: exploited ? 'true' : undefined,
      limit: Math.min(count + 1, 1000),
    }
    const { items, note } = firstOf(await client.all('listFindings', { query }, count + 1), count)
    return { value: items, lines: findingRows(items, true), note }
  })
}

/** @throws CommandError for an option that is for many images. */
function shownOf(images: readonly ScannedImage[], findings: readonly ShownFinding[], flags: FindingsFlags): Shown {
  for (const flag of ['project', 'repository', 'fixable', 'exploited', 'id', 'package'] as const)
    if (flags[flag] !== undefined) throw new CommandError(`--${flag} is for the findings of all images.`)
  const wanted = flags.severity?.split(',').map(each => severityNamed('--severity', each))
  const all = wanted === undefined ? findings : findings.filter(({ severity }) => wanted.includes(severity))
  const { items, note } = firstOf(all, mostOf(flags.most))
  if (findings.length > 0) {
    const unknown = notJudged(images)
    const notes = [note, unknown].filter(each => each !== undefined)
    const told = notes.length > 0 ? notes.join('\n') : undefined
    return { value: items, lines: findingRows(items), note: told, code: unknown === undefined ? 0 : 2 }
  }
  const { isKnown, text } = withoutFindings(images)
  return { value: items, lines: [text], code: isKnown ? 0 : 2 }
}

const HEADINGS = ['ID', 'SEVERITY', 'PACKAGE', 'VERSION', 'FIXED IN', 'PATH']

/** @param isOfMany tells the image of each, too. */
export function findingRows(findings: readonly ShownFinding[], isOfMany = false): readonly string[] {
  const headings = isOfMany ? ['REPOSITORY', 'DIGEST', ...HEADINGS] : HEADINGS
  const cells = (each: ShownFinding) =>
    isOfMany ? [each.repository, each.digest.slice(0, 19), ...cellsOf(each)] : cellsOf(each)
  if (findings.every(({ suppressed }) => suppressed === undefined)) return table(headings, findings.map(cells))
  const rows = findings.map(each => [
    ...cells(each),
    each.suppressed === undefined
      ? 'none: it counts'
      : `${each.suppressed.by}: ${each.suppressed.reason ?? 'no reason given'}`,
  ])
  return table([...headings, 'SUPPRESSED BY'], rows)
}

function cellsOf({ id, severity, package: name, version, fixedIn, path }: ShownFinding) {
  return [id, severity, name, version, fixedIn, path]
}
