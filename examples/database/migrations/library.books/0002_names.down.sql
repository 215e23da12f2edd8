set local lock_timeout = '2s';
set local statement_timeout = '1min';

-- AccessExclusiveLock on loans
alter table public."loans" rename to "lendings";

-- AccessExclusiveLock on lendings
alter table public."lendings" rename column "reader_id" to "lender_id";

-- AccessExclusiveLock on lendings
alter table public."lendings" rename constraint "loans_reader_id_fkey" to "lendings_lender_id_fkey";

-- AccessExclusiveLock on lendings
alter table public."lendings" rename constraint "loans_pkey" to "lendings_pkey";

alter index public."loans_reader_id_idx" rename to "lendings_lender_id_idx";

create or replace function trackside."erase"("subject" text, "batch" integer) returns table (evidence bigint, rows bigint, done boolean)
    language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
    as $body$
#variable_conflict use_variable
declare
    person text := trackside."id_of"(subject);
    held text;
    unasked boolean;
    until timestamptz;
    steps text;
    step integer;
    behind jsonb;
    room integer;
    taken tid[];
    touched bigint;
    table_name text;
    action text;
    other text;
begin
    if batch is null or batch < 1 then
        raise exception using errcode = 'TS006', message = format('a batch has at least one row');
    end if;
    rows := 0;
    done := false;
    lock table trackside."legal_holds" in share mode;
    loop
        select e.id, e.steps, e.step, e.behind into evidence, steps, step, behind
            from trackside."erasures" as e where e.unfinished = person for update;
        exit when found;
        select max(e.id) into evidence from trackside."erasures" as e where e.subject = person;
        if evidence is not null and trackside.erasure_left(person) is null then
            done := true;
            return next;
            return;
        end if;
        if evidence is null and not trackside."is_known"(person) then
            raise exception using errcode = 'TS008', message = format('no table knows %L, and no erasure of it was ever begun', person);
        end if;
        insert into trackside."erasures" (subject, unfinished, asked_by, steps, step)
            values (person, person, session_user, 'fdbfef6808f822f9c3ca504d005e27377dfa385384deba26e8e7d096816748dd', 0)
            on conflict on constraint erasures_unfinished_key do nothing;
    end loop;
    select string_agg(format('number %s since %s, %s', h.id, to_char(h.since, 'YYYY-MM-DD'), h.reason), '; ' order by h.id)
        into held from trackside."legal_holds" as h where h.subject = person and h.lifted is null;
    if held is not null then
        raise exception using errcode = 'TS002', message = format('%L is under a legal hold: %s', person, held);
    end if;
    if steps <> 'fdbfef6808f822f9c3ca504d005e27377dfa385384deba26e8e7d096816748dd' then
        step := 0;
        behind := null;
    end if;
    while step < 2 and rows < batch loop
        room := batch - rows;
        begin
        case step
        when 0 then
            table_name := 'lendings';
            action := 'delete';
            taken := array(select t.ctid from public."lendings" as t where t."lender_id" = (person)::uuid limit room for update of t);
            delete from public."lendings" as t where t.ctid = any (taken);
        when 1 then
            table_name := 'readers';
            action := 'pseudonymise';
            if behind is null then
                select coalesce(array_agg(f.id), '{}'), coalesce((array_agg(jsonb_build_array(f.k0) order by f.k0 desc))[1], behind)
                    into taken, behind
                    from (select t.ctid as id, t."id" as k0 from public."readers" as t where t."id" = (person)::uuid and (t."name" is distinct from 'DELETED_READER'::text or t."street" is not null or t."town" is not null or t."notes" is not null)
                        order by t."id" limit room for update of t) as f;
            else
                select coalesce(array_agg(f.id), '{}'), coalesce((array_agg(jsonb_build_array(f.k0) order by f.k0 desc))[1], behind)
                    into taken, behind
                    from (select t.ctid as id, t."id" as k0 from public."readers" as t where t."id" = (person)::uuid and (t."name" is distinct from 'DELETED_READER'::text or t."street" is not null or t."town" is not null or t."notes" is not null)
                        and (t."id") > ((behind->>0)::uuid)
                        order by t."id" limit room for update of t) as f;
            end if;
            update public."readers" as t set "name" = 'DELETED_READER'::text, "street" = null, "town" = null, "notes" = null where t.ctid = any (taken);
        end case;
        get diagnostics touched = row_count;
        exception when foreign_key_violation then
            get stacked diagnostics other = table_name;
            raise exception using errcode = 'TS005', message = format('rows of %s refer to rows of %s of %L, and stay', other, table_name, person);
        end;
        rows := rows + touched;
        insert into trackside."erasure_steps" as s (erasure, table_name, action, rows, finished)
            values (evidence, table_name, action, touched, case when cardinality(taken) < room then clock_timestamp() end)
            on conflict on constraint erasure_steps_pkey do update
            set rows = s.rows + excluded.rows, finished = excluded.finished;
        if cardinality(taken) < room then
            step := step + 1;
            behind := null;
        end if;
    end loop;
    if step >= 2 then
        step := coalesce(trackside.erasure_left(person), 2);
        behind := null;
        done := step >= 2;
    end if;
    update trackside."erasures" as e set
        steps = 'fdbfef6808f822f9c3ca504d005e27377dfa385384deba26e8e7d096816748dd', step = step, behind = behind,
        finished = case when done then clock_timestamp() end,
        finished_by = case when done then session_user end,
        unfinished = case when done then null else person end
        where e.id = evidence;
    return next;
