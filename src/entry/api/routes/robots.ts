import { z } from 'zod'
import { route } from '../route.ts'
import {
  grantShape,
  lifetimeDays,
  listOf,
  newToken,
  page,
  robot,
  rotation,
  state,
  token,
  tokenName,
} from '../schemas.ts'

const manage = { action: 'manage members', resource: 'project' } as const

const LIFETIME_DAYS = 90

export const ROBOT_ROUTES = {
  listRobots: route({
    ...manage,
    method: 'get',
    path: '/api/v1/projects/{project}/robots',
    summary: 'Robots by name',
    query: page,
    answer: listOf(robot),
    paged: true,
  }),
  createRobot: route({
    ...manage,
    method: 'post',
    path: '/api/v1/projects/{project}/robots',
    summary: 'A robot with what it may do and its first secret',
    body: z.strictObject({
      name: z.string().max(64).describe('without the project'),
      description: z.string().max(500).default(''),
      grants: z.array(z.strictObject(grantShape)).min(1).max(20),
      lifetimeDays: lifetimeDays.default(LIFETIME_DAYS),
    }),
    answer: z.strictObject({ ...robot.shape, token: newToken }),
    status: 201,
  }),
  getRobot: route({
    ...manage,
    method: 'get',
    path: '/api/v1/projects/{project}/robots/{robot}',
    summary: 'One robot',
    answer: robot,
  }),
  changeRobot: route({
    ...manage,
    method: 'patch',
    path: '/api/v1/projects/{project}/robots/{robot}',
    summary: 'Describe, disable or enable a robot',
    body: z.strictObject({ description: z.string().max(500).optional(), state: state.optional() }),
    answer: robot,
  }),
  removeRobot: route({
    ...manage,
    method: 'delete',
    path: '/api/v1/projects/{project}/robots/{robot}',
    summary: 'Remove a robot with its grants and secrets',
  }),
  listRobotTokens: route({
    ...manage,
    method: 'get',
    path: '/api/v1/projects/{project}/robots/{robot}/tokens',
    summary: 'The tokens of a robot, newest first',
    answer: listOf(token),
  }),
  createRobotToken: route({
    ...manage,
    method: 'post',
    path: '/api/v1/projects/{project}/robots/{robot}/tokens',
    summary: 'One more secret for a robot',
    body: z.strictObject({ name: tokenName, lifetimeDays: lifetimeDays.default(LIFETIME_DAYS) }),
    answer: newToken,
    status: 201,
  }),
  rotateRobotToken: route({
    ...manage,
    method: 'post',
    path: '/api/v1/projects/{project}/robots/{robot}/tokens/{token}/rotate',
    summary: 'A new secret in the place of the old one',
    body: rotation,
    answer: newToken,
    status: 201,
  }),
  revokeRobotToken: route({
    ...manage,
    method: 'delete',
    path: '/api/v1/projects/{project}/robots/{robot}/tokens/{token}',
    summary: 'Revoke a token of a robot',
  }),
}
