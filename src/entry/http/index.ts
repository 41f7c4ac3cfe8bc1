export {
  type Application,
  type ApplicationOptions,
  createApplication,
  type Door,
  type RequestLogging,
} from './application.ts'
export { clientAddress } from './client-address.ts'
export { type Listener, type ListenOptions, startListener } from './listener.ts'
export type { ErrorShape } from './respond.ts'
