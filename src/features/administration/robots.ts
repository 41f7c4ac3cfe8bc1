import type { Credential, IdentityState, Robot } from '../../stores/metadata/index.ts'
import { conflict, difference, done, notFound, type Permit, projectOfPermit } from '../access/index.ts'
import { parseRobotName, robotName } from '../identity/index.ts'
import type { Administration, PageOf } from './administration.ts'
import { type GrantInput, resolveGrant } from './members.ts'
import { reachOfRobot, requireReach } from './reach.ts'
import {
  detailOf,
  type IssuedSecret,
  issueToken,
  newToken,
  type RotationInput,
  revokeToken,
  rotateToken,
  type TokenInput,
} from './tokens.ts'

type Manage = Permit<'manage members'>

export interface RobotInput {
  /** Without the project. */
  readonly name: string
  readonly description: string
  readonly grants: readonly GrantInput[]
  readonly token: TokenInput
}

/** @throws NOT_FOUND. @param page its `after` is a name without the project. */
export async function listRobots({ identities }: Administration, permit: Manage, { after, limit }: PageOf<string>) {
  const project = projectOfPermit(permit)
  const from = after === undefined ? undefined : robotName(project, after)
  const robots = await identities.robots.list(project, { after: from, limit })
  if (!robots) throw notFound(`project ${project}`)
  return robots
}

export async function findRobot({ identities }: Administration, permit: Manage, name: string): Promise<Robot> {
  const project = projectOfPermit(permit)
  const robot = await identities.robots.find(project, robotName(project, parseRobotName(name)))
  if (!robot) throw notFound(`robot ${robotName(project, name)}`)
  return robot
}

/**
 * A robot with what it may do and its first secret, at once.
 * @throws NAME_INVALID, INVALID, CONFLICT, DENIED when the robot would get more than the caller has.
 */
export async function createRobot(
  administration: Administration,
  permit: Manage,
  { name: text, description, grants, token: input }: RobotInput,
): Promise<IssuedSecret & { readonly robot: Robot }> {
  const project = projectOfPermit(permit)
  const name = robotName(project, parseRobotName(text))
  const resolved = []
  for (const [index, grant] of grants.entries())
    resolved.push(await resolveGrant(administration, permit, grant, `grants.${index}.`))
  await requireReach(
    administration,
    permit,
    resolved.map(({ reach }) => reach),
  )
  const { token: credential, secret } = newToken(administration, 'robot', input)
  const now = credential.createdAt
  const rows = resolved.map(({ role, reach: { repositories, tags } }) => ({ role, repositories, tags }))
  const detail = {
    grants: rows.map(({ role, repositories, tags }) => `${role} in ${repositories}, tags ${tags}`),
  }
  const robot = await administration.identities.robotSetup.create(
    project,
    { name, description, grants: rows, credential, now },
    result =>
      typeof result === 'string'
        ? []
        : [
            done(permit, { type: 'robot.create', at: now, kind: 'robot', id: name, detail }),
            done(permit, {
              type: 'token.create',
              at: now,
              kind: 'token',
              id: credential.id,
              detail: { ...detailOf(credential), robot: name },
            }),
          ],
  )
  if (robot === 'unknown project') throw notFound(`project ${project}`)
  if (robot === 'name taken') throw conflict(`There is a robot ${name} already.`)
  const { secretHash: _, ...shown } = credential
  const owner = { kind: 'robot', id: robot.id } as const
  return { robot, secret, credential: { ...shown, owner, usedAt: undefined, revokedAt: undefined } }
}

/** @throws NOT_FOUND. */
export async function changeRobot(
  administration: Administration,
  permit: Manage,
  name: string,
  change: { readonly description?: string | undefined; readonly state?: IdentityState | undefined },
): Promise<Robot> {
  const robot = await findRobot(administration, permit, name)
  if (change.state === 'active') await requireReachOf(administration, permit, robot)
  const { description, state } = robot
  const detail = difference({ description, state }, { ...change })
  const entry = { type: 'robot.update', at: administration.clock(), kind: 'robot', id: robot.name, detail }
  const columns = {
    ...(change.description === undefined ? {} : { description: change.description }),
    ...(change.state === undefined ? {} : { state: change.state }),
  }
  await administration.identities.robots.update(projectOfPermit(permit), robot.name, columns, isDone =>
    isDone ? [done(permit, entry)] : [],
  )
  return findRobot(administration, permit, name)
}

/** With its grants and secrets. @throws NOT_FOUND. */
export async function removeRobot(administration: Administration, permit: Manage, name: string): Promise<void> {
  const robot = await findRobot(administration, permit, name)
  const entry = { type: 'robot.delete', at: administration.clock(), kind: 'robot', id: robot.name }
  const removed = await administration.identities.robots.remove(projectOfPermit(permit), robot.name, isGone =>
    isGone ? [done(permit, entry)] : [],
  )
  if (!removed) throw notFound(`robot ${robot.name}`)
}

export async function listRobotTokens(
  administration: Administration,
  permit: Manage,
  name: string,
): Promise<readonly Credential[]> {
  const { id } = await findRobot(administration, permit, name)
  return administration.identities.credentials.list({ kind: 'robot', id })
}

/** @throws DENIED when the robot may do more than the caller: its secret would be a way to it. */
export async function createRobotToken(
  administration: Administration,
  permit: Manage,
  name: string,
  input: TokenInput,
): Promise<IssuedSecret> {
  const robot = await findRobot(administration, permit, name)
  await requireReachOf(administration, permit, robot)
  return issueToken(administration, permit, { kind: 'robot', id: robot.id }, input)
}

/** @throws as {@link createRobotToken}. */
export async function rotateRobotToken(
  administration: Administration,
  permit: Manage,
  { robot: name, id }: { readonly robot: string; readonly id: string },
  input: RotationInput,
): Promise<IssuedSecret> {
  const robot = await findRobot(administration, permit, name)
  await requireReachOf(administration, permit, robot)
  return rotateToken(administration, permit, { owner: { kind: 'robot', id: robot.id }, id }, input)
}

export async function revokeRobotToken(
  administration: Administration,
  permit: Manage,
  { robot: name, id }: { readonly robot: string; readonly id: string },
): Promise<void> {
  const robot = await findRobot(administration, permit, name)
  await revokeToken(administration, permit, { owner: { kind: 'robot', id: robot.id }, id })
}

async function requireReachOf(administration: Administration, permit: Manage, { id }: Robot): Promise<void> {
  await requireReach(administration, permit, await reachOfRobot(administration, permit, id))
}
