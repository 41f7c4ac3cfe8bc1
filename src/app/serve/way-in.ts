import type { ApplicationOptions } from '../../entry/http/index.ts'
import { answerToken, TOKEN_PATHS } from '../../entry/token/index.ts'
import { type Access, authorize } from '../../features/access/index.ts'
import { authenticate } from '../../features/identity/index.ts'
import type { IdentityServices } from '../identity/open-identity.ts'

type WayIn = Pick<ApplicationOptions, 'doors' | 'identify'> & {
  readonly access: Access
  readonly mayScrape: ApplicationOptions['probes']['mayScrape']
}

/** Everybody may do everything. */
export const OPEN: WayIn = { access: { mode: 'open' }, doors: [], mayScrape: async () => undefined }

/** Whoever comes in says who they are. */
export function closed({ access, authentication, refreshTokens, signing }: IdentityServices): WayIn {
  const observe = () => () => undefined
  return {
    access,
    identify: ({ request, origin }) =>
      authenticate(authentication, {
        authorization: request.headers.get('Authorization'),
        address: origin.address,
        observe: observe(),
      }),
    doors: [
      {
        name: 'token',
        isFor: path => TOKEN_PATHS.has(path),
        answer: exchange => answerToken(exchange, { authentication, refreshTokens, access, signing, observe }),
      },
    ],
    async mayScrape(principal, origin) {
      await authorize(access, { principal, action: 'see registry', resource: 'registry', origin })
    },
  }
}
