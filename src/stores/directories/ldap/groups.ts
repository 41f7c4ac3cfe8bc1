import type { Client, Entry } from 'ldapts'
import { Unavailable } from '../../../platform/outcome/index.ts'
import { isBelow, leafValue, normalizeDn } from './dn.ts'
import { textOf, textsOf } from './entry.ts'
import { escapeFilterValue, fillTemplate } from './escape.ts'
import type { GroupsFromAttribute, GroupsFromSearch } from './settings.ts'

const MOST_GROUPS = 1000
const DEEPEST = 10

export function groupsFromAttribute(entry: Entry, { attribute, base }: GroupsFromAttribute): readonly string[] {
  const names = textsOf(entry, attribute)
  return base === undefined ? names : names.filter(name => isBelow(name, base)).map(leafValue)
}

/** Groups that have the entry for a member; with `nested`, and those that have such a group for one, and so on. */
export async function searchGroups(
  client: Client,
  member: { readonly dn: string; readonly name: string },
  { base, filter, nameAttribute, nested }: GroupsFromSearch,
  timeLimit: number,
): Promise<readonly string[]> {
  const found = new Map<string, string>()
  let members = [member]
  for (let depth = 0; members.length > 0 && depth < (nested ? DEEPEST : 1); depth += 1) {
    const next: (typeof member)[] = []
    for (const values of members) {
      const { searchEntries } = await client.search(base, {
        scope: 'sub',
        filter: fillTemplate(filter, values, escapeFilterValue),
        attributes: [nameAttribute],
        sizeLimit: MOST_GROUPS,
        timeLimit,
      })
      for (const group of searchEntries) {
        const key = normalizeDn(group.dn)
        const name = textOf(group, nameAttribute)
        if (name === undefined || found.has(key)) continue
        found.set(key, name)
        next.push({ dn: group.dn, name })
      }
      // Fewer groups than somebody has could be more rights than they should have: a rule may speak of all of them.
      if (found.size >= MOST_GROUPS)
        throw new Unavailable(`The directory has ${MOST_GROUPS} groups or more for one entry.`)
    }
    members = next
  }
  return [...new Set(found.values())]
}
