import type { connectPostgres } from '../../metadata/index.ts'

type Connections = ReturnType<typeof connectPostgres>

/** pg-boss's scripts of several statements, which open and end a transaction themselves. */
export interface Scripts {
  run<Result>(script: (connection: Connections) => Promise<Result>): Promise<Result>
  close(): Promise<void>
}

/**
 * One after the other on a connection of their own. One that failed may have left its transaction open, or have lost the
 * connection, to which a rollback must not be written any more (postgres.js fails on it): so the connection is given up.
 */
export function scriptsOver(open: () => Connections): Scripts {
  let connection: Connections | undefined
  let last: Promise<unknown> = Promise.resolve()
  const giveUp = async () => {
    const given = connection
    connection = undefined
    await given?.end({ timeout: 0 })
  }
  return {
    run(script) {
      const running = last.then(async () => {
        connection ??= open()
        try {
          return await script(connection)
        } catch (error) {
          await giveUp()
          throw error
        }
      })
      last = running.catch(() => undefined)
      return running
    },
    async close() {
      await last
      await giveUp()
    },
  }
}
