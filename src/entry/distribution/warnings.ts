/** All warnings of an answer together: spec.md#warnings. */
const MAX_BYTES = 4096

/**
 * Values of `Warning` headers; a warning that does not fit any more is left out. Without what would have to be escaped:
 * clients show people the backslashes, or what is before the first of them.
 */
export function warningHeaders(warnings: readonly string[]): readonly string[] {
  const values: string[] = []
  let bytes = 0
  for (const warning of warnings) {
    const value = `299 - "${warning
      .replace(/[^\x20-\x7e]/g, '?')
      .replace(/"/g, "'")
      .replace(/\\/g, '/')}"`
    bytes += value.length
    if (bytes > MAX_BYTES) break
    values.push(value)
  }
  return values
}
