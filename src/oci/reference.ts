import { type Digest, parseDigest, quoted } from './digest.ts'
import { RegistryError } from './registry-error.ts'

declare const name: unique symbol
declare const tag: unique symbol
/** `<name>` of the distribution specification v1.1.1, spec.md#pulling-manifests. */
export type RepositoryName = string & { readonly [name]: 'RepositoryName' }
/** A `<reference>` that is not a digest. */
export type Tag = string & { readonly [tag]: 'Tag' }
export type Reference = { readonly tag: Tag } | { readonly digest: Digest }

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const NAME = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`)
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/
/** Clients limit host, slash and name to 255 together, so a longer name could never be pulled. */
export const MAX_NAME_LENGTH = 255

export function isRepositoryName(text: string, maxLength: number = MAX_NAME_LENGTH): text is RepositoryName {
  return text.length <= maxLength && NAME.test(text)
}

export function parseRepositoryName(text: string, maxLength: number = MAX_NAME_LENGTH): RepositoryName {
  if (isRepositoryName(text, maxLength)) return text
  if (text.length > maxLength) {
    throw new RegistryError(
      'NAME_INVALID',
      `The repository name has ${text.length} characters; at most ${maxLength} are allowed.`,
    )
  }
  throw new RegistryError(
    'NAME_INVALID',
    `${quoted(text)} is not a repository name: use lower-case letters and digits, separated by one of ". _ __ -" inside a component and "/" between components.`,
  )
}

export function isTag(text: string): text is Tag {
  return TAG.test(text)
}

export function parseTag(text: string): Tag {
  if (isTag(text)) return text
  throw new RegistryError(
    'MANIFEST_INVALID',
    `${quoted(text)} is not a tag: 1 to 128 letters, digits, "_", "." or "-", not beginning with "." or "-".`,
  )
}

export function parseReference(text: string): Reference {
  return text.includes(':') ? { digest: parseDigest(text) } : { tag: parseTag(text) }
}
