/** A figure of Berth alone, and the bound that it has to keep. */
export interface Bound {
  readonly name: string
  readonly figure: number
  readonly unit: string
  readonly least?: number
  readonly most?: number
}

export function isKept({ figure, least = -Infinity, most = Infinity }: Bound): boolean {
  return figure >= least && figure <= most
}
