//! Whether a table can take records in, and keeps them as they are.

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::audit::{Audit, AuditField};
use crate::language::database::caller::{Caller, CallingWorkload, Privilege};
use crate::language::database::column::Column;
use crate::language::database::row::Condition;
use crate::language::database::table::Table;
use crate::language::database::{Database, DatabaseId};
use crate::language::item::listed;
use crate::language::reference;
use crate::language::value::postgres::column_type::BaseType;
use crate::language::value::postgres::{ColumnType, Identifier};
use crate::language::{Platform, erasure::Erasure};
use crate::source::Spanned;

/// Reports a table that could not take the records, or would not keep them.
pub fn check(
    id: &DatabaseId,
    written: &Spanned<Identifier>,
    audit: &Audit,
    platform: &Platform,
    sink: &mut Diagnostics,
) {
    let Some(database) = platform.database(id) else { return };
    let Some(table) = database.tables.get(&written.value) else {
        let known: Vec<&str> = database.tables.keys().map(Identifier::as_str).collect();
        let name = Spanned::new(written.value.as_str(), written.span);
        let place = format!(" in database `{}`", database.name);
        sink.report(reference::unknown("table", name, &place, Some(&known)).0);
        return;
    };
    let report = |message: String, help: &str, sink: &mut Diagnostics| {
        let diagnostic = Diagnostic::new(Code::AuditTable, written.span, message);
        sink.report(diagnostic.related(table.span, "the table").help(help));
    };
    let column = |name: &str| table.columns.iter().find(|it| it.name.as_str() == name);
    let missing: Vec<&str> =
        audit.fields.iter().map(|it| it.word()).filter(|it| column(it).is_none()).collect();
    if !missing.is_empty() {
        let message = format!("table `{}` has no column for {}", table.name, listed(missing.iter().copied()));
        report(message, "add the columns, or leave the fields out of `fields`", sink);
    }
    for field in &audit.fields {
        if let Some(column) = column(field.word()) {
            check_column(*field, column, sink);
        }
    }
    let is_field = |it: &Column| audit.fields.iter().any(|field| field.word() == it.name.as_str());
    for column in table.columns.iter().filter(|it| !is_field(it) && !it.nullable && it.default.is_none()) {
        let message = match column.subject {
            true => format!("column `{}` needs a value, and not every record is about a user", column.name),
            false => format!("column `{}` needs a value, and no record has one for it", column.name),
        };
        let diagnostic = Diagnostic::new(Code::AuditTable, column.span, message);
        sink.report(
            diagnostic.related(audit.span, "what is recorded").help("add `nullable=#true`, or a `default`"),
        );
    }
    check_kept(id, database, table, platform, sink);
}

/// Reports a column that cannot hold a field.
fn check_column(field: AuditField, column: &Column, sink: &mut Diagnostics) {
    let report = |message: String, help: String, sink: &mut Diagnostics| {
        sink.report(Diagnostic::new(Code::AuditTable, column.span, message).help(help));
    };
    let name = &column.name;
    if !holds(field, &column.column_type) {
        let usual = usual_type(field);
        let message =
            format!("column `{name}` of type `{}` cannot hold every `{}`", column.column_type, field.word());
        report(message, format!("make it `\"{usual}\"`"), sink);
        return;
    }
    if column.encrypted {
        let message = format!("column `{name}` is encrypted, and the token service has no key of services");
        report(
            message,
            "leave `encrypted=` out: who reads records is for the database to say".to_owned(),
            sink,
        );
    }
    // What has no value is an empty text; there is no empty address and no empty id.
    let may_be_missing = matches!(field, AuditField::Actor | AuditField::Address);
    let has_empty = matches!(column.column_type.base, BaseType::Text | BaseType::VarChar);
    if may_be_missing && !has_empty && !column.nullable {
        let message = format!("column `{name}` needs a value, and not every record has one");
        report(message, "add `nullable=#true`".to_owned(), sink);
    }
}

