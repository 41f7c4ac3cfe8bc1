import { z } from 'zod'
import { isSecureUrl } from '../../features/identity/external/index.ts'
import { parseArtifactAddress } from '../../stores/remote-registry/index.ts'
import { secret } from './secret-setting.ts'
import { number, wholeNumber } from './setting-kinds.ts'

const source = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9][A-Za-z0-9:._/-]{0,99}$/, 'expected letters, digits and :._/-, such as debian'),
    url: z.union(
      [z.string().regex(/^https?:\/\/[^\s]+$/), z.string().refine(isArtifactAddress)],
      'expected a URL, such as https://mirror.example/{ecosystem}/all.zip, or oci://registry.example/name:tag',
    ),
    /** Of another registry. */
    username: z.string().min(1).optional(),
    password: secret.optional(),
    /** Authorities of that registry, in the place of the system's. */
    caFile: z.string().min(1).optional(),
  })
  .refine(
    ({ username, password }) => (username === undefined) === (password === undefined),
    'expected both username and password, or neither',
  )
  .refine(
    ({ url, username, caFile }) => (username === undefined && caFile === undefined) || url.startsWith('oci'),
    'expected username, password and caFile with oci:// only',
  )
  .refine(
    ({ url, username }) =>
      username === undefined ||
      isSecureUrl(url.replace(/^oci(\+http)?:/, plain => (plain === 'oci:' ? 'https:' : 'http:'))),
    'expected a password with oci:// (oci+http:// on this machine only): it would be sent in the clear',
  )

function isArtifactAddress(text: string): boolean {
  try {
    parseArtifactAddress(text)
    return true
  } catch {
    // Whatever is wrong with it: the setting says what is expected.
    return false
  }
}

/** As they are published, for the ecosystems whose packages images hold. */
const PUBLISHED = [
  { name: 'osv', url: 'https://osv-vulnerabilities.storage.googleapis.com/{ecosystem}/all.zip' },
  { name: 'epss', url: 'https://epss.empiricalsecurity.com/epss_scores-current.csv.gz' },
  {
    name: 'kev',
    url: 'https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json',
  },
]

/** The section `advisories`: where they come from, how often, and when they are old. */
export const advisorySettings = z
  .strictObject({
    sources: z
      .array(source)
      .default(PUBLISHED)
      .refine(sources => new Set(sources.map(each => each.name)).size === sources.length, 'two sources have one name'),
    /** Between two looks at each source; 0: never, as where nothing leads outside. */
    intervalSeconds: number(
      z
        .number()
        .min(0)
        .max(30 * 86_400),
    ).default(6 * 3600),
    staleDays: number(z.number().min(0.01).max(3660)).default(3),
    historyDays: number(z.number().min(1).max(3660)).default(400),
    /** Largest file that is read of a source. */
    fileBytes: wholeNumber(1, Number.MAX_SAFE_INTEGER).default(4 * 1024 ** 3),
  })
  .prefault({})
