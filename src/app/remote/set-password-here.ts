import { authorize } from '../../features/access/index.ts'
import { changeUser } from '../../features/administration/index.ts'
import { SYSTEM } from '../../features/identity/index.ts'
import type { Secret } from '../../platform/secrets/index.ts'
import { composeAdministration } from '../administration.ts'
import { openExisting } from '../compose.ts'
import type { Config } from '../config/index.ts'

/** Whoever can write in the data folder is the operator: done in the registry's own name, and audited. */
export async function setPasswordHere(config: Config, name: string, password: Secret): Promise<void> {
  await using berth = await openExisting(config, 'password')
  const access = { mode: 'open' } as const
  const administration = composeAdministration(berth.metadata, config, {
    access,
    authentication: undefined,
    issuers: [],
    // Nothing is counted at the machine itself.
    limits: { limitsOf: async () => [] },
  })
  const permit = await authorize(access, {
    principal: SYSTEM,
    action: 'manage registry',
    resource: 'registry',
    origin: { address: 'local' },
  })
  await changeUser(administration, permit, name, { password })
}
