import { FetchHttpHandler } from '@smithy/fetch-http-handler'

const PIECE_BYTES = 256 << 10

type Handle = FetchHttpHandler['handle']

/**
 * Sends a large body in pieces: Bun copies what it is given at once, and keeps the copy longer than the request. For the
 * SDK it stays bytes, which it can sign and send again.
 */
export class PiecewiseHandler extends FetchHttpHandler {
  override handle(...[request, options]: Parameters<Handle>): ReturnType<Handle> {
    const { body } = request
    if (!(body instanceof Uint8Array) || body.length <= PIECE_BYTES) return super.handle(request, options)
    const inPieces = Object.assign(request.clone(), { body: piecesOf(body) })
    return super.handle(inPieces, options)
  }
}

function piecesOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let position = 0
  return new ReadableStream(
    {
      pull(controller) {
        controller.enqueue(bytes.subarray(position, position + PIECE_BYTES))
        position += PIECE_BYTES
        if (position >= bytes.length) controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}
