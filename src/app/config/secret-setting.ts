import { z } from 'zod'
import { Secret } from '../../platform/secrets/index.ts'

const text = z.string().min(1)

/** In berth.yaml itself, or in a file that only Berth can read. */
export const secret = z.union(
  [text.transform(value => ({ value: new Secret(value) })), z.strictObject({ file: text })],
  {
    error: 'expected the secret, or { file: … } with the file that holds it',
  },
)

export type SecretSetting = z.output<typeof secret>
