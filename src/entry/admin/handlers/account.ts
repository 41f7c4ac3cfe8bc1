import {
  changePassword,
  createOwnToken,
  describeAccount,
  limitsOfCaller,
  listOwnTokens,
  revokeOwnToken,
  rotateOwnToken,
} from '../../../features/administration/index.ts'
import { Secret } from '../../../platform/secrets/index.ts'
import type { Handlers } from '../handler.ts'
import { newTokenView, tokenView } from '../views.ts'

type Operations =
  | 'getAccount'
  | 'getLimits'
  | 'changePassword'
  | 'listOwnTokens'
  | 'createOwnToken'
  | 'rotateOwnToken'
  | 'revokeOwnToken'

export const ACCOUNT: Handlers<Operations> = {
  getAccount: ({ administration, permit }) => describeAccount(administration, permit),
  async getLimits({ administration, permit }) {
    const states = await limitsOfCaller(administration, permit)
    return { items: states.map(({ which, ...state }) => ({ name: which, ...state })) }
  },
  async changePassword({ administration, permit, body }) {
    const passwords = { present: new Secret(body.present), next: new Secret(body.next) }
    await changePassword(administration, permit, passwords)
    return undefined
  },
  async listOwnTokens({ administration, permit }) {
    return { items: (await listOwnTokens(administration, permit)).map(tokenView) }
  },
  createOwnToken: async ({ administration, permit, body }) =>
    newTokenView(await createOwnToken(administration, permit, body)),
  rotateOwnToken: async ({ administration, permit, params, body }) =>
    newTokenView(await rotateOwnToken(administration, permit, params.token, body)),
  async revokeOwnToken({ administration, permit, params }) {
    await revokeOwnToken(administration, permit, params.token)
    return undefined
  },
}
