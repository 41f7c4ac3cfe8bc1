import { SIGN_ON_SECONDS } from '../../features/sign-on/index.ts'

const NAME = 'berth-sign-on'

/** Holds the key of a sign-on under way, for the browser that began it. @param publicUrl how it reaches this server. */
export function setCookie(key: string, publicUrl: string): string {
  return cookie(key, SIGN_ON_SECONDS, publicUrl)
}

export function clearCookie(publicUrl: string): string {
  return cookie('', 0, publicUrl)
}

/** `Lax`: the way back from the provider is a link of another site. */
function cookie(value: string, seconds: number, publicUrl: string): string {
  const secure = publicUrl.startsWith('https:') ? '; Secure' : ''
  return `${NAME}=${value}; Path=/sign-on; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`
}

export function keyFrom(request: Request): string | undefined {
  const pairs = (request.headers.get('Cookie') ?? '').split(';').map(pair => pair.trim())
  return pairs.find(pair => pair.startsWith(`${NAME}=`))?.slice(NAME.length + 1) || undefined
}
