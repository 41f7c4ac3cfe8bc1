import { isObject } from '../../../oci/index.ts'
import { list } from '../../../platform/foreign-json/index.ts'
import type { Advisory } from '../advisory.ts'
import { BadRecord } from './bad-record.ts'
import { fieldsOf, textOf, textsOf } from './fields.ts'

/** Alpine's, Wolfi's and Chainguard's lists of what which version fixed: one document for each repository. */
export function isSecdb(value: unknown): boolean {
  return isObject(value) && Array.isArray(value.packages) && ('apkurl' in value || 'reponame' in value)
}

/** What tells the document from others: `alpine:v3.19/main`, `wolfi`. @throws BadRecord. */
export function secdbName(value: unknown): string {
  const { reponame, distroversion } = fieldsOf(value, 'The document')
  const ecosystem = secdbEcosystem(value)
  return textOf(distroversion) === '' ? ecosystem.toLowerCase() : `alpine:${textOf(distroversion)}/${textOf(reponame)}`
}

function secdbEcosystem(value: unknown): string {
  const { urlprefix, distroversion } = fieldsOf(value, 'The document')
  const version = textOf(distroversion)
  if (/wolfi/.test(textOf(urlprefix))) return 'Wolfi'
  if (/chainguard|cgr\.dev/.test(textOf(urlprefix))) return 'Chainguard'
  if (version === '') throw new BadRecord('The document does not say which distribution it is about')
  return version === 'edge' || version === 'edge-main' ? 'Alpine:edge' : `Alpine:${version}`
}

/** @throws BadRecord. */
export function readSecdb(value: unknown): readonly Advisory[] {
  const { packages } = fieldsOf(value, 'The document')
  const ecosystem = secdbEcosystem(value)
  return list(packages).flatMap(each => {
    const { pkg } = fieldsOf(each, 'An entry of "packages"')
    const { name, secfixes } = fieldsOf(pkg, 'A package')
    return readPackage(ecosystem, textOf(name), fieldsOf(secfixes ?? {}, `"secfixes" of ${textOf(name)}`))
  })
}

function readPackage(ecosystem: string, name: string, fixes: Readonly<Record<string, unknown>>): readonly Advisory[] {
  const byId = new Map<string, { aliases: Set<string>; fixed: string[] }>()
  for (const [version, ids] of Object.entries(fixes))
    for (const line of textsOf(ids)) {
      // Some entries name the same vulnerability in several ways, with spaces between.
      const [id, ...aliases] = line
        .trim()
        .split(/\s+/)
        .filter(word => /^[A-Za-z][\w.:-]*$/.test(word))
      if (id === undefined) continue
      const known = byId.get(id) ?? { aliases: new Set(), fixed: [] }
      byId.set(id, known)
      known.fixed.push(version)
      for (const alias of aliases) known.aliases.add(alias)
    }
  return [...byId].map(([id, { aliases, fixed }]) => ({
    record: `${name} ${id}`,
    id,
    aliases: [...aliases],
    upstream: [],
    related: [],
    summary: '',
    details: '',
    severity: undefined,
    vectors: [],
    published: undefined,
    modified: undefined,
    withdrawn: undefined,
    affected: [
      fixed.includes('0')
        ? { ecosystem, name, status: 'not affected', ranges: [], versions: [] }
        : {
            ecosystem,
            name,
            status: 'affected',
            // Fixed several times over: the last one holds.
            ranges: fixed.map(version => [{ introduced: '0' }, { fixed: version }]),
            versions: [],
          },
    ],
    url: urlOf(ecosystem, id),
  }))
}

function urlOf(ecosystem: string, id: string): string {
  if (ecosystem.startsWith('Alpine')) return `https://security.alpinelinux.org/vuln/${encodeURIComponent(id)}`
  return `https://images.chainguard.dev/security/${encodeURIComponent(id)}`
}
