import type { Prediction } from '../../../stores/metadata/index.ts'
import { BadRecord } from './bad-record.ts'

const HEADING = 'cve,epss,percentile'

/** Whether a document begins as FIRST's table of EPSS scores does. */
export function isEpss(head: string): boolean {
  return head.startsWith('#model_version') || head.startsWith(HEADING)
}

/** One line of the table; undefined for its heading and its comments. @throws BadRecord. */
export function readPrediction(line: string): Prediction | undefined {
  const text = line.trim()
  if (text === '' || text.startsWith('#') || text === HEADING) return undefined
  const [vulnerability = '', score = '', percentile = ''] = text.split(',')
  const prediction = { vulnerability, score: Number(score), percentile: Number(percentile) }
  const isOne = (value: number, written: string) => written !== '' && value >= 0 && value <= 1
  if (
    !/^CVE-\d+-\d+$/.test(vulnerability) ||
    !isOne(prediction.score, score) ||
    !isOne(prediction.percentile, percentile)
  )
    throw new BadRecord(`"${text.slice(0, 80)}" is no line of EPSS`)
  return prediction
}

/** When the scores were made: `#model_version:v2025.03.14,score_date:2026-01-02T00:00:00+0000`. */
export function epssDate(line: string): number | undefined {
  const written = /score_date:([0-9T:+-]+)/.exec(line)?.[1]?.replace(/\+0000$/, 'Z')
  const ms = written === undefined ? Number.NaN : Date.parse(written)
  return Number.isNaN(ms) ? undefined : ms
}