fn holds(field: AuditField, column: &ColumnType) -> bool {
    let ColumnType { base, modifiers: [length, _], is_array, declared: _ } = column;
    let long_enough = |least: u16| match base {
        BaseType::Text => true,
        BaseType::VarChar => length.is_none_or(|it| it >= least),
        _ => false,
    };
    !is_array
        && match field {
            AuditField::Id | AuditField::Actor => *base == BaseType::Uuid || long_enough(36),
            AuditField::Time => *base == BaseType::TimestampTz,
            AuditField::Address => *base == BaseType::Inet || long_enough(45),
            AuditField::Agent | AuditField::Resource => long_enough(200),
            AuditField::Action => long_enough(81),
            AuditField::Result | AuditField::Risk => long_enough(12),
            AuditField::Metadata => matches!(base, BaseType::Jsonb | BaseType::Json) || long_enough(u16::MAX),
        }
}

fn usual_type(field: AuditField) -> &'static str {
    match field {
        AuditField::Id => "uuid",
        AuditField::Time => "timestamptz",
        AuditField::Address => "inet",
        AuditField::Metadata => "jsonb",
        AuditField::Actor
        | AuditField::Agent
        | AuditField::Action
        | AuditField::Resource
        | AuditField::Result
        | AuditField::Risk => "text",
    }
}

/// Reports who could change or delete records.
fn check_kept(
    id: &DatabaseId,
    database: &Database,
    table: &Table,
    platform: &Platform,
    sink: &mut Diagnostics,
) {
    let changed = |span, message: String, help: &str| {
        Diagnostic::new(Code::AuditTableChanged, span, message)
            .related(table.span, "records are kept here")
            .help(help)
    };
    for rule in table.rows.iter().filter(|it| it.write.is_some_and(|it| it != Condition::Nobody)) {
        let who = rule.write.map_or("", Condition::word);
        let message = format!("`{who}` may change the records in `{}`", table.name);
        sink.report(changed(
            rule.span,
            message,
            "leave `write=` out: records are added by the token service alone",
        ));
    }
    for Caller { name, privileges, span, .. } in database.callers.values() {
        let may = privileges.get(&table.name).into_iter().flatten();
        for privilege in may.filter(|it| matches!(it, Privilege::Update | Privilege::Delete)) {
            let message = format!("caller `{name}` may {} the records in `{}`", privilege.word(), table.name);
            sink.report(changed(
                *span,
                message,
                "take the privilege away: a record that can be changed proves nothing",
            ));
        }
    }
    let erasures = match &id.project {
        None => Some(&platform.erasures),
        Some(project) => platform.projects.get(project).map(|it| &it.erasures),
    };
    let of_database = |it: &&Erasure| it.database == id.name;
    for erasure in erasures.into_iter().flat_map(|it| it.values()).filter(of_database) {
        for step in erasure.delete.iter().filter(|it| it.table == table.name) {
            let message = format!("an erasure deletes the records in `{}`", table.name);
            sink.report(changed(
                step.span,
                message,
                "list the table in `pseudonymise`: what was done stays, and not who did it",
            ));
        }
    }
}

/// Whether a service adds rows to a table under a role of its own.
pub fn inserts(database: &Database, table: &Identifier, service: &CallingWorkload) -> bool {
    let own = database.callers.values().filter(|it| it.workload == *service);
    own.filter_map(|it| it.privileges.get(table)).any(|it| it.contains(&Privilege::Insert))
}

#[cfg(test)]
mod tests {
    use crate::language::tests::{TOKEN_SERVICE, check_used};

    /// The findings about records that go to a table of these columns.
    fn check(table: &str, others: &str) -> String {
        let able = TOKEN_SERVICE
            .replace("reaches external=\"web\"", "reaches external=\"web\"; reaches database=\"data\"");
        check_used(&format!(
            r#"audit {{ events "a"; fields "id" "time" "actor" "address" "action" "result" "risk" "metadata"; sink "table" database="data" table="log" }}
            database "data" engine="postgresql" {{
                server "10.8.40.0/24"; offers project="sys"
                table "log" {{
                    {table}
                }}
                {others}
            }}
            {able}"#
        ))
    }

    const COLUMNS: &str = r#"column "id" "uuid" primary-key=#true; column "time" "timestamptz"; column "actor" "text"; column "address" "inet" nullable=#true; column "action" "text"; column "result" "varchar(20)"; column "risk" "text"; column "metadata" "jsonb"; rows read="nobody""#;

