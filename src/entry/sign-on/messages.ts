import { z } from 'zod'
import { RegistryError } from '../../oci/index.ts'
import { ADMIN_ROUTES } from '../api/index.ts'

/** What the command line and a server say to each other while somebody signs on. */
const wish = ADMIN_ROUTES.createOwnToken.body.pick({ name: true, lifetimeDays: true })
const key = z.string().min(1).max(200)

export const sourcesAnswer = z.object({ sources: z.array(z.object({ name: z.string(), title: z.string() })) })
/** A personal token; `account` is whose. */
export const tokenAnswer = z.object({
  id: z.string(),
  token: z.string(),
  account: z.string(),
  expiresAt: z.iso.datetime(),
})
export const codeRequest = z.strictObject({ code: key, verifier: key, ...wish.shape })
export const deviceAnswer = z.object({
  deviceKey: z.string(),
  userCode: z.string(),
  verificationUri: z.string(),
  verificationUriComplete: z.string().optional(),
  intervalSeconds: z.number().positive(),
  expiresInSeconds: z.number().positive(),
})
export const pollRequest = z.strictObject({ deviceKey: key, ...wish.shape })
/** With status 202. `slower`: from now on, five seconds more between two (RFC 8628, section 3.5). */
export const pendingAnswer = z.object({ pending: z.literal(true), slower: z.boolean() })

const MOST_BYTES = 16 * 1024

/** @throws UNSUPPORTED, SIZE_INVALID, INVALID. */
export async function readBody<Schema extends z.ZodType>(request: Request, schema: Schema): Promise<z.output<Schema>> {
  const type = request.headers.get('Content-Type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json')
    throw new RegistryError('UNSUPPORTED', 'The body must be JSON, and Content-Type say so: application/json.', {
      status: 415,
    })
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of request.body ?? []) {
    bytes += piece.length
    if (bytes > MOST_BYTES)
      throw new RegistryError('SIZE_INVALID', `The body has more than ${MOST_BYTES} bytes.`, { status: 413 })
    pieces.push(piece)
  }
  const parsed = schema.safeParse(jsonOf(Buffer.concat(pieces).toString('utf8')))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new RegistryError('INVALID', `${issue?.path.join('.') || 'The body'}: ${issue?.message ?? 'is not valid'}.`)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new RegistryError('INVALID', 'The body is not JSON.', { cause })
  }
}
