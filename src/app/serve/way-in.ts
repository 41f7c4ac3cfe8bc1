import type { ApplicationOptions, Door } from '../../entry/http/index.ts'
import { answerToken, TOKEN_PATHS } from '../../entry/token/index.ts'
import { type Access, authorize } from '../../features/access/index.ts'
import { authenticate } from '../../features/identity/index.ts'
import type { IdentityServices } from '../identity/open-identity.ts'

type WayIn = Pick<ApplicationOptions, 'doors' | 'identify'> & {
  readonly access: Access
  readonly mayScrape: ApplicationOptions['probes']['mayScrape']
}

/** Everybody may do everything. */
export function open(administration: (access: Access) => Door): WayIn {
  const access: Access = { mode: 'open' }
  return { access, doors: [administration(access)], mayScrape: async () => undefined }
}

/** Whoever comes in says who they are. */
export function closed(
  { access, authentication, refreshTokens, signing }: IdentityServices,
  administration: (access: Access) => Door,
): WayIn {
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
      administration(access),
    ],
    async mayScrape(principal, origin) {
      await authorize(access, { principal, action: 'see registry', resource: 'registry', origin })
    },
  }
}
