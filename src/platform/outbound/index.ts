export { createOutbound, type OutboundOptions } from './create-outbound.ts'
export { isAllowedPrivateEntry } from './guard.ts'
export {
  type Outbound,
  type OutboundAddress,
  OutboundFailed,
  OutboundRefused,
  type OutboundRequest,
  type OutboundTls,
  type Resolve,
} from './outbound.ts'
