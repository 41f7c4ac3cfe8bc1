import { pypiName } from '../../../platform/package-names/index.ts'

/** An ecosystem as packages have it; OSV knows some of them more finely. */
export function ecosystemOf(written: string): string {
  const redHat = /^Red Hat:enterprise_linux:(\d+)/.exec(written)
  if (redHat) return `Red Hat:${redHat[1]}`
  if (written.startsWith('Maven:')) return 'Maven'
  return written
}

/** A name as packages of the ecosystem have it. */
export function nameOf(ecosystem: string, written: string): string {
  if (ecosystem === 'PyPI') return pypiName(written)
  if (ecosystem === 'Packagist') return written.toLowerCase()
  return written
}
