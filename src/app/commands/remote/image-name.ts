import { CommandError } from '../../command-error.ts'

export interface NamedImage {
  readonly repository: string
  readonly reference: string
}

/** `team/app:v1` or `team/app@sha256:…`, without a registry's address. @throws CommandError. */
export function imageNamed(text: string): NamedImage {
  const named = labelledBy(text)
  if (named.reference !== undefined) return { repository: named.repository, reference: named.reference }
  throw new CommandError(`"${text}" is no image: give REPOSITORY:TAG or REPOSITORY@DIGEST.`)
}

/** As {@link imageNamed}, or a repository alone. */
export function labelledBy(text: string): { readonly repository: string; readonly reference?: string } {
  const [, repository = '', tag, digest] = /^([^:@]+)(?::([^@]+)|@(.+))?$/.exec(text) ?? []
  if (repository === '') throw new CommandError(`"${text}" is neither an image nor a repository.`)
  const reference = tag ?? digest
  return { repository, ...(reference === undefined ? {} : { reference }) }
}
