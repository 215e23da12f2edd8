//! Whether the token service can deliver what it must: it is a workload like any other, with declared edges.

use std::collections::BTreeSet;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::audit::sink::Destination;
use crate::language::audit::table;
use crate::language::auth::Auth;
use crate::language::auth::provider::Protocol;
use crate::language::channel::Webhook;
use crate::language::database::DatabaseId;
use crate::language::database::caller::CallingWorkload;
use crate::language::item::listed;
use crate::language::name::Name;
use crate::language::service::Service;
use crate::language::value::network::{self, Port, TransportPort};
use crate::language::value::postgres::Identifier;
use crate::language::workload::Reach;
use crate::source::Span;

/// The token service, and what is around it.
struct Courier<'p> {
    auth: &'p Auth,
    service: &'p Service,
    platform: &'p Platform,
}

/// Reports places that the token service may not reach, and tables that cannot take in its records.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    // That there is none is the token service's own finding.
    let Some(auth) = &platform.auth else { return };
    let Some(service) = platform.service(&auth.service) else { return };
    let courier = Courier { auth, service, platform };
    for it in platform.audit.iter().flat_map(|it| it.sinks.values()) {
        match &it.to {
            Destination::Webhook(webhook) => courier.check_webhook(webhook, sink),
            Destination::Table { database, table } => {
                courier.check_table(database, &table.value, it.span, sink);
            }
        }
    }
    for channel in platform.channels.values() {
        courier.check_webhook(&channel.webhook, sink);
    }
    let mut seen = BTreeSet::new();
    for provider in auth.providers.values() {
        let port = match &provider.protocol {
            // Its API answers where everybody's does.
            Protocol::Github => Port(443),
            Protocol::OpenidConnect(issuer) => issuer.port(),
        };
        if seen.insert(port) {
            courier.check_outside(port, provider.span, "which redeems the code of a login there", sink);
        }
    }
}

impl Courier<'_> {
    fn check_webhook(&self, webhook: &Webhook, sink: &mut Diagnostics) {
        self.check_outside(webhook.address.port(), webhook.span, "which posts to the address", sink);
    }

    fn check_outside(&self, port: Port, span: Span, why: &str, sink: &mut Diagnostics) {
        let port = TransportPort { port, protocol: network::Protocol::Tcp };
        // Which addresses a name stands for is not known here, so ranges cannot be held against it.
        let leads_there =
            |name: &Name| self.platform.externals.get(name).is_some_and(|it| it.ports.contains(&port));
        let mut externals = self.service.workload.reaches.keys().filter_map(|it| match it {
            Reach::External(name) => Some(name),
            _ => None,
        });
        if externals.any(leads_there) {
            return;
        }
        let Self { auth, service, platform } = self;
        let message = format!("service `{}` may reach nothing outside on port {port}", auth.service);
        let diagnostic = Diagnostic::new(Code::NotDelivered, span, message)
            .related(service.workload.span, format!("this is the token service, {why}"));
        let fitting = platform.externals.keys().filter(|it| leads_there(it)).map(Name::as_str);
        let fitting = listed(fitting);
        sink.report(match fitting.is_empty() {
            true => diagnostic.help(format!(
                "declare `external \"web\" {{ ports \"{port}\" }}`, and add `reaches external=\"web\"` to the service"
            )),
            false => diagnostic.help(format!("add `reaches external=` to the service; on this port there is {fitting}")),
        });
    }

    fn check_table(&self, id: &DatabaseId, table: &Identifier, span: Span, sink: &mut Diagnostics) {
        let Self { auth, service, platform } = self;
        let Some(database) = platform.database(id) else { return };
        if !service.workload.reaches.contains_key(&Reach::Database(id.clone())) {
            let message = format!("service `{}` does not reach database `{}`", auth.service, database.name);
            sink.report(
                Diagnostic::new(Code::NotDelivered, span, message)
                    .related(service.workload.span, "this is the token service, which adds the rows")
                    .help(format!("add `reaches database=\"{}\"` to it", database.name)),
            );
        }
        let own = CallingWorkload::Service(auth.service.clone());
        if database.tables.contains_key(table) && !table::inserts(database, table, &own) {
            let message = format!("service `{}` may add no row to `{table}`", auth.service);
            sink.report(
                Diagnostic::new(Code::NotDelivered, span, message)
                    .related(database.span, "in this database")
                    .help(format!(
                        "give it a role of its own there: `caller \"{}\" service=\"{}\" {{ insert \"{table}\" }}`",
                        auth.service.name, auth.service
                    )),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::language::tests::{TOKEN_SERVICE, check_used as check};

    #[test]
    fn the_token_service_reaches_whom_people_log_in_at() {
        let beside = r#"provider "school" client-id="hello" { discovery "https://login.school.example:8443"; vouches-for "school.example"; client-secret secret="school"; scopes "openid" "email" }; access-token"#;
        let text = TOKEN_SERVICE.replace("access-token", beside) + "; secret \"school\" file=\"secret.age\"";
        insta::assert_snapshot!(check(&text), @"TS741 error 1: service `sys/auth` may reach nothing outside on port 8443/tcp");
        insta::assert_snapshot!(check(&text.replace("\"443/tcp\"", "\"443/tcp\" \"8443/tcp\"")), @"");
    }

    #[test]
    fn the_token_service_reaches_what_it_posts_to() {
        let text = r#"
            audit { events "a"; fields "id" "time" "actor" "action" "result"; sink "siem" webhook="https://siem.example:8443/in" { signature secret="key" } }
            channel "people" webhook="https://chat.example/x" { signature secret="key" }
            severity "P1" answer-in="15m" { escalate channel="people" }
            secret "key" file="secret.age"
            external "odd" { ports "8443/tcp" }
        "#;
        insta::assert_snapshot!(check(&format!("{text}{TOKEN_SERVICE}")), @"TS741 error 1: service `sys/auth` may reach nothing outside on port 8443/tcp");
        let unable = TOKEN_SERVICE.replace("reaches external=\"web\"", "");
        insta::assert_snapshot!(check(&format!("{text}{unable}")), @"
        TS741 error 1: service `sys/auth` may reach nothing outside on port 8443/tcp
        TS741 error 2: service `sys/auth` may reach nothing outside on port 443/tcp
        TS741 error 6: service `sys/auth` may reach nothing outside on port 443/tcp
        ");
    }
}
