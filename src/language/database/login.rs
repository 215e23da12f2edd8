//! Who takes the login of a database, and what of it: value by value, and never the secret behind it.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::code::Code;
use crate::diagnostic::suggest;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::database::server::Server;
use crate::language::database::{Database, DatabaseId, LoginKey};
use crate::language::item::listed;
use crate::language::name::Name;
use crate::language::project::Project;
use crate::language::secret::taken::{self, SecretValue};
use crate::language::secret::{Sealed, Secret};
use crate::language::value::text::{EnvName, SecretKey};
use crate::language::workload::{EnvValue, Reach, Workload};
use crate::source::{Span, Spanned};

/// Checks what the workloads of the whole platform take of logins and of secrets with several values.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    let mut logins = Logins::default();
    for (owner, database) in platform.all_databases() {
        let owner = owner.map(|it| &it.name);
        check_secrets(platform, owner, database, sink);
        if let Some(secret) = database.login.as_ref().and_then(|it| platform.secret(owner, &it.value)) {
            logins.0.entry(std::ptr::from_ref(secret)).or_insert(database);
        }
    }
    for (owner, value) in platform.secret_values() {
        let Some(secret) = platform.secret(owner, &value.secret) else { continue };
        match logins.0.get(&std::ptr::from_ref(secret)) {
            Some(database) => report_taken(secret, database, value, sink),
            None => taken::check(secret, value, sink),
        }
    }
    for (project, workload) in platform.workloads() {
        for (name, env) in &workload.env {
            if let EnvValue::Login { database, key } = &env.value {
                check_login(platform, workload, name, database, key, env.span, sink);
            }
        }
        for name in &workload.pull_secrets {
            check_pulled(platform, project, name, workload.span, sink);
        }
    }
}

/// The secrets behind logins: which one it is says its place in memory, for two may be called the same.
#[derive(Default)]
struct Logins<'p>(BTreeMap<*const Secret, &'p Database>);

/// The login of a database is taken by who reaches it, and by nothing else.
fn report_taken(secret: &Secret, database: &Database, value: &SecretValue, sink: &mut Diagnostics) {
    let Some(span) = value.span else { return };
    let message = format!("secret `{}` is the login of database `{}`", secret.name, database.name);
    let help = format!(
        "take its values by `database=\"{}\"` and `key=`: so nobody has a login who may not reach it",
        database.name
    );
    let diagnostic = Diagnostic::new(Code::LoginTaken, span, message);
    sink.report(diagnostic.related(database.span, "declared here").help(help));
}

fn did_you_mean(diagnostic: Diagnostic, meant: &str, span: Span) -> Diagnostic {
    diagnostic.help(format!("did you mean `{meant}`?")).replace(span, format!("\"{meant}\""))
}

/// A login has several values, and those that an operator needs.
fn check_secrets(platform: &Platform, owner: Option<&Name>, database: &Database, sink: &mut Diagnostics) {
    let find = |name: &Spanned<Name>| platform.secret(owner, &name.value).map(|it| (it, name.span));
    let is_run = matches!(database.server, Server::CloudNativePg(_));
    let needs: &[LoginKey] = if is_run { &[LoginKey::Username, LoginKey::Password] } else { &[] };
    if let Some((secret, span)) = database.login.as_ref().and_then(find) {
        let lacks = |it: &&LoginKey| secret.keys.iter().all(|key| key.as_str() != it.word());
        let message = match needs.iter().find(lacks) {
            // That a secret of a vault has no `keys` is reported there.
            _ if secret.keys.is_empty() && matches!(secret.sealed, Sealed::Vault(_)) => String::new(),
            _ if secret.keys.is_empty() => {
                format!("secret `{}` is one value, and a login has several", secret.name)
            }
            Some(key) => format!(
                "secret `{}` has no `{}`, with which the operator makes the login",
                secret.name,
                key.word()
            ),
            None => String::new(),
        };
        if !message.is_empty() {
            sink.report(
                Diagnostic::new(Code::LoginKey, span, message)
                    .related(secret.span, "declared here")
                    .help("say which values it has, as in `keys \"username\" \"password\"`"),
            );
        }
    }
    if database.login.is_none() && is_run && owner.is_none() {
        let message = format!(
            "database `{}` stands at the top, and no project could read the login that is made",
            database.name
        );
        sink.report(
            Diagnostic::new(Code::LoginKey, database.span, message)
                .help("declare one that is, as in `login secret=\"platform-login\"`"),
        );
    }
}

/// A value of a login is taken by who reaches the database, and is one that the login has.
fn check_login(
    platform: &Platform,
    workload: &Workload,
    name: &EnvName,
    id: &DatabaseId,
    key: &Spanned<SecretKey>,
    span: Span,
    sink: &mut Diagnostics,
) {
    let Some(database) = platform.database(id) else { return };
    if !workload.reaches.contains_key(&Reach::Database(id.clone())) {
        let message = format!("`{}` has a login of `{id}` in `{name}` and may not reach it", workload.name);
        sink.report(
            Diagnostic::new(Code::LoginWithoutReach, span, message)
                .help(format!("add `reaches database=\"{}\"`", id.name)),
        );
    }
    let typed = key.value.as_str();
    let by_itself = LoginKey::ALL.iter().filter(|it| database.knows(**it)).map(|it| it.word());
    let login = database.login.as_ref().map(|it| platform.secret(id.project.as_ref(), &it.value));
    let in_secret = match login {
        // A secret with a mistake in it has been reported.
        Some(None) => return,
        Some(Some(secret)) => Some(&secret.keys),
        None => None,
    };
    let known: BTreeSet<&str> =
        in_secret.into_iter().flatten().map(SecretKey::as_str).chain(by_itself).collect();
    if known.contains(typed) {
        return;
    }
    let message = format!("the login of database `{id}` has no `{typed}`");
    let diagnostic =
        Diagnostic::new(Code::LoginKey, key.span, message).related(database.span, "declared here");
    sink.report(match (suggest::closest(typed, known.iter().copied()), login) {
        (Some(meant), _) => did_you_mean(diagnostic, meant, key.span),
        (None, None) => diagnostic.help("declare it in the database, as in `login secret=\"orders-login\"`"),
        (None, Some(_)) => {
            let known = listed(known.into_iter());
            diagnostic.help(format!("it has {known}; its secret says which others it has by `keys`"))
        }
    });
}

/// The kubelet reads one value of a pull secret, under a name of its own.
fn check_pulled(platform: &Platform, project: &Project, name: &Name, span: Span, sink: &mut Diagnostics) {
    let Some(secret) = platform.secret(Some(&project.name), name) else { return };
    if !secret.keys.is_empty() && secret.keys.iter().all(|it| it.as_str() != PULLED) {
        let message = format!("images are pulled with secret `{name}`, which has no `{PULLED}`");
        sink.report(
            without_key(secret, span, message)
                .help(format!("call the value with the registry's login so, by `keys \"{PULLED}\"`")),
        );
    }
}

/// What the kubelet calls the file with the logins of registries.
const PULLED: &str = ".dockerconfigjson";

fn without_key(secret: &Secret, span: Span, message: String) -> Diagnostic {
    Diagnostic::new(Code::SecretKey, span, message).related(secret.span, "declared here")
}
