/**
 * A load generator for small answers, run as a process of its own:
 *
 *   bun bench/load/small-requests.ts HOST:PORT METHOD CONNECTIONS SECONDS < paths
 *
 * Each connection sends one request, reads its whole answer, and sends the next; paths are taken in turn. It speaks
 * HTTP/1.1 over bare sockets, so that it costs little beside the server it measures, and it can do HEAD, which wrk and
 * h2load cannot. Prints `{"requests", "seconds"}` as JSON; an answer other than 200 ends it with an error.
 */
import { connect, type Socket } from 'bun'
import { ACCEPT } from '../../test/support/registry-client.ts'

const HEADER_END = Buffer.from('\r\n\r\n')
const LAST_CHUNK = Buffer.from('0\r\n\r\n')

const [host = '', method = 'GET', connections = '1', seconds = '1'] = process.argv.slice(2)
const [hostname = '', port = ''] = host.split(':')
const paths = (await Bun.stdin.text()).trim().split('\n')
const authorization = process.env.BENCH_AUTHORIZATION
const who = authorization === undefined ? '' : `Authorization: ${authorization}\r\n`
const requests = paths.map(path =>
  Buffer.from(
    `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: ${ACCEPT}\r\nUser-Agent: berth-bench\r\n${who}\r\n`,
  ),
)

let turn = 0
let answered = 0
let ended = false

/** What one connection still expects of the answer it is reading. */
interface Reading {
  /** Bytes of a header that came in pieces. */
  begun: Buffer
  /** Bytes, or `chunked`: until the last chunk. */
  left: number | 'chunked'
}

function sendNext(socket: Socket<Reading>): void {
  if (ended) return void socket.end()
  socket.write(requests[turn] as Buffer)
  turn = turn + 1 === requests.length ? 0 : turn + 1
}

function read(socket: Socket<Reading>, data: Buffer): void {
  const { data: reading } = socket
  let piece = data
  if (reading.left === 0) {
    const header = reading.begun.length === 0 ? piece : Buffer.concat([reading.begun, piece])
    const end = header.indexOf(HEADER_END)
    if (end < 0) {
      reading.begun = header
      return
    }
    reading.begun = Buffer.alloc(0)
    reading.left = bodyLength(header.toString('latin1', 0, end))
    piece = header.subarray(end + HEADER_END.length)
  }
  if (reading.left === 'chunked') {
    // No body asked for here has this inside it: they are JSON or random bytes with a length.
    if (!piece.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)) return
    reading.left = 0
  } else {
    reading.left -= piece.length
    if (reading.left > 0) return
  }
  answered += 1
  sendNext(socket)
}

function bodyLength(header: string): number | 'chunked' {
  if (!header.startsWith('HTTP/1.1 200')) throw new Error(`${host} answered ${header}`)
  if (method === 'HEAD') return 0
  const length = /\r\ncontent-length: *(\d+)/i.exec(header)?.[1]
  return length === undefined ? 'chunked' : Number(length)
}

const began = performance.now()
await Promise.all(
  Array.from({ length: Number(connections) }, () =>
    connect<Reading>({
      hostname,
      port: Number(port),
      data: { begun: Buffer.alloc(0), left: 0 },
      socket: { open: sendNext, data: read, error: (_, error) => fail(error) },
    }),
  ),
)
await Bun.sleep(Number(seconds) * 1000)
ended = true
console.log(JSON.stringify({ requests: answered, seconds: (performance.now() - began) / 1000 }))
process.exit(0)

function fail(error: Error): never {
  console.error(error)
  process.exit(1)
}
