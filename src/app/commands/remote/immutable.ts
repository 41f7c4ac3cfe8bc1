import type { Command } from 'commander'
import { type Client, table } from '../../../entry/remote/index.ts'
import { parseTagPattern, tagPatternText } from '../../../features/protection/index.ts'
import { CommandError } from '../../command-error.ts'
import type { CommandContext } from '../context.ts'
import { addLockCommands } from './locks.ts'
import { done, type RemoteFlags, remote } from './remote.ts'

interface RuleFlags extends RemoteFlags {
  readonly tag: readonly string[]
  readonly exceptTag?: readonly string[]
  readonly repository?: readonly string[]
  readonly exceptRepository?: readonly string[]
  readonly days?: string
  readonly afterwards?: 'retention' | 'everybody'
  readonly dryRun?: boolean
}

interface CheckFlags extends RemoteFlags {
  readonly repository?: string
  readonly tag?: string
}

interface PreviewBody {
  readonly rule?: ReturnType<typeof ruleOf>
  readonly repository?: string | undefined
  readonly tag?: string | undefined
}

const SCOPE = 'the project, or "*" for rules of all projects'
const TAGS = 'v*, "semver:>=1.0.0", "semver-with-prereleases:>=1", or "regex:v[0-9]+" (RE2, the whole tag)'

/** Rules about tags that stay where they point, and locks. */
export function addProtectionCommands(program: Command, context: CommandContext): void {
  const immutable = program.command('immutable').description('tags that stay where they point')
  const asking = remote(context)
  asking<[string], RemoteFlags>(immutable.command('list').argument('<project>', SCOPE), async (client, [scope]) => {
    const { items } =
      scope === '*'
        ? await client.call('listRegistryImmutabilityRules')
        : await client.call('listImmutabilityRules', { params: { project: scope } })
    const rows = items.map(each => [
      each.name,
      except(each.tags.map(tagPatternText), each.exceptTags.map(tagPatternText)),
      except(each.repositories.length === 0 ? ['**'] : each.repositories, each.exceptRepositories),
      lasting(each),
    ])
    return { value: items, lines: table(['NAME', 'TAGS', 'REPOSITORIES', 'IMMUTABLE'], rows) }
  })
  asking<[string, string], RuleFlags>(
    immutable
      .command('add')
      .argument('<project>', SCOPE)
      .argument('<name>', 'of the rule; one of that name is replaced')
      .requiredOption('--tag <pattern...>', `tags that stay: ${TAGS}`)
      .option('--except-tag <pattern...>', 'and tags that do not')
      .option('--repository <pattern...>', 'in these repositories only, such as shop/web/*')
      .option('--except-repository <pattern...>', 'and not in these')
      .option('--days <count>', 'so many days after the tag was set; for ever unless given')
      .option('--afterwards <who>', 'who may change it then: retention (people still may not) or everybody')
      .option('--dry-run', 'only tell which of the tags that are there it would hold'),
    async (client, [scope, name], { dryRun, ...flags }) => {
      const rule = ruleOf(flags)
      if (dryRun) return preview(client, scope, { rule })
      const made =
        scope === '*'
          ? await client.call('putRegistryImmutabilityRule', { params: { rule: name }, body: rule })
          : await client.call('putImmutabilityRule', { params: { project: scope, rule: name }, body: rule })
      return { value: made, lines: [`Rule ${name} holds: ${lasting(made)}.`, ...warned(made.warnings)] }
    },
  )
  asking<[string, string], RemoteFlags>(
    immutable.command('remove').argument('<project>', SCOPE).argument('<name>').description('what it held is free'),
    async (client, [scope, name]) => {
      if (scope === '*') await client.call('removeRegistryImmutabilityRule', { params: { rule: name } })
      else await client.call('removeImmutabilityRule', { params: { project: scope, rule: name } })
      return done(`Rule ${name} is gone.`)
    },
  )
  asking<[string], CheckFlags>(
    immutable
      .command('check')
      .argument('<project>', SCOPE)
      .description('which tags are immutable now, by which rule and until when')
      .option('--repository <pattern>', 'in these repositories only')
      .option('--tag <pattern>', 'these tags only'),
    (client, [scope], { repository, tag }) => preview(client, scope, { repository, tag }),
  )
  addLockCommands(program, context)
}

async function preview(client: Client, scope: string, body: PreviewBody) {
  const items = []
  const warnings: string[] = []
  let examined = 0
  let after: string | undefined
  do {
    const asked = { ...body, after, limit: 1000 }
    const page =
      scope === '*'
        ? await client.call('previewRegistryImmutability', { body: asked })
        : await client.call('previewImmutability', { params: { project: scope }, body: asked })
    items.push(...page.items)
    warnings.push(...page.warnings)
    examined += page.examined
    after = page.next
  } while (after !== undefined)
  const rows = items.map(({ repository, tag, rule, scope, untilForPeople, untilForRetention }) => [
    `${repository}:${tag}`,
    `${rule} of ${scope}`,
    untilForPeople ?? 'for ever',
    untilForRetention ?? 'for ever',
  ])
  const lines = table(['TAG', 'RULE', 'PEOPLE: UNTIL', 'RETENTION: UNTIL'], rows)
  return { value: { items, examined, warnings }, lines: [...lines, ...warned(warnings)] }
}

function ruleOf({ tag, exceptTag, repository, exceptRepository, days, afterwards }: Omit<RuleFlags, 'dryRun'>) {
  if (days !== undefined && !/^\d{1,6}$/.test(days)) throw new CommandError('--days: expected a whole number.')
  return {
    tags: tag.map(parseTagPattern),
    exceptTags: exceptTag?.map(parseTagPattern),
    repositories: repository === undefined ? undefined : [...repository],
    exceptRepositories: exceptRepository === undefined ? undefined : [...exceptRepository],
    immutableForDays: days === undefined ? undefined : Number(days),
    afterwards,
  }
}

function lasting({ immutableForDays, afterwards }: { immutableForDays?: number; afterwards?: string }): string {
  return immutableForDays === undefined ? 'for ever' : `for ${immutableForDays} days, then ${afterwards} may`
}

function except(those: readonly string[], without: readonly string[]): string {
  return without.length === 0 ? those.join(', ') : `${those.join(', ')} except ${without.join(', ')}`
}

function warned(warnings: readonly string[]): readonly string[] {
  return warnings.map(warning => `Warning: ${warning}`)
}
