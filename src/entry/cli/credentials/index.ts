export { dockerCredentialHelper, type HelperOutcome } from './docker.ts'
export { kubeletCredentialProvider } from './kubelet.ts'
export { CredentialsFault, type KeptTokens, type Surroundings } from './surroundings.ts'
