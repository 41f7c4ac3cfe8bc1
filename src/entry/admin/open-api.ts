import type { OpenAPIHono } from '@hono/zod-openapi'

/** OpenAPI 3.1 of every operation, made from the routes themselves. */
export function openApiDocument(
  application: Pick<OpenAPIHono, 'getOpenAPI31Document' | 'openAPIRegistry'>,
  version: string,
): object {
  const { openAPIRegistry: registry } = application
  registry.registerComponent('securitySchemes', 'basic', {
    type: 'http',
    scheme: 'basic',
    description: 'A user name with the password or a token, or a robot with its token.',
  })
  registry.registerComponent('securitySchemes', 'token', {
    type: 'http',
    scheme: 'bearer',
    description: 'A token by itself: berth_pat_… or berth_rob_….',
  })
  return application.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Berth: administration',
      version,
      description:
        'Users, projects, roles, robots, tokens, trust rules and the audit log. Errors are problems as RFC 9457 has them. Lists go on where the Link header (rel="next") says.',
    },
    servers: [{ url: '/' }],
    security: [{ basic: [] }, { token: [] }],
  })
}
