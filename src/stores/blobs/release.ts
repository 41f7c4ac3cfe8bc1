/**
 * Gives the memory of these bytes back now. A collection would do that, but comes late: the pieces of a body count for
 * little there, so that a push of 1 GiB took 330 MiB. They must be nobody else's; a view of something larger is left alone.
 */
export function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}
