const LONGEST = 256

/**
 * A name that another system gave, when it can be shown and logged as it is: not too long, nothing in it that cannot be
 * seen, breaks a line or turns the direction of writing. Undefined otherwise.
 */
export function plainText(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > LONGEST) return undefined
  return /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u.test(value) ? value : undefined
}
