import {
  changeRobot,
  createRobot,
  createRobotToken,
  findRobot,
  listRobots,
  listRobotTokens,
  removeRobot,
  revokeRobotToken,
  rotateRobotToken,
} from '../../../features/administration/index.ts'
import { type Handlers, paged } from '../handler.ts'
import { newTokenView, robotView, tokenView } from '../views.ts'

type Operations =
  | 'listRobots'
  | 'createRobot'
  | 'getRobot'
  | 'changeRobot'
  | 'removeRobot'
  | 'listRobotTokens'
  | 'createRobotToken'
  | 'rotateRobotToken'
  | 'revokeRobotToken'

const FIRST_TOKEN = 'first'

export const ROBOTS: Handlers<Operations> = {
  async listRobots({ administration, permit, query }) {
    const robots = await listRobots(administration, permit, query)
    return paged(robots, query.limit, robotView, ({ name }) => name.slice(name.indexOf('+') + 1))
  },
  async createRobot({ administration, permit, body: { lifetimeDays, ...input } }) {
    const token = { name: FIRST_TOKEN, lifetimeDays }
    const { robot, ...issued } = await createRobot(administration, permit, { ...input, token })
    return { ...robotView(robot), token: newTokenView(issued) }
  },
  getRobot: async ({ administration, permit, params }) =>
    robotView(await findRobot(administration, permit, params.robot)),
  changeRobot: async ({ administration, permit, params, body }) =>
    robotView(await changeRobot(administration, permit, params.robot, body)),
  async removeRobot({ administration, permit, params }) {
    await removeRobot(administration, permit, params.robot)
    return undefined
  },
  async listRobotTokens({ administration, permit, params }) {
    return { items: (await listRobotTokens(administration, permit, params.robot)).map(tokenView) }
  },
  createRobotToken: async ({ administration, permit, params, body }) =>
    newTokenView(await createRobotToken(administration, permit, params.robot, body)),
  rotateRobotToken: async ({ administration, permit, params, body }) =>
    newTokenView(await rotateRobotToken(administration, permit, { robot: params.robot, id: params.token }, body)),
  async revokeRobotToken({ administration, permit, params }) {
    await revokeRobotToken(administration, permit, { robot: params.robot, id: params.token })
    return undefined
  },
}
