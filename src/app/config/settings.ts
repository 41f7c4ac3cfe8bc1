import { z } from 'zod'
import { configSchema } from './schema.ts'

/** The path of every setting, such as ["limits", "manifestBytes"]. */
export const SETTING_PATHS: readonly (readonly string[])[] = pathsOf(configSchema, [])

/** BERTH_LIMITS_MANIFEST_BYTES for ["limits", "manifestBytes"]. */
export function variableOf(path: readonly string[]): string {
  return ['berth', ...path].map(part => part.replace(/[A-Z]/g, '_$&').toUpperCase()).join('_')
}

function pathsOf(schema: z.ZodType, path: readonly string[]): (readonly string[])[] {
  const inner = unwrap(schema)
  if (!(inner instanceof z.ZodObject) || (path.length === 1 && path[0] === 'listen')) return [path]
  return Object.entries(inner.shape).flatMap(([name, child]) => pathsOf(child as z.ZodType, [...path, name]))
}

function unwrap(schema: z.ZodType): z.ZodType {
  // A section that may be given as one word.
  if (schema instanceof z.ZodPipe && unwrap(schema.def.out as z.ZodType) instanceof z.ZodObject) {
    return unwrap(schema.def.out as z.ZodType)
  }
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault) {
    return unwrap(schema.def.innerType as z.ZodType)
  }
  return schema
}
