import { RegistryError } from '../../oci/index.ts'

/** Nothing on the page runs, loads, is framed or sends. */
const HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
}

/** What a browser is shown: a heading and lines of text. */
export function page(
  { title, lines }: { readonly title: string; readonly lines: readonly string[] },
  {
    status = 200,
    headers = {},
  }: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): Response {
  const body = [
    '<!doctype html>',
    '<html lang="en">',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">',
    `<title>${escaped(title)} - Berth</title>`,
    `<h1>${escaped(title)}</h1>`,
    ...lines.map(line => `<p>${escaped(line)}</p>`),
    '</html>',
  ]
  return new Response(`${body.join('\n')}\n`, { status, headers: { ...headers, ...HEADERS } })
}

/** An error that a browser may be shown. */
export function errorPage({ status, message, headers }: RegistryError): Response {
  return page({ title: 'You are not signed in', lines: [message] }, { status, headers })
}

/** Errors as pages; @throws whatever is no RegistryError: it is answered as everywhere. */
export async function inBrowser(answer: () => Promise<Response>): Promise<Response> {
  try {
    return await answer()
  } catch (error) {
    if (error instanceof RegistryError) return errorPage(error)
    throw error
  }
}

/** Somewhere else, which is not told where from. @param location ours: nothing of the request is in it. */
export function goTo(location: string): Response {
  return new Response(null, {
    status: 303,
    headers: { Location: location, 'Referrer-Policy': 'no-referrer', 'Cache-Control': 'no-store' },
  })
}

function escaped(text: string): string {
  return text
    .replace(/\p{Cc}/gu, '?')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
