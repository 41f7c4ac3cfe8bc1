/** So that transactions on different connections do not wait for one row: those that run at once have different ids. */
const SHARD = 'pg_backend_pid() % 32'

const SIGN = `case tg_op when 'INSERT' then 1 else -1 end`

/** Adds up what the query gives: project, bytes, repositories, tags, manifests. In one order, against deadlocks. */
const count = (query: string) => `insert into usage as u (project_id, shard, bytes, repositories, tags, manifests)
  select project, ${SHARD}, sum(bytes), sum(repositories), sum(tags), sum(manifests)
  from (${query}) as counted (project, bytes, repositories, tags, manifests)
  where project is not null group by project order by project
  on conflict (project_id, shard) do update set bytes = u.bytes + excluded.bytes,
    repositories = u.repositories + excluded.repositories, tags = u.tags + excluded.tags,
    manifests = u.manifests + excluded.manifests;`

/** @param body statements of PL/pgSQL; what it returns matters before a change only. */
const run = (name: string, body: string, result = 'null') =>
  `create or replace function berth_usage_${name}() returns trigger language plpgsql as $$ begin ${body} return ${result}; end $$`

/** Once for each statement, over all the rows that it changed. */
const onStatements = (table: string, events: Readonly<Record<string, string>>) =>
  Object.entries(events).map(
    ([event, rows]) => `create trigger berth_usage_${event} after ${event} on ${table} referencing ${rows}
      for each statement execute function berth_usage_${table}()`,
  )

const COME_AND_GO = { insert: 'new table as changed', delete: 'old table as changed' }

/** Links that were there before, of the same blob in the same project. */
const others = (rows: string) => `exists (select 1 from repository_blobs l
  where l.digest = c.digest and l.project_id = c.project_id
  and not exists (select 1 from ${rows} n where n.repository_id = l.repository_id and n.digest = l.digest))`

const MOVED = `select n.repository_id, n.digest, o.project_id as before, n.project_id as after
  from old_rows o join new_rows n on n.repository_id = o.repository_id and n.digest = o.digest
  where o.project_id is distinct from n.project_id`

const CONTENTS = `select coalesce(sum(size_bytes), 0) as bytes, count(*) as manifests,
  (select count(*) from tags where repository_id = new.id) as tags from manifests where repository_id = new.id`

export function countOnPostgres(): readonly string[] {
  return [
    run(
      'repositories',
      count(`select 0, 0, ${SIGN}, 0, 0 from changed union all select project_id, 0, ${SIGN}, 0, 0 from changed`),
    ),
    ...onStatements('repositories', COME_AND_GO),
    // An older Berth that serves beside this one does not say which project it is.
    run(
      'assign_repository',
      `if coalesce(current_setting('berth.receiving', true), '') <> 'on' then
        insert into projects (name, visibility, pushers, created_at)
        values (split_part(new.name, '/', 1), 'private', 'members', new.created_at) on conflict (name) do nothing;
      end if;
      new.project_id := (select id from projects where name = split_part(new.name, '/', 1));`,
      'new',
    ),
    `create trigger berth_usage_assign before insert on repositories for each row when (new.project_id is null)
      execute function berth_usage_assign_repository()`,
    run(
      'move_repository',
      `${count(`select m.project, m.sign * c.bytes, m.sign, m.sign * c.tags, m.sign * c.manifests
        from (values (old.project_id, -1), (new.project_id, 1)) m (project, sign), (${CONTENTS}) c`)}
      update repository_blobs set project_id = new.project_id where repository_id = new.id;`,
    ),
    // A project that is renamed keeps its repositories: it has its new name before or after them.
    run(
      'rename_repository',
      `new.project_id := coalesce((select id from projects where name = split_part(new.name, '/', 1)), new.project_id);`,
      'new',
    ),
    `create trigger berth_usage_rename before update of name on repositories for each row
      when (old.name <> new.name) execute function berth_usage_rename_repository()`,
    // Of any column: what the trigger above does is not seen as an update of this one.
    `create trigger berth_usage_move after update on repositories for each row
      when (old.project_id is distinct from new.project_id) execute function berth_usage_move_repository()`,
    run('assign_link', `new.project_id := (select project_id from repositories where id = new.repository_id);`, 'new'),
    `create trigger berth_usage_assign before insert on repository_blobs for each row when (new.project_id is null)
      execute function berth_usage_assign_link()`,
    run(
      'repository_blobs',
      count(`select c.project_id, ${SIGN} * b.size_bytes, 0, 0, 0
        from (select distinct project_id, digest from changed) c join blobs b on b.digest = c.digest
        where not ${others('changed')}`),
    ),
    ...onStatements('repository_blobs', COME_AND_GO),
    run(
      'move_links',
      count(`with moved as (${MOVED})
        select c.project_id, -b.size_bytes, 0, 0, 0
        from (select distinct before as project_id, digest from moved) c join blobs b on b.digest = c.digest
        where not exists (select 1 from repository_blobs l where l.digest = c.digest and l.project_id = c.project_id)
        union all select c.project_id, b.size_bytes, 0, 0, 0
        from (select distinct after as project_id, digest from moved) c join blobs b on b.digest = c.digest
        where not ${others('moved')}`),
    ),
    `create trigger berth_usage_update after update on repository_blobs
      referencing old table as old_rows new table as new_rows for each statement execute function berth_usage_move_links()`,
    run(
      'blobs',
      count(`select 0, ${SIGN} * size_bytes, 0, 0, 0 from changed
        union all select l.project_id, ${SIGN} * c.size_bytes, 0, 0, 0 from changed c,
        lateral (select distinct project_id from repository_blobs where digest = c.digest) l`),
    ),
    ...onStatements('blobs', COME_AND_GO),
    run(
      'resize_blob',
      count(`select 0, new.size_bytes - old.size_bytes, 0, 0, 0 union all
        select project_id, new.size_bytes - old.size_bytes, 0, 0, 0
        from (select distinct project_id from repository_blobs where digest = new.digest) l`),
    ),
    `create trigger berth_usage_resize after update of size_bytes on blobs for each row
      when (old.size_bytes <> new.size_bytes) execute function berth_usage_resize_blob()`,
    run(
      'manifests',
      count(`select p.project, ${SIGN} * c.size_bytes, 0, 0, ${SIGN} from changed c,
        lateral (values (0::bigint), ((select project_id from repositories where id = c.repository_id))) p (project)`),
    ),
    ...onStatements('manifests', COME_AND_GO),
    run(
      'resize_manifest',
      count(`select p.project, new.size_bytes - old.size_bytes, 0, 0, 0 from
        (values (0::bigint), ((select project_id from repositories where id = new.repository_id))) p (project)`),
    ),
    `create trigger berth_usage_resize after update of size_bytes on manifests for each row
      when (old.size_bytes <> new.size_bytes) execute function berth_usage_resize_manifest()`,
    run(
      'tags',
      count(`select p.project, 0, 0, ${SIGN}, 0 from changed c,
        lateral (values (0::bigint), ((select project_id from repositories where id = c.repository_id))) p (project)`),
    ),
    ...onStatements('tags', COME_AND_GO),
  ]
}
