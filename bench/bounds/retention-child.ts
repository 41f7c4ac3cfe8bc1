/** A preview in a process of its own, so that its memory is its own. Prints what it did and took, JSON. */
import { createRunRetention, type RetentionPolicy } from '../../src/features/retention/index.ts'
import { openSqliteMetadata } from '../../src/stores/metadata/index.ts'
import { peakMemoryMiB } from '../process-figures.ts'

const [file = '', policy = ''] = process.argv.slice(2)
const { metadata } = await openSqliteMetadata(file)
const { retentionFacts: facts, retentionRemoval: removal } = metadata
const runRetention = createRunRetention({ facts, removal, clock: () => Date.now(), trashMs: 0 })
const began = performance.now()
let [items, tags] = [0, 0]
const report = await runRetention(
  { project: 'bench', policy: JSON.parse(policy) as RetentionPolicy, by: 'bench' },
  {
    isDryRun: true,
    signal: new AbortController().signal,
    onItem(item) {
      items += 1
      tags += item.tags.length
    },
  },
)
const seconds = (performance.now() - began) / 1000
console.log(JSON.stringify({ ...report, items, tags, seconds, peakMiB: peakMemoryMiB(process.pid) }))
await metadata.close()
