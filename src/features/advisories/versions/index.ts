import { tableOf } from '../../../platform/foreign-json/index.ts'
import { compareApk } from './apk.ts'
import type { Order } from './digits.ts'
import { compareDpkg } from './dpkg.ts'
import { compareMaven } from './maven.ts'
import { compareNuget } from './nuget.ts'
import { comparePackagist } from './packagist.ts'
import { comparePep440 } from './pep440.ts'
import { compareRpm } from './rpm.ts'
import { compareRubygems } from './rubygems.ts'
import { compareSemver } from './semver.ts'

export { compareText, type Order } from './digits.ts'

const ORDERS = tableOf<Order>({
  Debian: compareDpkg,
  Ubuntu: compareDpkg,
  Echo: compareDpkg,
  Alpine: compareApk,
  Wolfi: compareApk,
  Chainguard: compareApk,
  Alpaquita: compareApk,
  MinimOS: compareApk,
  'Red Hat': compareRpm,
  'Rocky Linux': compareRpm,
  AlmaLinux: compareRpm,
  openSUSE: compareRpm,
  SUSE: compareRpm,
  'Amazon Linux': compareRpm,
  'Azure Linux': compareRpm,
  'Photon OS': compareRpm,
  Fedora: compareRpm,
  'Oracle Linux': compareRpm,
  openEuler: compareRpm,
  Mageia: compareRpm,
  PyPI: comparePep440,
  Maven: compareMaven,
  RubyGems: compareRubygems,
  NuGet: compareNuget,
  Packagist: comparePackagist,
})

/** How the versions of an ecosystem follow each other; any text is a version, of the lowest kind if it is none. */
export function orderOf(ecosystem: string): Order {
  return ORDERS[ecosystem.split(':', 1)[0] as string] ?? compareSemver
}

/** Whether packages of the ecosystem come from a distribution, which speaks of them with an authority of its own. */
export function isDistribution(ecosystem: string): boolean {
  const order = orderOf(ecosystem)
  return order === compareDpkg || order === compareApk || order === compareRpm
}
