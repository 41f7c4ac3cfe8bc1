/** A part of a platform: nothing that could be taken for another part, or for none. */
const PART = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/

export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string | undefined
}

/**
 * The platform of a config or of a descriptor's `platform`: image-spec v1.1.1 config.md, image-index.md. Undefined when
 * there is none; BuildKit calls the platform of its attestations "unknown".
 */
export function platformOf(value: unknown): Platform | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { os, architecture, variant } = value as Readonly<Record<string, unknown>>
  if (!isPart(os) || !isPart(architecture) || os === 'unknown' || architecture === 'unknown') return undefined
  return { os, architecture, ...(isPart(variant) ? { variant } : {}) }
}

/** `linux/arm64/v8` */
export function platformText({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/')
}

/** `os`, `os/architecture` or `os/architecture/variant`. */
export function isPlatformText(text: string): boolean {
  const parts = text.split('/')
  return parts.length <= 3 && parts.every(isPart)
}

function isPart(value: unknown): value is string {
  return typeof value === 'string' && PART.test(value)
}
