export { type ArtifactAddress, parseArtifactAddress } from './address.ts'
export { RemoteFault } from './remote-fault.ts'
export { type RemoteArtifact, type RemoteManifest, type RemoteOptions, remoteArtifact } from './remote-registry.ts'
export type { Credentials } from './sign-in.ts'
