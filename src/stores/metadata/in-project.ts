import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import type { RepositoryName } from '../../oci/index.ts'
import type { Schema } from './schema.ts'

/** Is the repository one of the project's? Of a query that `repositories` is a part of. */
export function isInProject<Others extends keyof Schema>(
  where: ExpressionBuilder<Schema, Others | 'repositories'>,
  project: string,
): Expression<SqlBool> {
  const eb = where as unknown as ExpressionBuilder<Schema, 'repositories'>
  return eb.or([
    eb('repositories.name', '=', project as RepositoryName),
    // Everything that begins with "name/": "0" follows "/".
    eb.and([
      eb('repositories.name', '>', `${project}/` as RepositoryName),
      eb('repositories.name', '<', `${project}0` as RepositoryName),
    ]),
  ])
}
