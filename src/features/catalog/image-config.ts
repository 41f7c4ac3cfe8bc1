import { isObject } from '../../oci/index.ts'
import { type Platform, platformOf } from './platform.ts'

/** What a config says that is worth finding an image by. */
export interface ConfigFacts {
  readonly platform?: Platform | undefined
  readonly createdAt?: number | undefined
  readonly labels?: Readonly<Record<string, string>> | undefined
}

const MOST_LABEL_BYTES = 64 * 1024

/** Reads an image's config: image-spec v1.1.1 config.md. What is odd is left out: nothing of it is relied upon. */
export function parseConfig(bytes: Uint8Array): ConfigFacts {
  const document = jsonOf(bytes)
  if (document === undefined) return {}
  const platform = platformOf(document)
  const createdAt = instantOf(document.created)
  const labels = labelsOf(document.config)
  return {
    ...(platform ? { platform } : {}),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(labels ? { labels } : {}),
  }
}

function jsonOf(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const document: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return isObject(document) ? document : undefined
  } catch {
    // Many things are pushed as configs, and this one is not JSON: there is nothing to be said of it.
    return undefined
  }
}

/** Docker writes the year 1 where it does not know. */
function instantOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT/.test(value)) return undefined
  const instant = Date.parse(value)
  return Number.isFinite(instant) && instant >= 0 ? instant : undefined
}

function labelsOf(config: unknown): Readonly<Record<string, string>> | undefined {
  if (!isObject(config) || !isObject(config.Labels)) return undefined
  const labels: [string, string][] = []
  let bytes = 0
  for (const [key, value] of Object.entries(config.Labels)) {
    if (typeof value !== 'string') continue
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value)
    // The rest is for the config itself: some put whole documents into labels.
    if (bytes > MOST_LABEL_BYTES) break
    labels.push([key, value])
  }
  return labels.length === 0 ? undefined : Object.fromEntries(labels)
}
