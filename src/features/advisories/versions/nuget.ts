import { compareText, type Order } from './digits.ts'
import { compareParts, parseSemver } from './semver.ts'

/** NuGet's order: four numbers at most, prereleases without regard to case. */
export const compareNuget: Order = (a, b) =>
  compareParts(parseSemver(a), parseSemver(b), (x, y) => compareText(x.toLowerCase(), y.toLowerCase()))
