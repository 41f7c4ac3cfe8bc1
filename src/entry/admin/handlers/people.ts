import {
  changeUser,
  createGroup,
  createUser,
  findUser,
  listGroupMembers,
  listGroups,
  listRoles,
  listTokensOfUser,
  listUsers,
  putRole,
  removeGroup,
  removeRole,
  removeUser,
  revokeTokenOfUser,
  setGroupMember,
} from '../../../features/administration/index.ts'
import { Secret } from '../../../platform/secrets/index.ts'
import { type Handlers, paged } from '../handler.ts'
import { tokenView, userView } from '../views.ts'

type Operations =
  | 'listUsers'
  | 'createUser'
  | 'getUser'
  | 'changeUser'
  | 'removeUser'
  | 'listTokensOfUser'
  | 'revokeTokenOfUser'
  | 'listGroups'
  | 'createGroup'
  | 'removeGroup'
  | 'listGroupMembers'
  | 'addGroupMember'
  | 'removeGroupMember'
  | 'listRoles'
  | 'putRole'
  | 'removeRole'

export const PEOPLE: Handlers<Operations> = {
  async listUsers({ administration, permit, query }) {
    const users = await listUsers(administration, permit, query)
    return paged(users, query.limit, userView, ({ name }) => name)
  },
  async createUser({ administration, permit, body: { password, ...user } }) {
    const secret = password === undefined ? undefined : new Secret(password)
    return userView(await createUser(administration, permit, { ...user, password: secret }))
  },
  getUser: async ({ administration, permit, params }) => userView(await findUser(administration, permit, params.user)),
  async changeUser({ administration, permit, params, body: { password, ...change } }) {
    const secret = password === undefined ? undefined : new Secret(password)
    return userView(await changeUser(administration, permit, params.user, { ...change, password: secret }))
  },
  async removeUser({ administration, permit, params }) {
    await removeUser(administration, permit, params.user)
    return undefined
  },
  async listTokensOfUser({ administration, permit, params }) {
    return { items: (await listTokensOfUser(administration, permit, params.user)).map(tokenView) }
  },
  async revokeTokenOfUser({ administration, permit, params }) {
    await revokeTokenOfUser(administration, permit, { user: params.user, id: params.token })
    return undefined
  },
  async listGroups({ administration, permit, query }) {
    const groups = await listGroups(administration, permit, query)
    return paged(
      groups,
      query.limit,
      ({ name }) => ({ name }),
      ({ name }) => name,
    )
  },
  async createGroup({ administration, permit, body: { name } }) {
    await createGroup(administration, permit, name)
    return { name }
  },
  async removeGroup({ administration, permit, params }) {
    await removeGroup(administration, permit, params.group)
    return undefined
  },
  async listGroupMembers({ administration, permit, params, query }) {
    const members = await listGroupMembers(administration, permit, params.group, query)
    return paged(
      members,
      query.limit,
      ({ user, source }) => ({ user, source }),
      ({ user }) => user,
    )
  },
  async addGroupMember({ administration, permit, params }) {
    await setGroupMember(administration, permit, { ...params, isMember: true })
    return undefined
  },
  async removeGroupMember({ administration, permit, params }) {
    await setGroupMember(administration, permit, { ...params, isMember: false })
    return undefined
  },
  listRoles: async ({ administration, permit }) => ({ items: await listRoles(administration, permit) }),
  putRole: ({ administration, permit, params, body }) =>
    putRole(administration, permit, { name: params.role, permissions: body.permissions }),
  async removeRole({ administration, permit, params }) {
    await removeRole(administration, permit, params.role)
    return undefined
  },
}
