import type { oidcSource as open, SignOnSource } from './source.ts'

/** Loads the client of OpenID providers with the first sign-on, for it takes its share of memory. */
export function oidcSource(...given: Parameters<typeof open>): SignOnSource {
  let loading: Promise<SignOnSource> | undefined
  const source = () => {
    loading ??= import('./source.ts').then(module => module.oidcSource(...given))
    return loading
  }
  return {
    name: given[0].name,
    begin: async redirectUri => (await source()).begin(redirectUri),
    finish: async (callbackUrl, pending) => (await source()).finish(callbackUrl, pending),
    beginDevice: async () => (await source()).beginDevice(),
    pollDevice: async pending => (await source()).pollDevice(pending),
  }
}
