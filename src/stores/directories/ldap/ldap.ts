import {
  type Client,
  type Entry,
  InappropriateAuthError,
  InvalidCredentialsError,
  UnwillingToPerformError,
} from 'ldapts'
import { Unavailable, within } from '../../../platform/outcome/index.ts'
import type { Secret } from '../../../platform/secrets/index.ts'
import type { Directory, DirectoryEntry } from '../directory.ts'
import { type Connector, openClient } from './connect.ts'
import { BINARY, subjectOf, textOf } from './entry.ts'
import { escapeDnValue, escapeFilterValue, fillTemplate } from './escape.ts'
import { groupsFromAttribute, searchGroups } from './groups.ts'
import type { LdapSettings } from './settings.ts'

const LONGEST_NAME = 256

/**
 * Asks an LDAP directory; one connection for each time. Referrals are not followed: they would carry passwords to
 * wherever the directory points.
 */
export function ldapDirectory(settings: LdapSettings, connector: Connector): Directory {
  return {
    async authenticate(name, password) {
      // A bind without a password is one without a name, and succeeds (RFC 4513 section 5.1.2).
      if (password.isEmpty || !isName(name)) return undefined
      const asking = async () => {
        const client = await openClient(connector, settings)
        try {
          return await authenticateOn(client, settings, name, password)
        } finally {
          await client.unbind()
        }
      }
      try {
        return await within(2 * settings.timeoutMs, `The directory ${settings.url} does not answer.`, asking())
      } catch (error) {
        if (error instanceof Unavailable) throw error
        throw new Unavailable(`The directory ${settings.url} cannot be asked: ${messageOf(error)}`, { cause: error })
      }
    },
  }
}

function isName(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  return name !== '' && name.length <= LONGEST_NAME && !/[\u0000-\u001f\u007f]/.test(name)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

async function authenticateOn(
  client: Client,
  settings: LdapSettings,
  name: string,
  password: Secret,
): Promise<DirectoryEntry | undefined> {
  const { find, groups } = settings
  const timeLimit = Math.ceil(settings.timeoutMs / 1000)
  const look = (base: string, scope: 'base' | 'sub', filter: string) =>
    client.search(base, {
      scope,
      filter,
      attributes: attributesOf(settings),
      explicitBufferAttributes: BINARY,
      sizeLimit: 2,
      timeLimit,
    })
  let entry: Entry | undefined
  if (find.by === 'search') {
    const account = find.account
    if (account) await client.bind(account.dn, account.password.reveal())
    const found = await look(find.base, 'sub', fillTemplate(find.filter, { name }, escapeFilterValue))
    if (found.searchEntries.length > 1) throw new Unavailable('The directory has more than one entry for one name.')
    entry = found.searchEntries[0]
    if (!entry || !(await accepts(client, entry.dn, password))) return undefined
    if (account && groups?.from === 'search') await client.bind(account.dn, account.password.reveal())
  } else {
    const dn = fillTemplate(find.dn, { name }, escapeDnValue)
    if (!(await accepts(client, dn, password))) return undefined
    const found = await look(dn, 'base', '(objectClass=*)')
    entry = found.searchEntries[0]
    if (!entry) throw new Unavailable('The directory lets nobody read their own entry.')
  }
  return describe(client, entry, settings, name, timeLimit)
}

/** Tries the password. What the directory says of a person is an answer; all else is thrown. */
async function accepts(client: Client, dn: string, password: Secret): Promise<boolean> {
  try {
    await client.bind(dn, password.reveal())
    return true
  } catch (error) {
    const refusals = [InvalidCredentialsError, InappropriateAuthError, UnwillingToPerformError]
    if (refusals.some(kind => error instanceof kind)) return false
    throw error
  }
}

async function describe(
  client: Client,
  entry: Entry,
  { attributes, groups }: LdapSettings,
  asked: string,
  timeLimit: number,
): Promise<DirectoryEntry> {
  const subject = subjectOf(entry, attributes.subject)
  if (subject === undefined) throw new Unavailable(`The directory gives no ${attributes.subject} for ${entry.dn}.`)
  const name = textOf(entry, attributes.name) ?? asked
  const displayName = textOf(entry, attributes.displayName)
  const email = textOf(entry, attributes.email)
  return {
    subject,
    name,
    ...(displayName === undefined ? {} : { displayName }),
    ...(email === undefined ? {} : { email }),
    groups:
      groups?.from === 'search'
        ? await searchGroups(client, { dn: entry.dn, name }, groups, timeLimit)
        : groups
          ? groupsFromAttribute(entry, groups)
          : [],
  }
}

function attributesOf({ attributes, groups }: LdapSettings): string[] {
  const { subject, name, displayName, email } = attributes
  const wanted = [subject, name, displayName, email, groups?.from === 'attribute' ? groups.attribute : '1.1']
  return wanted.filter(attribute => attribute !== '1.1' && attribute.toLowerCase() !== 'dn')
}
