import type { Answer, Api } from '../../support/sign-in.ts'

/** An answer came, and it is none that may come. */
export class UnexpectedAnswer extends Error {}

export interface InTrash {
  readonly id: string
  readonly kind: 'tag' | 'manifest'
  readonly digest: string
  readonly tags: readonly string[]
}

export interface Run {
  readonly id: string
  readonly state: 'waiting' | 'running' | 'ended'
  readonly outcome?: string
  readonly deleted: number
}

export async function asked(api: Api, method: string, path: string, body?: unknown): Promise<Answer['body']> {
  const answer = await api(method, path, body)
  if (answer.status < 300) return answer.body
  throw new UnexpectedAnswer(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
}

/** Runs the policy, and waits for its end. */
export async function runOnce(api: Api, project: string): Promise<Run> {
  let run: Run = await asked(api, 'POST', `/projects/${project}/retention/runs`, {})
  while (run.state !== 'ended') {
    await Bun.sleep(20)
    run = await asked(api, 'GET', `/projects/${project}/retention/runs/${run.id}`)
  }
  return run
}

/** All that can be restored to the repository, newest first. */
export async function trashOf(api: Api, repository: string): Promise<readonly InTrash[]> {
  const items: InTrash[] = []
  let path: string | undefined = `/projects/${projectOf(repository)}/trash?limit=1000&repository=${repository}`
  while (path !== undefined) {
    const { status, body, headers }: Answer = await api('GET', path)
    if (status !== 200) throw new UnexpectedAnswer(`GET ${path}: ${status}`)
    items.push(...body.items)
    path = /^<\/api\/v1([^>]*)>; rel="next"$/.exec(headers.get('Link') ?? '')?.[1]
  }
  return items
}

/** Gives what came back, with the tags that were set: nothing when it is in the trash no more. */
export async function restoreFrom(api: Api, repository: string, id: string): Promise<readonly Omit<InTrash, 'kind'>[]> {
  const path = `/projects/${projectOf(repository)}/trash/${id}/restore`
  const { status, body } = await api('POST', path, {})
  if (status === 404) return []
  if (status !== 200) throw new UnexpectedAnswer(`POST ${path}: ${status} ${JSON.stringify(body)}`)
  // Nothing that it needs may be missing while it lies there.
  const torn = body.notRestored.filter(({ missing }: { missing: readonly string[] }) => missing.length > 0)
  if (torn.length > 0) throw new UnexpectedAnswer(`${path}: ${JSON.stringify(torn)}`)
  return body.restored
}

function projectOf(repository: string): string {
  return repository.split('/')[0] ?? ''
}
