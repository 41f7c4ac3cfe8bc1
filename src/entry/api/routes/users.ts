import { z } from 'zod'
import { route } from '../route.ts'
import { listOf, page, state, systemRole, token, user } from '../schemas.ts'

const manage = { action: 'manage registry', resource: 'registry' } as const
const see = { action: 'see registry', resource: 'registry' } as const
const text = z.string().max(255)

export const USER_ROUTES = {
  listUsers: route({
    ...see,
    method: 'get',
    path: '/api/v1/users',
    summary: 'Users by name',
    query: page,
    answer: listOf(user),
    paged: true,
  }),
  createUser: route({
    ...manage,
    method: 'post',
    path: '/api/v1/users',
    summary: 'A local user',
    body: z.strictObject({
      name: z.string().max(128),
      displayName: text.optional(),
      email: text.optional(),
      systemRole: systemRole.optional(),
      password: z.string().max(1024).optional().describe('without one the user signs in by other means'),
    }),
    answer: user,
    status: 201,
  }),
  getUser: route({ ...see, method: 'get', path: '/api/v1/users/{user}', summary: 'One user', answer: user }),
  changeUser: route({
    ...manage,
    method: 'patch',
    path: '/api/v1/users/{user}',
    summary: 'Change a user; null takes a value away',
    body: z.strictObject({
      displayName: text.nullable().optional(),
      email: text.nullable().optional(),
      systemRole: systemRole.nullable().optional(),
      state: state.optional(),
      password: z.string().max(1024).optional(),
    }),
    answer: user,
  }),
  removeUser: route({
    ...manage,
    method: 'delete',
    path: '/api/v1/users/{user}',
    summary: 'Remove a user with memberships, grants and tokens',
  }),
  listTokensOfUser: route({
    ...manage,
    method: 'get',
    path: '/api/v1/users/{user}/tokens',
    summary: 'The tokens of a user, newest first',
    answer: listOf(token),
  }),
  revokeTokenOfUser: route({
    ...manage,
    method: 'delete',
    path: '/api/v1/users/{user}/tokens/{token}',
    summary: 'Revoke a token of a user',
  }),
}