end
$body$;

revoke all on function trackside."erase"(text, integer) from public;

grant execute on function trackside."erase"(text, integer) to "library_app_privacy";

alter function trackside."erase"(text, integer) owner to "library_app_maintenance";

create or replace function trackside."erasure_left"("person" text) returns integer
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
    as $body$
#variable_conflict use_variable
begin
    if exists (select from public."lendings" as t where t."lender_id" = (person)::uuid) then
        return 0;
    end if;
    if exists (select from public."readers" as t where t."id" = (person)::uuid and (t."name" is distinct from 'DELETED_READER'::text or t."street" is not null or t."town" is not null or t."notes" is not null)) then
        return 1;
    end if;
    return null;
end
$body$;

revoke all on function trackside."erasure_left"(text) from public;

alter function trackside."erasure_left"(text) owner to "library_app_maintenance";

create or replace function trackside."export"("subject" text) returns setof text
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
    as $body$
#variable_conflict use_variable
declare
    person text := trackside."id_of"(subject);
begin
    if not trackside."is_known"(person) and not exists (select from trackside."erasures" as e where e.subject = person) then
        raise exception using errcode = 'TS008', message = format('no table knows %L, and no erasure of it was ever begun', person);
    end if;
    return next '{"schema":{"subject":' || to_json(person)::text || ',"left_out":[],"tables":['
        || '{"table":"lendings","key":["id"],"columns":[{"name":"id","type":"uuid","personal":false,"encrypted":false},{"name":"lender_id","type":"uuid","personal":false,"encrypted":false},{"name":"title","type":"text","personal":false,"encrypted":false},{"name":"lent_at","type":"timestamptz","personal":false,"encrypted":false}]}' || ','
        || '{"table":"readers","key":["id"],"columns":[{"name":"id","type":"uuid","personal":false,"encrypted":false},{"name":"name","type":"text","personal":true,"encrypted":false},{"name":"street","type":"text","personal":true,"encrypted":false},{"name":"town","type":"text","personal":true,"encrypted":false},{"name":"notes","type":"text","personal":true,"encrypted":false}]}'
        || ']}}';
    return query select '{"table":"lendings","row":' || translate(row_to_json(t.*)::text, e'\n\r', '  ') || '}'
        from public."lendings" as t where t."lender_id" = (person)::uuid order by t."id";
    return query select '{"table":"readers","row":' || translate(row_to_json(t.*)::text, e'\n\r', '  ') || '}'
        from public."readers" as t where t."id" = (person)::uuid order by t."id";
end
$body$;

revoke all on function trackside."export"(text) from public;

grant execute on function trackside."export"(text) to "library_app_privacy";

alter function trackside."export"(text) owner to "library_app_maintenance";

create or replace function trackside."is_known"("person" text) returns boolean
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
    as $body$
#variable_conflict use_variable
begin
    if exists (select from public."lendings" as t where t."lender_id" = (person)::uuid) then
        return true;
    end if;
    if exists (select from public."readers" as t where t."id" = (person)::uuid) then
        return true;
    end if;
    return false;
end
$body$;

revoke all on function trackside."is_known"(text) from public;

alter function trackside."is_known"(text) owner to "library_app_maintenance";
