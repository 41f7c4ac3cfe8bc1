import { CommandError } from '../../command-error.ts'

/** A project, or, with --registry, all of them: undefined. @throws CommandError when it is neither or both. */
export function scopeNamed(project: string | undefined, registry: boolean | undefined): string | undefined {
  if ((project === undefined) === (registry !== true))
    throw new CommandError('Give a project, or --registry for the registry as a whole.')
  return project
}

export const WHOLE = ['--registry', 'of the registry as a whole, instead of a project'] as const
