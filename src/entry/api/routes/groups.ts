import { z } from 'zod'
import { route } from '../route.ts'
import { listOf, page, permission, role } from '../schemas.ts'

const manage = { action: 'manage registry', resource: 'registry' } as const
const see = { action: 'see registry', resource: 'registry' } as const
const group = z.strictObject({ name: z.string() }).meta({ id: 'Group' })

export const GROUP_ROUTES = {
  listGroups: route({
    ...see,
    method: 'get',
    path: '/api/v1/groups',
    summary: 'Groups by name',
    query: page,
    answer: listOf(group),
    paged: true,
  }),
  createGroup: route({
    ...manage,
    method: 'post',
    path: '/api/v1/groups',
    summary: 'A group',
    body: z.strictObject({ name: z.string().max(255) }),
    answer: group,
    status: 201,
  }),
  removeGroup: route({
    ...manage,
    method: 'delete',
    path: '/api/v1/groups/{group}',
    summary: 'Remove a group with memberships and grants',
  }),
  listGroupMembers: route({
    ...see,
    method: 'get',
    path: '/api/v1/groups/{group}/members',
    summary: 'Who is in a group, and who says so',
    query: page,
    answer: listOf(z.strictObject({ user: z.string(), source: z.string() })),
    paged: true,
  }),
  addGroupMember: route({
    ...manage,
    method: 'put',
    path: '/api/v1/groups/{group}/members/{user}',
    summary: 'Put a user in a group',
  }),
  removeGroupMember: route({
    ...manage,
    method: 'delete',
    path: '/api/v1/groups/{group}/members/{user}',
    summary: 'Take a user out of a group',
  }),
}

export const ROLE_ROUTES = {
  listRoles: route({
    action: 'use API',
    resource: 'registry',
    method: 'get',
    path: '/api/v1/roles',
    summary: 'Roles of projects: those that are built in, and your own',
    answer: listOf(role),
  }),
  putRole: route({
    ...manage,
    method: 'put',
    path: '/api/v1/roles/{role}',
    summary: 'Make a role, or change what it allows',
    body: z.strictObject({ permissions: z.array(permission).min(1).max(20) }),
    answer: role,
  }),
  removeRole: route({
    ...manage,
    method: 'delete',
    path: '/api/v1/roles/{role}',
    summary: 'Remove a role that nobody has',
  }),
}
