import { z } from 'zod'
import { route } from '../route.ts'
import { lifetimeDays, listOf, newToken, rotation, scope, systemRole, token, tokenName } from '../schemas.ts'

const own = { action: 'manage own account', resource: 'registry' } as const

export const ACCOUNT_ROUTES = {
  getAccount: route({
    action: 'use API',
    resource: 'registry',
    method: 'get',
    path: '/api/v1/account',
    summary: 'Who the caller is',
    answer: z.strictObject({
      name: z.string(),
      kind: z.enum(['user', 'robot', 'pipeline', 'anonymous', 'system']),
      systemRole: systemRole.optional(),
      authenticatedBy: z.string(),
      credential: z.string().optional().describe('id of the token that was used'),
      scope: token.shape.scope,
    }),
  }),
  getLimits: route({
    action: 'use API',
    resource: 'registry',
    method: 'get',
    path: '/api/v1/limits',
    summary: 'What is left of the limits that count the caller; those of a project are told with each of its manifests',
    answer: listOf(
      z.strictObject({
        name: z.string().describe('of the setting, below rates'),
        source: z.string().describe('what is counted: an identity or an address'),
        limit: z.int(),
        windowSeconds: z.int(),
        remaining: z.int(),
        resetsAfterSeconds: z.int().describe('0 as long as nothing was counted'),
      }),
    ),
  }),
  changePassword: route({
    ...own,
    method: 'put',
    path: '/api/v1/account/password',
    summary: 'A new password; needs the present one',
    body: z.strictObject({ present: z.string().max(1024), next: z.string().max(1024) }),
  }),
  listOwnTokens: route({
    ...own,
    method: 'get',
    path: '/api/v1/account/tokens',
    summary: 'Your tokens, newest first',
    answer: listOf(token),
  }),
  createOwnToken: route({
    ...own,
    method: 'post',
    path: '/api/v1/account/tokens',
    summary: 'A token of your own',
    body: z.strictObject({ name: tokenName, lifetimeDays, scope: scope.optional() }),
    answer: newToken,
    status: 201,
  }),
  rotateOwnToken: route({
    ...own,
    method: 'post',
    path: '/api/v1/account/tokens/{token}/rotate',
    summary: 'A new secret in the place of the old one',
    body: rotation,
    answer: newToken,
    status: 201,
  }),
  revokeOwnToken: route({
    ...own,
    method: 'delete',
    path: '/api/v1/account/tokens/{token}',
    summary: 'Revoke a token of your own',
  }),
}
