import {
  addMember,
  addTrustRule,
  changePolicy,
  changeProject,
  closeGlass,
  createProject,
  findProject,
  listMembers,
  listProjects,
  listTrustRules,
  openGlass,
  removeMember,
  removeProject,
  removeTrustRule,
} from '../../../features/administration/index.ts'
import { type Handlers, paged } from '../handler.ts'
import { instant, memberView, projectView, trustRuleView } from '../views.ts'
import { parseId } from './parse-id.ts'

type Operations =
  | 'listProjects'
  | 'createProject'
  | 'getProject'
  | 'changeProject'
  | 'removeProject'
  | 'changePolicy'
  | 'openGlass'
  | 'closeGlass'
  | 'listMembers'
  | 'addMember'
  | 'removeMember'
  | 'listTrustRules'
  | 'addTrustRule'
  | 'removeTrustRule'

export const PROJECTS: Handlers<Operations> = {
  async listProjects({ administration, permit, query }) {
    const { projects, last } = await listProjects(administration, permit, query)
    return { items: projects.map(projectView), next: last }
  },
  createProject: async ({ administration, permit, body }) =>
    projectView(await createProject(administration, permit, body)),
  getProject: async ({ administration, permit }) => projectView(await findProject(administration, permit)),
  changeProject: async ({ administration, permit, body }) =>
    projectView(await changeProject(administration, permit, body)),
  async removeProject({ administration, permit }) {
    await removeProject(administration, permit)
    return undefined
  },
  changePolicy: async ({ administration, permit, body }) =>
    projectView(await changePolicy(administration, permit, body)),
  async openGlass({ administration, permit, body }) {
    const { endsAt } = await openGlass(administration, permit, body)
    return { endsAt: instant(endsAt) }
  },
  async closeGlass({ administration, permit, query }) {
    await closeGlass(administration, permit, query.user)
    return undefined
  },
  async listMembers({ administration, permit, query: { after, limit } }) {
    const page = { limit, after: after === undefined ? undefined : parseId(after, 'after') }
    return paged(await listMembers(administration, permit, page), limit, memberView, ({ id }) => String(id))
  },
  addMember: async ({ administration, permit, body }) => memberView(await addMember(administration, permit, body)),
  async removeMember({ administration, permit, params }) {
    await removeMember(administration, permit, parseId(params.member, 'member'))
    return undefined
  },
  async listTrustRules({ administration, permit }) {
    return { items: (await listTrustRules(administration, permit)).map(trustRuleView) }
  },
  addTrustRule: async ({ administration, permit, body: { name, ...rule } }) =>
    trustRuleView(await addTrustRule(administration, permit, { name, rule })),
  async removeTrustRule({ administration, permit, params }) {
    await removeTrustRule(administration, permit, params.rule)
    return undefined
  },
}
