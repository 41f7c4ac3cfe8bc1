import { SignOnRefused } from './external/index.ts'
import { ANONYMOUS, type Principal } from './principal.ts'
import { Unauthenticated } from './unauthenticated.ts'

/** What happened at a sign-in, for whoever keeps a record. */
export type SignInObserver = (event: {
  readonly principal: Principal
  readonly outcome: 'success' | 'denied'
  readonly reason?: string
}) => void

/**
 * Somebody's sign-in, whose refusal is recorded and told with its reason: by 401, since skopeo and podman show what the
 * token server says with that status only.
 * @throws Unauthenticated for whoever another source knows and who may not enter here, too; what `work` throws.
 */
export async function toldRefusal<Result>(
  { name, observe }: { readonly name: string; readonly observe: SignInObserver },
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    const told = error instanceof SignOnRefused ? new Unauthenticated(error.message, {}, { cause: error }) : error
    if (told instanceof Unauthenticated)
      observe({ principal: { ...ANONYMOUS, name: name.slice(0, 255) }, outcome: 'denied', reason: told.message })
    throw told
  }
}
