/** The parts of a distinguished name, innermost first, as they are written (RFC 4514 section 3). */
export function splitDn(dn: string): readonly string[] {
  const parts: string[] = []
  let part = ''
  for (let at = 0; at < dn.length; at += 1) {
    const character = dn[at] as string
    if (character === '\\') {
      part += character + (dn[at + 1] ?? '')
      at += 1
    } else if (character === ',') {
      parts.push(trim(part))
      part = ''
    } else part += character
  }
  return trim(part) === '' ? parts : [...parts, trim(part)]
}

/** The same for two ways to write one name, as far as case, spaces and escapes go. */
export function normalizeDn(dn: string): string {
  return splitDn(dn)
    .map(part => {
      const { attribute, value } = splitRdn(part)
      return `${attribute.toLowerCase()}=${value.toLowerCase()}`
    })
    .map(part => part.replace(/[\\,]/g, '\\$&'))
    .join(',')
}

/** The value of the innermost part: `Build` of `cn=Build,ou=groups,dc=example`. */
export function leafValue(dn: string): string {
  const [leaf] = splitDn(dn)
  return leaf === undefined ? '' : splitRdn(leaf).value
}

export function isBelow(dn: string, base: string): boolean {
  const [inner, outer] = [splitDn(normalizeDn(dn)), splitDn(normalizeDn(base))]
  return (
    inner.length > outer.length && outer.every((part, index) => part === inner[inner.length - outer.length + index])
  )
}

function splitRdn(part: string): { attribute: string; value: string } {
  const equals = part.indexOf('=')
  return { attribute: trim(part.slice(0, equals)), value: withoutEscapes(trim(part.slice(equals + 1))) }
}

function withoutEscapes(value: string): string {
  return value.replace(/(?:\\[0-9a-fA-F]{2})+|\\([\s\S])/g, (written, character: string | undefined) =>
    character === undefined ? Buffer.from(written.replaceAll('\\', ''), 'hex').toString('utf8') : character,
  )
}

/** Spaces, and only those that are not escaped. */
function trim(text: string): string {
  return text.replace(/^ +/, '').replace(/(?<!\\) +$/, '')
}
