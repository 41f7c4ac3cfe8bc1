/** A value as it may stand in a search filter (RFC 4515 section 3). */
export function escapeFilterValue(value: string): string {
  return value.replace(/[\\*()\0]/g, character => `\\${hex(character)}`)
}

/** A value as it may stand in a distinguished name (RFC 4514 section 2.4). */
export function escapeDnValue(value: string): string {
  return value.replace(/[\\",;+<>=#\0]|^ | $/g, character => `\\${hex(character)}`)
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(2, '0')
}

/** Puts escaped values in the place of `{name}` and the like. */
export function fillTemplate(
  template: string,
  values: Readonly<Record<string, string>>,
  escaping: (value: string) => string,
): string {
  return template.replace(/\{(\w+)\}/g, (place, name: string) =>
    Object.hasOwn(values, name) ? escaping(values[name] ?? '') : place,
  )
}
