import type { StorageMark } from '../blob-store.ts'
import type { Bucket } from './bucket.ts'
import type { Layout } from './layout.ts'

/** The object `storage.id` below the prefix. */
export function objectMark(bucket: Bucket, layout: Layout): StorageMark {
  const read = async () => {
    const found = await bucket.get(layout.mark)
    return found && (await new Response(found.stream).text()).trim()
  }
  return {
    read,
    async write(id) {
      const there = await read()
      if (there !== undefined) return there
      await bucket.put(layout.mark, new TextEncoder().encode(`${id}\n`))
      // Of replicas that start at once the last to write wins; the metadata then say which of them agree.
      return (await read()) ?? id
    },
    async isEmpty() {
      for await (const _ of bucket.list(layout.objects)) return false
      return true
    },
  }
}
