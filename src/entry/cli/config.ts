import { stringify } from 'yaml'
import { Secret } from '../../platform/secrets/index.ts'

/** `berth config`: the effective settings with secrets masked. */
export function configCommand(config: object, flags: { readonly json?: boolean }): number {
  const shown = mask(config)
  process.stdout.write(flags.json ? `${JSON.stringify(shown)}\n` : stringify(shown))
  return 0
}

const SECRET = /(password|secret|token|credential)s?$/i

function mask(value: unknown, name = ''): unknown {
  if (value instanceof Secret) return '******'
  if (Array.isArray(value)) return value.map(item => mask(item, name))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mask(inner, key)]))
  }
  if (typeof value === 'string' && SECRET.test(name)) return '******'
  return typeof value === 'string' ? value.replace(/(:\/\/[^:@/]*:)[^@/]+@/, '$1******@') : value
}
