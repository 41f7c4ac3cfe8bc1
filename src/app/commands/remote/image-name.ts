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
  const name = behindAddress(text)
  if (name !== undefined)
    throw new CommandError(
      `"${text}": leave the registry's address away, and give ${name}. It is asked at BERTH_URL, or where you logged in.`,
    )
  const [, repository = '', tag, digest] = /^([^:@]+)(?::([^@]+)|@(.+))?$/.exec(text) ?? []
  if (repository === '') throw new CommandError(`"${text}" is neither an image nor a repository.`)
  const reference = tag ?? digest
  return { repository, ...(reference === undefined ? {} : { reference }) }
}

/** What stands behind the address of a registry, as clients name images; undefined when there is none. */
function behindAddress(text: string): string | undefined {
  const bare = text.replace(/^https?:\/\//, '')
  const [first = '', ...rest] = bare.split('/')
  // A name with dots may be a project's: only a port, a scheme or this machine's name tell that it is an address.
  const isAddress = bare !== text || first === 'localhost' || /:\d+$/.test(first)
  return isAddress && rest.length > 0 ? rest.join('/') : undefined
}
