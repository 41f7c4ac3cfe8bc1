import { LANGUAGE_READERS, serveInventories } from '../features/inventory/index.ts'

/** Reads layers from standard input until it ends. Gives the exit code. */
export async function runInventoryWorker(): Promise<number> {
  const output = Bun.stdout.writer()
  await serveInventories(
    {
      input: Bun.stdin.stream(),
      async write(text) {
        await Promise.all([output.write(text), output.flush()])
      },
    },
    LANGUAGE_READERS,
  )
  return 0
}
