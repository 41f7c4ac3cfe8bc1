import type { QuotaPassed, QuotaStanding } from '../../stores/metadata/index.ts'
import { quantity } from '../content/index.ts'

/** After something was refused it counts as full until so much of it is free again. */
const STILL_FULL = 0.9

/** Which limit it has passed. A limit that was told of is told of again only when it was left in between. */
export function passedBy({ used, hard, soft, passed }: QuotaStanding): QuotaPassed {
  if (passed === 'hard' && hard !== undefined && used >= hard * STILL_FULL) return 'hard'
  return soft !== undefined && used > soft ? 'soft' : 'nothing'
}

export function isPassed({ used, soft }: QuotaStanding): boolean {
  return soft !== undefined && used > soft
}

/** For the people who push. */
export function warningOf({ scope, kind, used, soft = 0, hard }: QuotaStanding): string {
  const whose = scope === 'registry' ? 'This registry' : `Project ${scope.project}`
  const end = hard === undefined ? '' : `; beyond ${quantity(kind, hard)} pushes are refused`
  return `${whose} uses ${quantity(kind, used)}, more than the ${quantity(kind, soft)} it should${end}. Delete what nobody needs.`
}
