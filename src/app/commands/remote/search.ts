import type { Command } from 'commander'
import { table } from '../../../entry/remote/index.ts'
import { CommandError } from '../../command-error.ts'
import type { CommandContext } from '../context.ts'
import { firstOf, mostOf, type RemoteFlags, remote } from './remote.ts'

interface SearchFlags extends RemoteFlags {
  readonly project?: string
  readonly repository?: string
  readonly tag?: string
  readonly tagged?: boolean
  readonly untagged?: boolean
  readonly digest?: string
  readonly label?: readonly string[]
  readonly annotation?: readonly string[]
  readonly platform?: string
  readonly type?: string
  readonly atLeast?: string
  readonly atMost?: string
  readonly pushedAfter?: string
  readonly pushedBefore?: string
  readonly createdAfter?: string
  readonly createdBefore?: string
  readonly newest?: boolean
  readonly most: string
}

const MOST_OF_PAGE = 1000

export function addSearchCommand(program: Command, context: CommandContext): void {
  const search = program
    .command('search')
    .description('images that you may pull, by what is known of them; all that is given must hold')
    .argument('[name]', 'a part of the name of the repository')
    .option('--project <name>', 'in one project')
    .option('--repository <name>', 'in one repository')
    .option('--tag <tag>', 'a tag, or a pattern with * and ?')
    .option('--tagged', 'only images with a tag')
    .option('--untagged', 'only images without')
    .option('--digest <start>', 'the beginning of the digest')
    .option(
      '--label <label...>',
      'key or key=value: set in the registry, on the image or its repository, or in its config',
    )
    .option('--annotation <annotation...>', 'key or key=value')
    .option('--platform <platform>', 'os, os/architecture or os/architecture/variant')
    .option('--type <type>', 'media type or artifact type')
    .option('--at-least <size>', 'with all it needs: 500000000, 500MB, 2GiB')
    .option('--at-most <size>', 'the same')
    .option('--pushed-after <date>', '2026-01-31 or 2026-01-31T12:00:00Z')
    .option('--pushed-before <date>')
    .option('--created-after <date>', 'when it was built, as its config says')
    .option('--created-before <date>')
    .option('--newest', 'what came last to the registry first, instead of by repository')
    .option('--most <count>', 'so many at most', '100')
  remote(context)<[string | undefined], SearchFlags>(search, async (client, [name], flags) => {
    const most = mostOf(flags.most)
    if (flags.tagged && flags.untagged) throw new CommandError('--tagged and --untagged: nothing is both.')
    const { project, repository, tag, digest, label, annotation, platform, type } = flags
    const query = {
      ...{ name, project, repository, tag, digest, platform, type },
      label: label && [...label],
      annotation: annotation && [...annotation],
      tagged: flags.tagged ? 'true' : flags.untagged ? 'false' : undefined,
      atLeastBytes: bytesOf('--at-least', flags.atLeast),
      atMostBytes: bytesOf('--at-most', flags.atMost),
      pushedAfter: instantOf('--pushed-after', flags.pushedAfter),
      pushedBefore: instantOf('--pushed-before', flags.pushedBefore),
      createdAfter: instantOf('--created-after', flags.createdAfter),
      createdBefore: instantOf('--created-before', flags.createdBefore),
      sort: flags.newest ? ('newest' as const) : ('repository' as const),
      limit: Math.min(most + 1, MOST_OF_PAGE),
    }
    const { items, note } = firstOf(await client.all('searchImages', { query }, most + 1), most)
    const rows = items.map(({ repository, digest, tags, platforms, sizeBytes, pushedAt }) => {
      const shown = tags.length > 3 ? [...tags.slice(0, 3), '…'] : tags
      return [repository, shown.join(' '), digest.slice(0, 19), platforms.join(' '), sizeBytes, pushedAt]
    })
    return { value: items, lines: table(['REPOSITORY', 'TAGS', 'DIGEST', 'PLATFORMS', 'BYTES', 'PUSHED'], rows), note }
  })
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
}

function bytesOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text) ?? []
  const size = UNITS[unit.toUpperCase()]
  if (number === undefined || size === undefined)
    throw new CommandError(`${flag}: "${text}" is no size, such as 500MB or 2GiB.`)
  return Math.round(Number(number) * size)
}

function instantOf(flag: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const instant = /^\d{4}-\d\d-\d\d(?:T.*)?$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(instant)) throw new CommandError(`${flag}: "${text}" is no date, such as 2026-01-31.`)
  return new Date(instant).toISOString()
}
