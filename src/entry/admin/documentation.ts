import style from 'swagger-ui-dist/swagger-ui.css' with { type: 'file' }
import script from 'swagger-ui-dist/swagger-ui-bundle.js' with { type: 'file' }

const START = `window.addEventListener('load', () => SwaggerUIBundle({
  url: '/api/v1/openapi.json', dom_id: '#api', deepLinking: true, validatorUrl: null, tryItOutEnabled: false,
}))
`

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Berth: the administration API</title>
<link rel="stylesheet" href="/api/v1/docs/style.css">
<script defer src="/api/v1/docs/swagger-ui.js"></script>
<script defer src="/api/v1/docs/start.js"></script>
</head>
<body><main id="api"></main></body>
</html>
`

/** Everything from here, nothing from elsewhere; in no frame of another page. The renderer draws its icons as data. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const HTML = 'text/html; charset=utf-8'
const JAVASCRIPT = 'text/javascript; charset=utf-8'

/** The page of the documentation and what it is made of; undefined for any other path. */
export function documentation(path: string): Response | undefined {
  switch (path) {
    case '/api/v1/docs':
    case '/api/v1/docs/':
      return answer(PAGE, HTML)
    case '/api/v1/docs/start.js':
      return answer(START, JAVASCRIPT)
    case '/api/v1/docs/swagger-ui.js':
      return answer(Bun.file(script), JAVASCRIPT)
    case '/api/v1/docs/style.css':
      return answer(Bun.file(style), 'text/css; charset=utf-8')
    default:
      return undefined
  }
}

function answer(body: string | Blob, type: string): Response {
  return new Response(body, {
    headers: { 'Content-Type': type, 'Content-Security-Policy': POLICY, 'Cache-Control': 'max-age=3600' },
  })
}
