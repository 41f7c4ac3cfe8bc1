import { randomUUID } from 'node:crypto'
import type { DigestAlgorithm } from '../../../oci/index.ts'
import { type Permit, repositoryOf } from '../../access/index.ts'
import type { Content } from '../content.ts'

/** Opens an upload session that belongs to the permit's repository and principal. Gives its id. */
export async function startUpload(
  content: Content,
  permit: Permit<'push'>,
  algorithm: DigestAlgorithm,
): Promise<string> {
  const id = randomUUID()
  await content.sessions.start({
    id,
    repository: repositoryOf(permit),
    principal: permit.principal.id,
    algorithm,
    now: content.clock(),
  })
  return id
}
