import type { JWTPayload } from 'jose'

const SECOND = 1000

function times(now: number, lifetimeSeconds: number): JWTPayload {
  const at = Math.floor(now / SECOND)
  return { iat: at, nbf: at - 5, exp: at + lifetimeSeconds, jti: crypto.randomUUID() }
}

/** The claims that docs.github.com/en/actions/reference/security/oidc lists, of a repository made after July 2026. */
export function githubClaims(iss: string, aud: string, now: number): JWTPayload {
  return {
    ...times(now, 300),
    iss,
    aud,
    sub: 'repo:octo-org@65/octo-repo@74:ref:refs/heads/main',
    environment: 'production',
    ref: 'refs/heads/main',
    ref_type: 'branch',
    ref_protected: 'true',
    sha: 'f1d2d2f924e986ac86fdf7b36c94bcdf32beec15',
    repository: 'octo-org/octo-repo',
    repository_id: '74',
    repository_owner: 'octo-org',
    repository_owner_id: '65',
    repository_visibility: 'private',
    actor: 'octocat',
    actor_id: '12',
    workflow: 'release',
    workflow_ref: 'octo-org/octo-repo/.github/workflows/release.yml@refs/heads/main',
    workflow_sha: 'f1d2d2f924e986ac86fdf7b36c94bcdf32beec15',
    job_workflow_ref: 'octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main',
    head_ref: '',
    base_ref: '',
    event_name: 'push',
    runner_environment: 'github-hosted',
    run_id: '50',
    run_number: '10',
    run_attempt: '2',
  }
}

/** The claims that docs.gitlab.com/ci/secrets/id_token_authentication lists, with those of 18.3. */
export function gitlabClaims(iss: string, aud: string, now: number): JWTPayload {
  return {
    ...times(now, 3600),
    iss,
    aud,
    sub: 'project_path:my-group/my-project:ref_type:branch:ref:main',
    namespace_id: '72',
    namespace_path: 'my-group',
    project_id: '20',
    project_path: 'my-group/my-project',
    job_project_id: '20',
    job_project_path: 'my-group/my-project',
    job_namespace_id: '72',
    job_namespace_path: 'my-group',
    user_id: '1',
    user_login: 'sample-user',
    user_email: 'sample-user@example.com',
    user_identities: [{ provider: 'github', extern_uid: '2435223452345' }],
    pipeline_id: '574',
    pipeline_source: 'push',
    job_id: '302',
    ref: 'main',
    ref_type: 'branch',
    ref_path: 'refs/heads/main',
    ref_protected: 'true',
    environment: 'production',
    environment_protected: 'true',
    runner_id: 1,
    runner_environment: 'self-hosted',
    sha: '714a629c0b401fdce83e847fc9589983fc6f46bc',
  }
}

/** A projected service account token, as kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin has it. */
export function kubernetesClaims(iss: string, aud: string, now: number): JWTPayload {
  return {
    ...times(now, 3607),
    iss,
    aud: [aud],
    sub: 'system:serviceaccount:ci:builder',
    'kubernetes.io': {
      namespace: 'ci',
      node: { name: 'node-1', uid: '646e7c5e-32d6-4d42-9dbd-e504e6cbe6b1' },
      pod: { name: 'build-7', uid: '5e0bd49b-f040-43b0-99b7-22765a53f7f3' },
      serviceaccount: { name: 'builder', uid: '14ee3fa4-a7e2-420f-9f9a-dbc4507c3798' },
      warnafter: Math.floor(now / SECOND) + 3607,
    },
  }
}
