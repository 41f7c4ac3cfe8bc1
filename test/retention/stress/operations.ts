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

/** All that can be restored to the repository. */
export async function trashOf(api: Api, repository: string): Promise<readonly InTrash[]> {
  const [project] = repository.split('/')
  const items: InTrash[] = []
  for (let after = ''; ; ) {
    const page = await asked(api, 'GET', `/projects/${project}/trash?repository=${repository}&limit=1000${after}`)
    items.push(...page.items)
    if (!page.next) return items
    after = `&after=${encodeURIComponent(page.next)}`
  }
}

/** Gives how many came back. */
export async function restoreFrom(api: Api, repository: string, ids: readonly string[]): Promise<number> {
  const [project] = repository.split('/')
  const { restored } = await asked(api, 'POST', `/projects/${project}/trash/restore`, { ids })
  return restored.length
}
