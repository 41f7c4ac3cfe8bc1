import type { Digest } from '../../oci/index.ts'
import type { QuotaExcess } from '../../platform/outcome/index.ts'
import type { QuotaStanding } from '../../stores/metadata/index.ts'
import type { Permit } from '../access/index.ts'

type Push = Permit<'push'>

/** What quotas have to say to a push; who sets them is behind it. The transactions decide in any case. */
export interface PushQuotas {
  /** How much more may come in, as it stood a moment ago; undefined where nothing limits it. */
  room(permit: Push): Promise<Room | undefined>
  /** The same as it stands now, for the blob of that digest, if it is known: what is there already costs nothing. */
  roomNow(permit: Push, digest: Digest | undefined): Promise<Room | undefined>
  /** After something came in. Gives what the people who push should be told. */
  warnings(permit: Push, standings: readonly QuotaStanding[]): Promise<readonly string[]>
  /** Is told of every refusal. */
  refused(permit: Push, excess: QuotaExcess): Promise<void>
}

export interface Room {
  readonly bytes: number
  /** Why so many do not fit. */
  excess(wantedBytes: number): QuotaExcess
}