    #[test]
    fn a_table_has_a_column_for_each_field() {
        let caller = r#"caller "auth" service="sys/auth" { insert "log" }"#;
        insta::assert_snapshot!(check(COLUMNS, caller), @r#""#);
        insta::assert_snapshot!(check(r#"column "id" "bigint" primary-key=#true
            column "time" "timestamp"
            column "actor" "uuid"
            column "address" "varchar(15)"
            column "action" "text[]"
            column "result" "boolean"
            column "risk" "varchar(4)"
            column "who" "uuid"
            column "subject" "uuid" subject=#true
            column "note" "text" default="none"
            column "more" "text" nullable=#true
            rows read="nobody""#, caller), @r#"
        TS742 error 1: table `log` has no column for `metadata`
        TS645 warning 2: database `data` has data of people, and no `erasure` says what becomes of it
        TS742 error 5: column `id` of type `bigint` cannot hold every `id`
        TS742 error 6: column `time` of type `timestamp` cannot hold every `time`
        TS742 error 7: column `actor` needs a value, and not every record has one
        TS742 error 8: column `address` of type `varchar(15)` cannot hold every `address`
        TS742 error 9: column `action` of type `text[]` cannot hold every `action`
        TS742 error 10: column `result` of type `boolean` cannot hold every `result`
        TS742 error 11: column `risk` of type `varchar(4)` cannot hold every `risk`
        TS742 error 12: column `who` needs a value, and no record has one for it
        TS742 error 13: column `subject` needs a value, and not every record is about a user
        "#);
    }

    #[test]
    fn nobody_changes_records() {
        let rows = COLUMNS.replace(r#"rows read="nobody""#, r#"column "whose" "uuid" owner=#true subject=#true nullable=#true; rows read="owner"; rows write="owner""#);
        insta::assert_snapshot!(check(&rows, r#"caller "auth" service="sys/auth" { insert "log"; update "log" }
            caller "tidy" service="sys/auth" { select "log"; delete "log" }"#), @r#"
        TS645 warning 2: database `data` has data of people, and no `erasure` says what becomes of it
        TS743 error 5: `owner` may change the records in `log`
        TS743 error 7: caller `auth` may update the records in `log`
        TS626 error 7: caller `auth` may update rows of `log`, and cannot see which
        TS108 error 8: caller `tidy` is who another caller is
        TS743 error 8: caller `tidy` may delete the records in `log`
        "#);
        insta::assert_snapshot!(check(COLUMNS, ""), @r#"TS741 error 1: service `sys/auth` may add no row to `log`"#);
    }

    #[test]
    fn a_sink_is_one_place() {
        insta::assert_snapshot!(check_used(&format!(r#"
            audit {{
                events "a"; fields "id" "time" "actor" "action" "result"
                sink "none"
                sink "both" database="data" table="log" webhook="https://siem.example/in" {{ signature secret="key" }}
                sink "half" database="data"
                sink "other" table="log"
                sink "signed" database="data" table="log" {{ signature secret="key" }}
                sink "unknown" database="data" table="logs"
                sink "nowhere" database="dta" table="log"
            }}
            secret "key" file="secret.age"
            database "data" engine="postgresql" {{ server "10.8.40.0/24"; table "log" {{ column "id" "uuid" primary-key=#true; column "time" "timestamptz"; column "actor" "text"; column "action" "text"; column "result" "text"; rows read="nobody" }} }}
            {TOKEN_SERVICE}"#)), @r#"
        TS104 error 3: `sink` does not say what it refers to
        TS115 error 4: `sink` says two things, `database=` and `webhook=`
        TS104 error 5: sink `half` needs `table=` beside `database=`
        TS104 error 6: sink `other` needs `database=` beside `table=`
        TS741 error 7: service `sys/auth` does not reach database `data`
        TS741 error 7: service `sys/auth` may add no row to `log`
        TS114 error 7: rows of a table carry no signature
        TS741 error 8: service `sys/auth` does not reach database `data`
        TS110 error 8: there is no table `logs` in database `data`
        TS741 error 9: service `sys/auth` does not reach database `data`
        TS741 error 9: service `sys/auth` may add no row to `log`
        TS110 error 9: there is no database `dta`
        "#);
    }
}
