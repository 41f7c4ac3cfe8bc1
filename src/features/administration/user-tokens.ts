import type { Credential, CredentialOwner } from '../../stores/metadata/index.ts'
import { notFound, type Permit } from '../access/index.ts'
import type { Administration } from './administration.ts'
import { revokeToken } from './tokens.ts'

/** What an administrator sees of somebody's tokens, and may end; making one for somebody else is nobody's. */
export async function listTokensOfUser(
  administration: Administration,
  _permit: Permit<'manage registry'>,
  user: string,
): Promise<readonly Credential[]> {
  return administration.identities.credentials.list(await ownerOf(administration, user))
}

/** @throws NOT_FOUND. */
export async function revokeTokenOfUser(
  administration: Administration,
  permit: Permit<'manage registry'>,
  { user, id }: { readonly user: string; readonly id: string },
): Promise<void> {
  await revokeToken(administration, permit, { owner: await ownerOf(administration, user), id })
}

async function ownerOf({ identities }: Administration, name: string): Promise<CredentialOwner> {
  const user = await identities.users.find(name)
  if (!user) throw notFound(`user ${name}`)
  return { kind: 'user', id: user.id }
}
