import type { RequestedScope } from '../../features/access/index.ts'
import { isRepositoryName, RegistryError } from '../../oci/index.ts'

const MOST_SCOPES = 100
const TYPE = /^[a-z0-9]+(\([a-z0-9]+\))?$/
/** With the class that some clients give: `repository(plugin)`. */
const REPOSITORY = /^repository(\([a-z0-9]+\))?$/

/**
 * The scopes of a token request: several parameters, or several in one with spaces between them
 * (https://distribution.github.io/distribution/spec/auth/scope/). What is no repository of a valid name, or of a type
 * that Berth does not know, cannot be granted and is left out, as the grammar's authors want it.
 * @throws DENIED with 400 for what is no scope at all.
 */
export function parseScopes(parameters: readonly string[]): readonly RequestedScope[] {
  const texts = parameters.flatMap(parameter => parameter.split(' ')).filter(Boolean)
  if (texts.length > MOST_SCOPES)
    throw new RegistryError('DENIED', `At most ${MOST_SCOPES} scopes go with one request.`, { status: 400 })
  return texts.flatMap(text => parseScope(text) ?? [])
}

function parseScope(text: string): RequestedScope | undefined {
  const first = text.indexOf(':')
  const last = text.lastIndexOf(':')
  const type = text.slice(0, first)
  if (first < 0 || first === last || !TYPE.test(type)) {
    throw new RegistryError(
      'DENIED',
      `${JSON.stringify(text.slice(0, 300))} is not a scope: it is type:name:actions, such as repository:shop/web:pull,push.`,
      { status: 400 },
    )
  }
  const name = text.slice(first + 1, last)
  const actions = text.slice(last + 1).split(',')
  if (type === 'registry' && name === 'catalog') return { type, name, actions }
  if (REPOSITORY.test(type) && isRepositoryName(name)) return { type: 'repository', repository: name, actions }
  return undefined
}
