import type { GroupMember } from '../../stores/metadata/index.ts'
import { conflict, done, notFound, type Permit } from '../access/index.ts'
import { parseGroupName } from '../identity/index.ts'
import type { Administration, PageOf } from './administration.ts'

type See = Permit<'see registry'>
type Manage = Permit<'manage registry'>

export function listGroups({ identities }: Administration, _permit: See, page: PageOf<string>) {
  return identities.groups.list(page)
}

/** @throws NAME_INVALID, CONFLICT. */
export async function createGroup({ identities, clock }: Administration, permit: Manage, text: string) {
  const name = parseGroupName(text)
  const now = clock()
  const entry = { type: 'group.create', at: now, kind: 'group', id: name }
  const isNew = await identities.groups.create({ name, now }, made => (made ? [done(permit, entry)] : []))
  if (!isNew) throw conflict(`There is a group ${name} already.`)
}

/** With memberships and grants. @throws NOT_FOUND. */
export async function removeGroup({ identities, clock }: Administration, permit: Manage, name: string) {
  const entry = { type: 'group.delete', at: clock(), kind: 'group', id: name }
  const removed = await identities.groups.remove(name, isGone => (isGone ? [done(permit, entry)] : []))
  if (!removed) throw notFound(`group ${name}`)
}

/** @throws NOT_FOUND. */
export async function listGroupMembers(
  { identities }: Administration,
  _permit: See,
  name: string,
  page: PageOf<string>,
): Promise<readonly GroupMember[]> {
  const members = await identities.groups.members(name, page)
  if (!members) throw notFound(`group ${name}`)
  return members
}

/** Puts a user in or takes one out; what another source says of its users is left to that source. @throws NOT_FOUND. */
export async function setGroupMember(
  { identities, clock }: Administration,
  permit: Manage,
  member: { readonly group: string; readonly user: string; readonly isMember: boolean },
): Promise<void> {
  const { group, user, isMember } = member
  const type = isMember ? 'group.member.add' : 'group.member.remove'
  const entry = { type, at: clock(), kind: 'group', id: group, detail: { user } }
  const outcome = await identities.groups.setMember(member, result =>
    result === 'changed' ? [done(permit, entry)] : [],
  )
  if (outcome === 'unknown') throw notFound(`group ${group}, or no user ${user}`)
}
