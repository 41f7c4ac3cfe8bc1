import type { Command } from 'commander'
import { type GcFlags, gcCommand } from '../../entry/cli/index.ts'
import { collectGarbage, explainDigest } from '../../features/lifecycle/index.ts'
import { CommandError } from '../command-error.ts'
import { type Berth, collectRules, openExisting } from '../compose.ts'
import type { Config } from '../config/index.ts'
import type { CommandContext } from './context.ts'

export function addGcCommand(program: Command, context: CommandContext): void {
  program
    .command('gc')
    .description('remove what nothing refers to, beside a running server')
    .option('--dry-run', 'only say what would be removed')
    .option('--grace <seconds>', 'how long unreferenced content is kept (gc.graceSeconds)')
    .option('--untagged <what>', '"delete" takes manifests without a tag too (gc.untagged)')
    .option('--explain <digest>', 'say why a digest is kept, or when it goes')
    .option('--json', 'as JSON')
    .action(({ grace, untagged, ...flags }) =>
      context.finish(gc(withRules(context.config(), { grace, untagged }), flags)),
    )
}

function withRules(config: Config, { grace, untagged }: { grace?: string; untagged?: string }): Config {
  const gc = {
    ...config.gc,
    ...(grace === undefined ? {} : { graceSeconds: secondsOf(grace) }),
    ...(untagged === undefined ? {} : { untagged: untaggedOf(untagged) }),
  }
  return { ...config, gc }
}

function secondsOf(text: string): number {
  const seconds = Number(text)
  if (text.trim() !== '' && seconds >= 0) return seconds
  throw new CommandError(`--grace: expected seconds, zero or more, not "${text}".`)
}

function untaggedOf(text: string): 'keep' | 'delete' {
  if (text === 'keep' || text === 'delete') return text
  throw new CommandError(`--untagged: expected keep or delete, not "${text}".`)
}

async function gc(config: Config, flags: GcFlags): Promise<number> {
  await using berth: Berth = await openExisting(config, 'gc')
  const rules = collectRules(config)
  return await gcCommand(
    {
      collect: options => collectGarbage(berth.garbage, rules, options),
      explain: digest => explainDigest(berth.metadata.explanations, rules, berth.garbage.clock, digest),
    },
    flags,
  )
}
