import {
  listTrash,
  purgeEntry,
  purgeTrash,
  type RestoreAnswer,
  restoreDeletion,
  restoreEntry,
  type TrashEntry,
} from '../../../features/trash/index.ts'
import { parseRepositoryName, type RepositoryName } from '../../../oci/index.ts'
import type { Handlers } from '../handler.ts'
import { instant } from '../views.ts'

type Operations = 'listTrash' | 'restoreTrash' | 'restoreDeletion' | 'purgeEntry' | 'purgeTrash'

export const TRASH: Handlers<Operations> = {
  async listTrash({ trashes, permit, query: { repository, deletion, after, limit } }) {
    const filter = { repository: repositoryOf(repository), deletion }
    const { entries, last } = await listTrash(trashes, permit, filter, { after, limit })
    return { items: entries.map(entryView), next: last }
  },
  restoreTrash: async ({ trashes, permit, params, body }) =>
    restoredView(await restoreEntry(trashes, permit, params.entry, body)),
  async restoreDeletion({ trashes, permit, params, body: { overwrite, repository, after } }) {
    const which = { deletion: params.deletion, repository: repositoryOf(repository), after }
    const { next, ...answer } = await restoreDeletion(trashes, permit, which, { overwrite })
    return { ...restoredView(answer), next }
  },
  async purgeEntry({ trashes, permit, params }) {
    await purgeEntry(trashes, permit, params.entry)
    return undefined
  },
  purgeTrash: ({ trashes, permit, query: { repository, deletion, after } }) =>
    purgeTrash(trashes, permit, { repository: repositoryOf(repository), deletion, after }),
}

function repositoryOf(text: string | undefined): RepositoryName | undefined {
  return text === undefined ? undefined : parseRepositoryName(text)
}

function entryView(entry: TrashEntry) {
  const { id, repository, kind, digest, tags, mediaType, artifactType, subject, sizeBytes } = entry
  const { deletion, deletedAt, expiresAt, deletedBy, rule } = entry
  return {
    id,
    repository,
    kind,
    digest,
    tags,
    mediaType,
    artifactType,
    subject,
    sizeBytes,
    deletion,
    deletedAt: instant(deletedAt),
    expiresAt: instant(expiresAt),
    deletedBy,
    rule,
  }
}

function restoredView({ restored, keptTags, notRestored }: RestoreAnswer) {
  return {
    restored: restored.map(({ id, repository, kind, digest, setTags }) => ({
      id,
      repository,
      kind,
      digest,
      tags: setTags.map(({ tag }) => tag),
    })),
    keptTags: keptTags.map(({ repository, tag, digest, pointsAt, because }) => ({
      repository,
      tag,
      digest,
      pointsAt,
      because,
    })),
    notRestored,
  }
}
