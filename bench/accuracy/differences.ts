import { type PackageUrl, parsePurl } from '../../src/features/inventory/index.ts'

/** A package as either of the two tells of it. */
export interface Told {
  readonly purl: string
  readonly path: string
  /** Only a lock file names it. */
  readonly isDeclared: boolean
}

export interface Difference {
  readonly ecosystem: string
  readonly package: string
  readonly path: string
}

/** How what was found in an image compares, for one ecosystem. */
export interface Compared {
  readonly ecosystem: string
  readonly theirs: number
  readonly ours: number
  readonly both: number
  /** The same archive, which Berth names by its file and the other by its manifest. */
  readonly namedOtherwise: readonly Difference[]
  readonly missing: readonly Difference[]
  readonly extra: readonly Difference[]
}

interface Keyed extends Told {
  readonly ecosystem: string
  readonly key: string
}

export function compare(ours: readonly Told[], theirs: readonly Told[]): readonly Compared[] {
  const [own, other] = [keyed(ours), keyed(theirs)]
  const ecosystems = [...new Set([...own, ...other].map(({ ecosystem }) => ecosystem))].sort()
  return ecosystems.map(ecosystem => {
    const mine = new Map(own.filter(one => one.ecosystem === ecosystem).map(one => [one.key, one]))
    const yours = new Map(other.filter(one => one.ecosystem === ecosystem).map(one => [one.key, one]))
    const lacking = [...yours.values()].filter(({ key }) => !mine.has(key))
    const added = [...mine.values()].filter(({ key }) => !yours.has(key))
    const addedAt = new Set(added.map(({ path }) => path))
    const otherwise = ecosystem === 'maven' ? lacking.filter(({ path }) => addedAt.has(path)) : []
    const otherwiseAt = new Set(otherwise.map(({ path }) => path))
    return {
      ecosystem,
      theirs: yours.size,
      ours: mine.size,
      both: yours.size - lacking.length,
      namedOtherwise: otherwise.map(asDifference),
      missing: lacking.filter(({ path }) => !otherwiseAt.has(path)).map(asDifference),
      extra: added.filter(({ path }) => !otherwiseAt.has(path)).map(asDifference),
    }
  })
}

const asDifference = ({ ecosystem, key, path }: Keyed): Difference => ({ ecosystem, package: key, path })

/** Those with a version: nothing can be said of a package without one. */
function keyed(told: readonly Told[]): readonly Keyed[] {
  return told.flatMap(one => {
    const purl = parsePurl(one.purl)
    return purl.version === undefined || purl.version === 'UNKNOWN'
      ? []
      : [{ ...one, ecosystem: purl.type, key: `${nameOf(purl)} ${purl.version}` }]
  })
}

/** Of Maven without the group, which has to be guessed where an archive does not say; of Go whatever its case. */
function nameOf({ type, namespace, name }: PackageUrl): string {
  if (type === 'maven' || type === 'deb') return name
  const whole = namespace === undefined ? name : `${namespace}/${name}`
  return type === 'golang' || type === 'nuget' ? whole.toLowerCase() : whole
}
