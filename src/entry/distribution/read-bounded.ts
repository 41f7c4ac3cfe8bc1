/**
 * The whole body of a small document. Memory stays below the limit whatever is sent: too much is refused by the
 * declared length before it is read, and while it is read.
 * @param requireSize throws for a size over the limit.
 */
export async function readBounded(
  request: Request,
  limitBytes: number,
  requireSize: (sizeBytes: number) => void,
): Promise<Uint8Array> {
  const declared = Number(request.headers.get('Content-Length') ?? 0)
  requireSize(declared)
  if (declared > 0) return new Uint8Array(await request.arrayBuffer())
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of request.body ?? []) {
    sizeBytes += chunk.length
    if (sizeBytes > limitBytes) requireSize(sizeBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
