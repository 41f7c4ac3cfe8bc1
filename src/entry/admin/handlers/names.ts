import {
  deleteTag,
  listRedirects,
  listTagHistory,
  type RedirectView,
  removeRedirect,
  renameProject,
  renameRepository,
  restoreTag,
  setTag,
  type TagChange,
} from '../../../features/repositories/index.ts'
import { type Handlers, paged } from '../handler.ts'
import { instant, instantOrNone } from '../views.ts'
import { parseId } from './parse-id.ts'

type Operations =
  | 'tagHistory'
  | 'setTag'
  | 'restoreTag'
  | 'deleteTag'
  | 'renameRepository'
  | 'renameProject'
  | 'listRedirects'
  | 'removeRedirect'

export const NAMES: Handlers<Operations> = {
  async tagHistory({ names, permit, params: { tag }, query: { repository, after, limit } }) {
    const page = { limit, before: after === undefined ? undefined : parseId(after, 'after') }
    const changes = await listTagHistory(names, permit, { repository, tag }, page)
    return paged(changes, limit, changeView, ({ number }) => String(number))
  },
  setTag: ({ names, permit, params: { tag }, body: { repository, digest } }) =>
    setTag(names, permit, { repository, tag }, digest),
  restoreTag: ({ names, permit, params: { tag }, body: { repository, digest, before } }) =>
    restoreTag(
      names,
      permit,
      { repository, tag },
      { digest, before: before === undefined ? undefined : Date.parse(before) },
    ),
  async deleteTag({ names, permit, params: { tag }, query: { repository } }) {
    await deleteTag(names, permit, { repository, tag })
    return undefined
  },
  renameRepository: ({ names, permit, body }) => renameRepository(names, permit, body),
  renameProject: ({ names, permit, body }) => renameProject(names, permit, body),
  listRedirects: async ({ names, permit, query }) =>
    paged(await listRedirects(names, permit, query), query.limit, redirectView, ({ name }) => name),
  async removeRedirect({ names, permit, query: { name } }) {
    await removeRedirect(names, permit, name)
    return undefined
  },
}

function changeView({ at, endedAt, ...change }: TagChange) {
  return { ...change, at: instant(at), endedAt: instantOrNone(endedAt) }
}

function redirectView({ createdAt, ...redirect }: RedirectView) {
  return { ...redirect, createdAt: instant(createdAt) }
}
