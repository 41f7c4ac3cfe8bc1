/** Several at once, because each waits for the disk or the network several times. */
const AT_ONCE = 4

/** Ends with the first failure, when those that run have ended. */
export async function forEach<Item>(items: AsyncGenerator<Item>, work: (item: Item) => Promise<void>): Promise<void> {
  let failed = false
  const worker = async () => {
    while (!failed) {
      const next = await items.next()
      if (next.done) return
      await work(next.value).catch(error => {
        failed = true
        throw error
      })
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker))
  await items.return(undefined)
  for (const each of ended) if (each.status === 'rejected') throw each.reason
}
