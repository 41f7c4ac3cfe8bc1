import type { z } from 'zod'
import { Secret } from '../../platform/secrets/index.ts'
import { deviceAnswer, pendingAnswer, sourcesAnswer, tokenAnswer } from '../sign-on/index.ts'
import { type ClientOptions, RemoteFault } from './client.ts'
import { printable } from './printable.ts'

/** The personal token that is asked for. */
export interface TokenWish {
  readonly name: string
  readonly lifetimeDays: number
}

export interface MadeToken {
  readonly id: string
  readonly token: Secret
  /** Whose it is. */
  readonly account: string
  readonly expiresAt: string
}

export type DeviceInvitation = z.output<typeof deviceAnswer>

/** Single sign-on at one server. Every method throws RemoteFault and OutboundFailed. */
export interface SignOnClient {
  sources(): Promise<z.output<typeof sourcesAnswer>['sources']>
  redeem(code: string, verifier: Secret, wish: TokenWish): Promise<MadeToken>
  beginDevice(source: string): Promise<DeviceInvitation>
  poll(deviceKey: string, wish: TokenWish): Promise<MadeToken | { readonly slower: boolean }>
}

export function createSignOnClient({ url, outbound }: Omit<ClientOptions, 'authorization'>): SignOnClient {
  const send = async (path: string, body?: object) => {
    const response = await outbound.fetch(`${url}${path}`, {
      method: path === '/sign-on' ? 'GET' : 'POST',
      headers: { Accept: 'application/json', ...(body ? { 'Content-Type': 'application/json' } : {}) },
      body: body && JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok)
      throw new RemoteFault(response.status, `${url}: ${saidIn(text) ?? `It answered ${response.status}.`}`)
    return { status: response.status, answer: jsonOf(text) }
  }
  const understood = <Schema extends z.ZodType>(schema: Schema, answer: unknown): z.output<Schema> => {
    const parsed = schema.safeParse(answer)
    if (parsed.success) return parsed.data
    throw new RemoteFault(502, `${url} does not answer as Berth does: is this its address?`)
  }
  const tokenOf = (answer: unknown): MadeToken => {
    const { id, token, account, expiresAt } = understood(tokenAnswer, answer)
    return { id, token: new Secret(token), account: printable(account), expiresAt }
  }
  return {
    sources: async () => understood(sourcesAnswer, (await send('/sign-on')).answer).sources,
    redeem: async (code, verifier, wish) =>
      tokenOf((await send('/sign-on/token', { code, verifier: verifier.reveal(), ...wish })).answer),
    beginDevice: async source => understood(deviceAnswer, (await send(`/sign-on/${source}/device`)).answer),
    async poll(deviceKey, wish) {
      const { status, answer } = await send('/sign-on/device/poll', { deviceKey, ...wish })
      return status === 202 ? understood(pendingAnswer, answer) : tokenOf(answer)
    },
  }
}

/** The first error of an answer in the specification's shape. */
function saidIn(text: string): string | undefined {
  const answer = jsonOf(text) as { errors?: readonly { message?: unknown }[] } | undefined
  const message = answer?.errors?.[0]?.message
  return typeof message === 'string' ? printable(message) : undefined
}

/** Undefined for what is no JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
