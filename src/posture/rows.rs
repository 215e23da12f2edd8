//! What is wrong with row-level security in anyone's SQL.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::facts::rows::{Policy, Rows, Table, is_text};
use crate::source::Span;

/// Reports it.
pub fn check(rows: &Rows, sink: &mut Diagnostics) {
    for (name, table) in &rows.tables {
        let Some(enabled) = table.enabled else { continue };
        if !table.is_forced {
            let message = format!("row-level security of `{name}` does not bind its owner");
            sink.report(
                Diagnostic::new(Code::RowsNotForced, enabled, message)
                    .help(format!("add `alter table {name} force row level security;`")),
            );
        }
        for (policy, it) in &table.policies {
            check_policy(name, policy, it, sink);
        }
    }
    check_recursion(rows, sink);
    for (table, span) in &rows.maintenance {
        let message = format!(
            "row-level security of `{table}` is forced: this finds no row that no policy shows to its owner"
        );
        sink.report(
            Diagnostic::new(Code::RowsMaintenance, *span, message)
                .help("run it as a role that has a policy of its own for it, and compare the number of rows with what was expected"),
        );
    }
    for column in &rows.columns {
        let is_token =
            ["refresh_token", "access_token", "session_token", "api_key"].contains(&column.name.as_str());
        if is_token && is_text(&column.kind) {
            let message = format!("`{}.{}` keeps tokens as they are", column.table, column.name);
            sink.report(
                Diagnostic::new(Code::TokenInClear, column.span, message)
                    .help("keep the SHA-256 of the token, as `bytea`: it is enough to know a token again"),
            );
        }
    }
}

fn check_policy(table: &str, name: &str, policy: &Policy, sink: &mut Diagnostics) {
    if !policy.has_check && matches!(policy.command.as_str(), "all" | "insert" | "update") {
        let message = format!("policy `{name}` of `{table}` does not say which rows may be written");
        sink.report(
            Diagnostic::new(Code::RowsUnchecked, policy.span, message)
                .help("add `with check (…)`: what may be seen and what may be written are two questions"),
        );
    }
    for setting in &policy.settings {
        let message = match (setting.may_be_missing, setting.may_be_empty) {
            (false, _) => "a setting that nobody has set is an error here, and not nobody",
            (true, false) => {
                "behind a transaction a setting is an empty text, which is an error as a uuid, and not nobody"
            }
            (true, true) => "",
        };
        if !message.is_empty() {
            sink.report(
                Diagnostic::new(Code::RowsSetting, setting.span, message)
                    .help("write `nullif(current_setting('…', true), '')`"),
            );
        }
        if !setting.is_once {
            let message = "the setting is asked for again for each row".to_owned();
            sink.report(
                Diagnostic::new(Code::RowsPerRow, setting.span, message).help(
                    "put it into a query of its own: `(select nullif(current_setting('…', true), ''))`",
                ),
            );
        }
    }
}

/// Policies that read each other's tables: PostgreSQL ends such a query with an error.
fn check_recursion(rows: &Rows, sink: &mut Diagnostics) {
    let reads: BTreeMap<&str, BTreeSet<&str>> = rows
        .tables
        .iter()
        .filter(|it| it.1.enabled.is_some())
        .map(|(name, it)| {
            (name.as_str(), it.policies.values().flat_map(|it| &it.reads).map(String::as_str).collect())
        })
        .collect();
    for (name, Table { policies, .. }) in rows.tables.iter().filter(|it| it.1.enabled.is_some()) {
        for (policy, Policy { reads: own, span, .. }) in policies {
            let Some(first) = own.iter().find(|it| leads_back(it, name, &reads)) else { continue };
            report_recursion(name, policy, first, *span, sink);
        }
    }
}

fn report_recursion(table: &str, policy: &str, reads: &str, span: Span, sink: &mut Diagnostics) {
    let message = match reads == table {
        true => format!("policy `{policy}` of `{table}` reads `{table}` itself, which asks the policy again"),
        false => {
            format!("policy `{policy}` of `{table}` reads `{reads}`, whose policies read `{table}` again")
        }
    };
    sink.report(
        Diagnostic::new(Code::RowsRecursion, span, message)
            .help("ask in a `security definer` function with a fixed `search_path`, which no policy binds"),
    );
}

fn leads_back(from: &str, to: &str, reads: &BTreeMap<&str, BTreeSet<&str>>) -> bool {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut open = vec![from];
    while let Some(table) = open.pop() {
        if table == to {
            return true;
        }
        if let Some((table, next)) = reads.get_key_value(table)
            && seen.insert(table)
        {
            open.extend(next);
        }
    }
    false
}
