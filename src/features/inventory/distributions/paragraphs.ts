const NEWLINE = 0x0a

/**
 * The lines of a file in paragraphs, as dpkg and apk have them: empty lines stand between. Lines are decoded one at a
 * time; those longer than `longest` are cut there.
 */
export function* paragraphs(bytes: Uint8Array, longest = 8192): Generator<readonly string[]> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let lines: string[] = []
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf(NEWLINE, at)
    const end = newline < 0 ? text.length : newline
    const line = text.toString('utf8', at, Math.min(end, at + longest)).replace(/\r$/, '')
    at = end + 1
    if (line !== '') lines.push(line)
    else if (lines.length > 0) {
      yield lines
      lines = []
    }
  }
  if (lines.length > 0) yield lines
}
