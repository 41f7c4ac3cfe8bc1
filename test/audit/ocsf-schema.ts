import schema from './ocsf-1.8.0.json' with { type: 'json' }

interface Attribute {
  readonly type?: string
  readonly object?: string
  readonly array?: boolean
  readonly required?: boolean
  readonly enum?: readonly number[]
}
interface Shape {
  readonly attributes: Readonly<Record<string, Attribute>>
  readonly constraints?: { readonly at_least_one?: readonly string[] }
}

const classes = schema.classes as Readonly<Record<string, Shape>>
const objects = schema.objects as Readonly<Record<string, Shape>>

/**
 * What is wrong with an event by the schema of OCSF 1.8.0: ocsf-1.8.0.json is made of github.com/ocsf/ocsf-schema (commit
 * 3dcb905, Apache-2.0), the two classes and the objects that we use, with what they inherit and include.
 */
export function faultsOf(event: Record<string, unknown>): string[] {
  const shape = classes[String(event.class_uid)]
  return shape ? faultsIn(event, shape, '') : [`no class ${event.class_uid}`]
}

function faultsIn(value: Record<string, unknown>, { attributes, constraints }: Shape, path: string): string[] {
  const missing = Object.entries(attributes).flatMap(([name, { required }]) =>
    required && !(name in value) ? [`${path}${name} is missing`] : [],
  )
  const oneOf = constraints?.at_least_one
  const none = oneOf && !oneOf.some(name => name in value) ? [`${path}: none of ${oneOf}`] : []
  const wrong = Object.entries(value).flatMap(([name, inner]) => {
    const attribute = attributes[name]
    if (!attribute) return [`${path}${name} is not known`]
    const items = attribute.array ? inner : [inner]
    if (!Array.isArray(items)) return [`${path}${name} is no list`]
    return items.flatMap(item => faultsOfItem(item, attribute, `${path}${name}`))
  })
  return [...missing, ...none, ...wrong]
}

function faultsOfItem(item: unknown, attribute: Attribute, path: string): string[] {
  if (attribute.object === 'object') return typeof item === 'object' ? [] : [`${path} is no object`]
  if (attribute.object) {
    const shape = objects[attribute.object]
    return shape
      ? faultsIn(item as Record<string, unknown>, shape, `${path}.`)
      : [`${path}: ${attribute.object} is not known here`]
  }
  if (attribute.enum && !attribute.enum.includes(item as number))
    return [`${path}: ${item} is none of ${attribute.enum}`]
  const expected = { integer_t: 'number', long_t: 'number', boolean_t: 'boolean' }[attribute.type ?? ''] ?? 'string'
  return typeof item === expected ? [] : [`${path} is no ${attribute.type}`]
}
