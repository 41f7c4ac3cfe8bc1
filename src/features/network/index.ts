export {
  listenerVerdict,
  NETWORK_OPERATIONS,
  type NetworkOperation,
  type NetworkRule,
  type NetworkRules,
  type NetworkVerdict,
  networkVerdict,
  parseNetworkRules,
  type WrittenRule,
} from './network-rules.ts'
