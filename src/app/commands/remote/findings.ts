import type { Command } from 'commander'
import { table } from '../../../entry/remote/index.ts'
import { CommandError } from '../../command-error.ts'
import type { CommandContext } from '../context.ts'
import { type RemoteFlags, remote } from './remote.ts'

/** The worst first. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'] as const
export type Severity = (typeof SEVERITIES)[number]

export interface ShownFinding {
  readonly repository: string
  readonly digest: string
  readonly id: string
  readonly severity: Severity
  readonly package: string
  readonly version: string
  readonly fixedIn?: string | undefined
  readonly path: string
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
    .description('known vulnerabilities in the images that you may pull')
    .option('--project <name>', 'of one project')
    .option('--repository <name>', 'of one repository')
    .option('--severity <severities>', `with commas between them: ${SEVERITIES.join(', ')}`)
    .option('--fixable', 'for which there is a version without')
    .option('--exploited', 'that are used in attacks, by CISA’s list')
    .option('--id <id>', 'a CVE or another id')
    .option('--package <name>', 'in one package')
    .option('--most <number>', 'so many', '1000')
  remote(context)<[], FindingsFlags>(findings, async (client, _, { severity, most, fixable, exploited, ...flags }) => {
    const count = Number(most)
    if (!Number.isInteger(count) || count < 1) throw new CommandError(`--most: "${most}" is no number of findings.`)
    const { project, repository, id } = flags
    const query = {
      project,
      repository,
      id,
      package: flags.package,
      severity: severity?.split(',').map(each => severityNamed('--severity', each)),
      fixable: fixable ? 'true' : undefined,
      exploited: exploited ? 'true' : undefined,
      limit: Math.min(count, 1000),
    }
    const items = await client.all('listFindings', { query }, count)
    const rows = items.map(each => [each.repository, each.digest.slice(0, 19), ...cellsOf(each)])
    return { value: items, lines: table(['REPOSITORY', 'DIGEST', ...HEADINGS], rows) }
  })
}

const HEADINGS = ['ID', 'SEVERITY', 'PACKAGE', 'VERSION', 'FIXED IN', 'PATH']

export function findingRows(findings: readonly ShownFinding[]): readonly string[] {
  return table(HEADINGS, findings.map(cellsOf))
}

function cellsOf({ id, severity, package: name, version, fixedIn, path }: ShownFinding) {
  return [id, severity, name, version, fixedIn, path]
}
