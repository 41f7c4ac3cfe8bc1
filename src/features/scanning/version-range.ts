import { invalid } from '../access/index.ts'

export interface Bound {
  readonly relation: '<' | '<=' | '>' | '>=' | '='
  readonly version: string
}

const MOST_BOUNDS = 10
/** It is compared with thousands. */
const LONGEST = 128

/** `<2.17`, `>=1.0, <2.17`, `1.2.3`: all of it must hold. @throws INVALID. */
export function parseVersionRange(text: string | undefined): readonly Bound[] {
  if (text === undefined) return []
  const bounds = text.split(',').map(part => {
    const [, relation = '=', version = ''] = /^(<=|>=|<|>|==?)?\s*([^\s<>=,]+)$/.exec(part.trim()) ?? []
    if (version === '')
      throw invalid({ field: 'version', message: `"${part.trim()}" is none, such as "<2.17" or "1.2.3"` })
    if (version.length > LONGEST)
      throw invalid({ field: 'version', message: `names a version of more than ${LONGEST} characters` })
    return { relation: relation === '==' ? '=' : relation, version } as Bound
  })
  if (bounds.length > MOST_BOUNDS) throw invalid({ field: 'version', message: `has more than ${MOST_BOUNDS} parts` })
  return bounds
}

/** @param compare less than 0 when the first comes before the second. */
export function isWithin(
  version: string,
  bounds: readonly Bound[],
  compare: (a: string, b: string) => number,
): boolean {
  return bounds.every(bound => HOLDS[bound.relation](compare(version, bound.version)))
}

const HOLDS: Readonly<Record<Bound['relation'], (order: number) => boolean>> = {
  '<': order => order < 0,
  '<=': order => order <= 0,
  '>': order => order > 0,
  '>=': order => order >= 0,
  '=': order => order === 0,
}
