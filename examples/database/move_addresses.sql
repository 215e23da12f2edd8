-- What readers said of where they live, into the table that it has now.
set local role library_app_maintenance;

do $$
declare
    moved bigint;
begin
    insert into addresses (reader_id, street, town)
        select id, street, town from readers where street is not null and town is not null
        on conflict do nothing;
    get diagnostics moved = row_count;
    if moved = 0 and pg_relation_size('readers') > 0 then
        raise 'no address was moved';
    end if;
end
$$;

reset role;
