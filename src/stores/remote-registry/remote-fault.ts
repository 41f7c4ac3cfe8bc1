import type { ArtifactAddress } from './address.ts'

/** What another registry said or sent that cannot be used. */
export class RemoteFault extends Error {
  override readonly name = 'RemoteFault'

  constructor({ origin, repository }: Pick<ArtifactAddress, 'origin' | 'repository'>, what: string) {
    super(`The registry ${new URL(origin).host}, asked for ${repository}, ${what}.`)
  }
}
