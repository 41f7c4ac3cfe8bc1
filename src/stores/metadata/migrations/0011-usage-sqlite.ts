const FIRST = (name: string) => `substr(${name}, 1, instr(${name} || '/', '/') - 1)`

/** Adds what the query gives: project, bytes, repositories, tags, manifests. It must end in a condition. */
const count = (query: string) => `insert into usage (project_id, shard, bytes, repositories, tags, manifests)
  select project, 0, bytes, repositories, tags, manifests from (${query}) where project is not null
  on conflict (project_id, shard) do update set bytes = bytes + excluded.bytes,
    repositories = repositories + excluded.repositories, tags = tags + excluded.tags,
    manifests = manifests + excluded.manifests;`

interface Amounts {
  readonly bytes?: string
  readonly repositories?: string
  readonly tags?: string
  readonly manifests?: string
}

const row = (project: string, { bytes = '0', repositories = '0', tags = '0', manifests = '0' }: Amounts) =>
  `select ${project} as project, ${bytes} as bytes, ${repositories} as repositories, ${tags} as tags, ${manifests} as manifests`

const ofBoth = (repository: string, amounts: Amounts) =>
  count(`${row('0', amounts)} union all
    ${row(`(select project_id from repositories where id = ${repository})`, amounts)}`)

/** The size of the blob, once: unless another repository of the project has it too. */
const link = (sign: '+' | '-', { project, digest, repository }: Readonly<Record<string, string>>) =>
  count(`${row(project as string, { bytes: `${sign}b.size_bytes` })} from blobs b where b.digest = ${digest}
    and not exists (select 1 from repository_blobs o where o.digest = ${digest} and o.project_id = ${project}
      and o.repository_id <> ${repository})`)

const blob = (size: string, digest: string) =>
  count(`${row('0', { bytes: size })} union all
    select project_id, ${size}, 0, 0, 0 from (select distinct project_id from repository_blobs where digest = ${digest})`)

const NEW_LINK = { project: 'new.project_id', digest: 'new.digest', repository: 'new.repository_id' }
const OLD_LINK = { project: 'old.project_id', digest: 'old.digest', repository: 'old.repository_id' }

/** What a repository has, but for its blobs. */
const contents = (sign: '+' | '-', project: string) =>
  count(
    row(project, {
      bytes: `${sign}(select coalesce(sum(size_bytes), 0) from manifests where repository_id = new.id)`,
      repositories: `${sign}1`,
      tags: `${sign}(select count(*) from tags where repository_id = new.id)`,
      manifests: `${sign}(select count(*) from manifests where repository_id = new.id)`,
    }),
  )

const trigger = (name: string, when: string, ...statements: readonly string[]) =>
  `create trigger berth_usage_${name} ${when} begin ${statements.join('\n')} end`

export function countOnSqlite(): readonly string[] {
  return [
    trigger(
      'repository_new',
      'after insert on repositories',
      count(`${row('0', { repositories: '1' })} union all ${row('new.project_id', { repositories: '1' })}`),
    ),
    // Whoever does not say which project it is.
    trigger(
      'repository_unassigned',
      'after insert on repositories when new.project_id is null',
      `update repositories set project_id = (select id from projects where name = ${FIRST('new.name')}) where id = new.id;`,
    ),
    // A project that is renamed keeps its repositories: it has its new name before or after them.
    trigger(
      'repository_renamed',
      'after update of name on repositories when old.name <> new.name',
      `update repositories set project_id = coalesce((select id from projects where name = ${FIRST('new.name')}), project_id)
        where id = new.id;`,
    ),
    trigger(
      'repository_moved',
      'after update of project_id on repositories when old.project_id is not new.project_id',
      contents('-', 'old.project_id'),
      contents('+', 'new.project_id'),
      'update repository_blobs set project_id = new.project_id where repository_id = new.id;',
    ),
    trigger(
      'repository_gone',
      'after delete on repositories',
      count(`${row('0', { repositories: '-1' })} union all ${row('old.project_id', { repositories: '-1' })}`),
    ),
    trigger('link_new', 'after insert on repository_blobs when new.project_id is not null', link('+', NEW_LINK)),
    trigger(
      'link_unassigned',
      'after insert on repository_blobs when new.project_id is null',
      `update repository_blobs set project_id = (select project_id from repositories where id = new.repository_id)
        where repository_id = new.repository_id and digest = new.digest;`,
    ),
    trigger(
      'link_moved',
      'after update of project_id on repository_blobs when old.project_id is not new.project_id',
      link('-', OLD_LINK),
      link('+', NEW_LINK),
    ),
    trigger('link_gone', 'after delete on repository_blobs when old.project_id is not null', link('-', OLD_LINK)),
    trigger('blob_new', 'after insert on blobs', blob('new.size_bytes', 'new.digest')),
    trigger('blob_gone', 'after delete on blobs', blob('-old.size_bytes', 'old.digest')),
    trigger(
      'blob_resized',
      'after update of size_bytes on blobs when old.size_bytes <> new.size_bytes',
      blob('new.size_bytes - old.size_bytes', 'new.digest'),
    ),
    trigger(
      'manifest_new',
      'after insert on manifests',
      ofBoth('new.repository_id', { bytes: 'new.size_bytes', manifests: '1' }),
    ),
    trigger(
      'manifest_gone',
      'after delete on manifests',
      ofBoth('old.repository_id', { bytes: '-old.size_bytes', manifests: '-1' }),
    ),
    trigger(
      'manifest_resized',
      'after update of size_bytes on manifests when old.size_bytes <> new.size_bytes',
      ofBoth('new.repository_id', { bytes: 'new.size_bytes - old.size_bytes' }),
    ),
    trigger('tag_new', 'after insert on tags', ofBoth('new.repository_id', { tags: '1' })),
    trigger('tag_gone', 'after delete on tags', ofBoth('old.repository_id', { tags: '-1' })),
  ]
}
