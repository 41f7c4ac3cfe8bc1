import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine } from '../engine.ts'
import { withinQuotas } from '../usage/within-quotas.ts'
import { type ProjectRename, type ProjectRenameOutcome, renameProject } from './rename-project.ts'
import { type RepositoryRename, type RepositoryRenameOutcome, renameRepository } from './rename-repository.ts'

/** Each in one transaction, durable. Pulls by the old name go on: redirects.ts. */
export interface Names {
  /** @throws OverQuota. */
  renameRepository(
    rename: RepositoryRename,
    record?: Recording<RepositoryRenameOutcome>,
  ): Promise<RepositoryRenameOutcome>
  renameProject(rename: ProjectRename, record?: Recording<ProjectRenameOutcome>): Promise<ProjectRenameOutcome>
}

export function createNames(engine: Engine): Names {
  return {
    renameRepository: (rename, record) =>
      recordedWrite(engine, record, async queries => {
        const renamed = await withinQuotas(queries, { change: rename, repository: rename.to }, () =>
          renameRepository(queries, rename),
        )
        return renamed.result
      }),
    renameProject: (rename, record) => recordedWrite(engine, record, queries => renameProject(queries, rename)),
  }
}
