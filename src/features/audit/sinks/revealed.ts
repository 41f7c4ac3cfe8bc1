import type { SecretText } from './settings.ts'

/** Headers as they are sent. */
export function revealed(headers: Readonly<Record<string, SecretText>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.reveal()]))
}
