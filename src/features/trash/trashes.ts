import type { Clock } from '../../platform/clock/index.ts'
import type { Trash } from '../../stores/metadata/index.ts'
import type { Access } from '../access/index.ts'

/** What the use cases of this room stand on. */
export interface Trashes {
  readonly trash: Trash
  readonly access: Access
  readonly clock: Clock
}
