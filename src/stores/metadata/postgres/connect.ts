import postgres from 'postgres'

export interface PostgresOptions {
  /**
   * postgres://user:password@host:5432/database?sslmode=verify-full, as libpq reads it (PostgreSQL 34.1.1.2);
   * `?host=/folder` names the folder of a socket.
   */
  readonly url: string
  /** Connections that one process keeps at most. */
  readonly maxConnections: number
  readonly connectTimeoutSeconds: number
  readonly statementTimeoutSeconds: number
  /** Its writes are let through where others are refused: it brings the registry here. */
  readonly receiving?: boolean
}

/** PostgreSQL's object identifier of `bigint` (int8). */
const BIGINT = 20

export function connect(options: PostgresOptions) {
  const url = new URL(options.url)
  const socketFolder = url.searchParams.get('host')
  url.searchParams.delete('host')
  return postgres(url.href, {
    ...(socketFolder === null ? {} : { host: socketFolder }),
    max: options.maxConnections,
    connect_timeout: options.connectTimeoutSeconds,
    idle_timeout: 300,
    // Without it, up to 20 s pass before a database that is back is found.
    backoff: (retries: number) => Math.min(1, 0.05 * 2 ** retries),
    max_lifetime: 3600,
    onnotice: () => undefined,
    connection: {
      application_name: 'berth',
      ...(options.receiving ? { 'berth.receiving': 'on' } : {}),
      statement_timeout: options.statementTimeoutSeconds * 1000,
      // A replica that dies in a transaction must not hold its rows until the network notices.
      idle_in_transaction_session_timeout: options.statementTimeoutSeconds * 1000,
    },
    types: {
      // Sizes, times and ids stay below 2^53.
      bigint: { to: BIGINT, from: [BIGINT], parse: Number, serialize: String },
    },
  })
}

export type Connections = ReturnType<typeof connect>
