export { type Address, formatAddress, parseAddress } from './address.ts'
export { addressIsIn, type Cidr, cidrOf, isWithin, parseCidr, parseCidrs } from './cidr.ts'
export { customerOf, type SpecialUse, specialUseOf } from './special-use.ts'
