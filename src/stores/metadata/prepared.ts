import { type Compilable, CompiledQuery } from 'kysely'
import type { Placeholders, PreparedBuild, Queries } from './engine.ts'
import { isPostgres } from './refuse-changes.ts'

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

/**
 * A query compiled once, to be run in whatever transaction. Compiling takes several times as long as a small query
 * itself, and those that every push makes are felt.
 */
export function compiledOnce<Parameters extends object, Row>(build: PreparedBuild<Parameters, Row>) {
  const compiled = new Map<boolean, CompiledPrepared<Parameters>>()
  return async (queries: Queries, parameters: Parameters): Promise<readonly Row[]> => {
    const dialect = isPostgres(queries)
    let prepared = compiled.get(dialect)
    if (!prepared) {
      prepared = compilePrepared(queries, build)
      compiled.set(dialect, prepared)
    }
    const { rows } = await queries.executeQuery<Row>(CompiledQuery.raw(prepared.text, prepared.bind(parameters)))
    return rows
  }
}
