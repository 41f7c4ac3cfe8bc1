export { createSealer, SealBroken, type Sealer } from './sealer.ts'
export { Secret } from './secret.ts'
