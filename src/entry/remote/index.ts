export { basic, type Client, type ClientOptions, createClient, RemoteFault } from './client.ts'
export { printable } from './printable.ts'
export { show, table } from './show.ts'
export {
  createSignOnClient,
  type DeviceInvitation,
  type MadeToken,
  type SignOnClient,
  type TokenWish,
} from './sign-on.ts'
