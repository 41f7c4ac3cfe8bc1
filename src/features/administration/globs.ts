import { invalid } from '../access/index.ts'

const REPOSITORIES = /^[a-z0-9._/*?-]{1,255}$/
const TAGS = /^[A-Za-z0-9._*?-]{1,128}$/

/**
 * A pattern of repositories in one project: `**` for all, or one that begins with the project's name.
 * @throws INVALID: one that begins otherwise would never match, and whoever wrote it thinks it does.
 */
export function requireRepositories(project: string, glob: string, field: string): void {
  const isInside = glob === '**' || glob === project || glob.startsWith(`${project}/`)
  if (REPOSITORIES.test(glob) && isInside) return
  throw invalid({ field, message: `expected "**" or a pattern that begins with ${project}/, such as ${project}/web/*` })
}

/** @throws INVALID. */
export function requireTags(glob: string, field: string): void {
  if (!TAGS.test(glob)) throw invalid({ field, message: 'expected a pattern of tags, such as v1.* or *' })
}
