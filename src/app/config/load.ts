import { existsSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { type Config, configSchema } from './schema.ts'
import { SETTING_PATHS, variableOf } from './settings.ts'

export interface ConfigSources {
  /** Given on the command line; must exist. */
  readonly file?: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Given on the command line: strongest. */
  readonly flags: Readonly<Record<string, unknown>>
}

/** Everything that is wrong with the configuration, each with the setting's path and what was expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(`The configuration is wrong:\n${faults.map(fault => `  ${fault}`).join('\n')}`)
    this.faults = faults
  }
}

/** Sections whose address may stand for the whole: BERTH_DATABASE, BERTH_BLOBS. */
const SECTIONS = ['database', 'blobs']
const DEFAULT_FILE = 'berth.yaml'
/** Variables that are read elsewhere: who a command is, and where its server is. */
const OTHER_VARIABLES = new Set([
  'BERTH_CONFIG',
  'BERTH_URL',
  'BERTH_USERNAME',
  'BERTH_PASSWORD',
  'BERTH_TOKEN',
  'BERTH_ID_TOKEN',
  'BERTH_ID_TOKEN_FILE',
  'BERTH_ID_TOKEN_AUDIENCE',
])

/** Flags over environment over file over defaults. @throws ConfigError with every fault at once. */
export function loadConfig(sources: ConfigSources): Config {
  const faults: string[] = []
  const document = readFile(sources, faults)
  applyEnvironment(document, sources.environment, faults)
  for (const [name, value] of Object.entries(sources.flags)) if (value !== undefined) document[name] = value
  const parsed = configSchema.safeParse(document)
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      if (issue.code === 'unrecognized_keys') {
        for (const key of issue.keys) faults.push(`${[...issue.path, key].join('.')}: there is no such setting`)
      } else faults.push(`${issue.path.join('.') || '(the whole)'}: ${issue.message}`)
    }
  }
  if (faults.length > 0 || !parsed.success) throw new ConfigError(faults)
  checkTogether(parsed.data)
  return parsed.data
}

function readFile({ file, environment }: ConfigSources, faults: string[]): Record<string, unknown> {
  const named = file ?? environment.BERTH_CONFIG
  const path = named ?? DEFAULT_FILE
  if (!existsSync(path)) {
    if (named !== undefined) faults.push(`${path}: there is no such file`)
    return {}
  }
  try {
    const document: unknown = parse(readFileSync(path, 'utf8'))
    if (document === null) return {}
    if (typeof document === 'object' && !Array.isArray(document)) return document as Record<string, unknown>
    faults.push(`${path}: expected settings, one "name: value" a line`)
  } catch (error) {
    faults.push(`${path}: not YAML: ${error instanceof Error ? error.message : String(error)}`)
  }
  return {}
}

function applyEnvironment(
  document: Record<string, unknown>,
  environment: ConfigSources['environment'],
  faults: string[],
): void {
  const byVariable = new Map(SETTING_PATHS.map(path => [variableOf(path), path]))
  for (const section of SECTIONS) byVariable.set(variableOf([section]), [section, 'url'])
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith('BERTH_') || value === undefined || OTHER_VARIABLES.has(variable)) continue
    const path = byVariable.get(variable)
    if (path) assign(document, path, value)
    else faults.push(`${variable}: there is no such setting`)
  }
}

function assign(document: Record<string, unknown>, [name = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    document[name] = value
    return
  }
  const inner = SECTIONS.includes(name) && typeof document[name] === 'string' ? { url: document[name] } : document[name]
  const next = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? { ...inner } : {}
  document[name] = next
  assign(next as Record<string, unknown>, rest, value)
}

const LOOPBACK = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|localhost|\[::1\]):\d+$/

function checkTogether(config: Config): void {
  const open = config.listen.filter(({ address }) => !LOOPBACK.test(address))
  if (config.auth === 'none' && open.length > 0) {
    throw new ConfigError([
      `auth: "none" serves on loopback addresses only, and listen has ${open.map(({ address }) => address).join(', ')}`,
    ])
  }
}
