import { hashPassword, newPassword } from '../../features/identity/index.ts'
import { systemClock } from '../../platform/clock/index.ts'
import type { Secret } from '../../platform/secrets/index.ts'
import type { Metadata } from '../../stores/metadata/index.ts'
import type { Config } from '../config/index.ts'

export const FIRST_ADMINISTRATOR = 'admin'

/**
 * Makes the administrator at the very first start. Gives the password when it was made up, to be shown this once.
 */
export async function ensureAdministrator({ identities }: Metadata, config: Config): Promise<Secret | undefined> {
  const [known] = await identities.users.list({ limit: 1 })
  if (known) return undefined
  const password = config.admin.password ?? newPassword()
  const isFirst = await identities.signIns.createFirst({
    name: FIRST_ADMINISTRATOR,
    systemRole: 'administrator',
    passwordHash: await hashPassword(password),
    now: systemClock(),
  })
  return isFirst && config.admin.password === undefined ? password : undefined
}
