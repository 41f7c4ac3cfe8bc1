import type { Compilable } from 'kysely'
import type { Placeholders, Queries } from './engine.ts'

class Placeholder {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** A query as text, and what binds its parameters in the order of the text. */
export interface CompiledPrepared<Parameters> {
  readonly text: string
  bind(parameters: Parameters): unknown[]
}

/** Compiles a query once, for an engine that runs it many times. */
export function compilePrepared<Parameters extends object>(
  db: Queries,
  build: (db: Queries, parameter: Placeholders<Parameters>) => Compilable<unknown>,
): CompiledPrepared<Parameters> {
  const parameter = ((name: string) => new Placeholder(name)) as unknown as Placeholders<Parameters>
  const { sql, parameters } = build(db, parameter).compile()
  const bindings = parameters.map(value =>
    value instanceof Placeholder ? (given: Parameters) => given[value.name as keyof Parameters] : () => value,
  )
  return { text: sql, bind: given => bindings.map(binding => binding(given)) }
}
