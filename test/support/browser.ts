/** As much of a browser as logging in takes: cookies, redirects, and the fields of a form. */
export interface Browser {
  /** Follows redirects as long as they stay at the site; gives where it ended, and what was there. */
  visit(url: string, form?: Readonly<Record<string, string>>): Promise<Visit>
}

export interface Visit {
  readonly url: string
  readonly text: string
  /** The hidden fields of its forms. */
  readonly fields: Readonly<Record<string, string>>
}

export function openBrowser(site: string): Browser {
  const cookies = new Map<string, string>()
  return {
    async visit(url, form) {
      let [next, body] = [url, form]
      for (let steps = 0; steps < 20; steps += 1) {
        if (new URL(next).origin !== new URL(site).origin) return { url: next, text: '', fields: {} }
        const response = await fetch(next, {
          method: body ? 'POST' : 'GET',
          headers: { Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
          redirect: 'manual',
          ...(body ? { body: new URLSearchParams(body) } : {}),
        })
        keepCookies(cookies, response)
        const location = response.headers.get('Location')
        const text = await response.text()
        if (response.status < 300 || response.status >= 400 || location === null) {
          return { url: next, text, fields: fieldsOf(text) }
        }
        next = new URL(location, next).href
        body = undefined
      }
      throw new Error(`${url} redirects for ever`)
    },
  }
}

function keepCookies(cookies: Map<string, string>, response: Response): void {
  for (const line of response.headers.getSetCookie()) {
    const [name = '', value = ''] = (line.split(';')[0] ?? '').split(/=(.*)/s)
    if (value === '') cookies.delete(name)
    else cookies.set(name, value)
  }
}

function fieldsOf(text: string): Record<string, string> {
  const inputs = [...text.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]) => input)
  const part = (input: string, name: string) => new RegExp(`${name}="([^"]*)"`).exec(input)?.[1] ?? ''
  return Object.fromEntries(inputs.map(input => [part(input, 'name'), part(input, 'value')]))
}

/** Logs in and consents with the forms of oidc-provider, until they are over. */
export async function signOn(browser: Browser, from: Visit, login: string): Promise<Visit> {
  let visit = from
  const forms: Record<string, string>[] = [{ prompt: 'login', login, password: 'any' }, { prompt: 'consent' }]
  for (const form of forms) {
    if (visit.url.includes('/interaction/')) visit = await browser.visit(visit.url, form)
  }
  return visit
}
