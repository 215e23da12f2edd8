//! Who reaches a database and takes its login, held against who may.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::code::Code;
use crate::diagnostic::suggest;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::database::caller::CallingWorkload;
use crate::language::database::server::Server;
use crate::language::database::{Database, DatabaseId, LoginKey};
use crate::language::item::listed;
use crate::language::name::Name;
use crate::language::project::Project;
use crate::language::secret::Secret;
use crate::language::value::text::{EnvName, SecretKey};
use crate::language::workload::{EnvValue, Reach, Workload};
use crate::source::{Span, Spanned};

/// Checks the databases of the whole platform against the workloads that reach them.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    let mut taken: BTreeSet<(&Name, &Name)> = BTreeSet::new();
    for (project, workload) in platform.workloads() {
        for (reach, span) in &workload.reaches {
            let Reach::Database(id) = reach else { continue };
            let Some(database) = platform.database(id) else { continue };
            if id.project.is_some() {
                continue;
            }
            taken.insert((&id.name, &project.name));
            if !database.offers.contains_key(&project.name) {
                sink.report(not_offered(database, &project.name, *span));
            }
        }
        for (name, env) in &workload.env {
            match &env.value {
                EnvValue::Login { database, key } => {
                    check_login(platform, workload, name, database, key, env.span, sink);
                }
                EnvValue::Secret { secret, key } => {
                    check_taken(platform, project, secret, key.as_ref(), env.span, sink);
                }
                EnvValue::Plain(_) | EnvValue::Address { .. } => {}
            }
        }
        for mount in &workload.mounts {
            check_taken(platform, project, &mount.secret, mount.key.as_ref(), mount.span, sink);
        }
        for name in &workload.pull_secrets {
            check_pulled(platform, project, name, workload.span, sink);
        }
    }
    check_unused_offers(platform, &taken, sink);
    for (owner, database) in platform.all_databases() {
        let owner = owner.map(|it| &it.name);
        check_secrets(platform, owner, database, sink);
        check_callers(platform, owner, database, sink);
    }
}

/// A login has several values, and those that an operator needs; a key is one value.
fn check_secrets(platform: &Platform, owner: Option<&Name>, database: &Database, sink: &mut Diagnostics) {
    let find = |name: &Spanned<Name>| platform.secret(owner, &name.value).map(|it| (it, name.span));
    let is_run = matches!(database.server, Server::CloudNativePg(_));
    let needs: &[LoginKey] = if is_run { &[LoginKey::Username, LoginKey::Password] } else { &[] };
    if let Some((secret, span)) = database.login.as_ref().and_then(find) {
        let lacks = |it: &&LoginKey| secret.keys.iter().all(|key| key.as_str() != it.word());
        let message = match needs.iter().find(lacks) {
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
    if let Some((secret, span)) =
        database.encryption.as_ref().and_then(find).filter(|(it, _)| !it.keys.is_empty())
    {
        let message = format!("secret `{}` has several values, and a key is one", secret.name);
        sink.report(without_key(secret, span, message).help("take a secret without `keys`"));
    }
}

/// A caller reaches the database, and has one role there.
fn check_callers(platform: &Platform, owner: Option<&Name>, database: &Database, sink: &mut Diagnostics) {
    let id = Reach::Database(DatabaseId { project: owner.cloned(), name: database.name.clone() });
    let mut first: BTreeMap<&CallingWorkload, Span> = BTreeMap::new();
    for caller in database.callers.values() {
        if let Some(other) = first.insert(&caller.workload, caller.span) {
            let message = format!("caller `{}` is who another caller is", caller.name);
            sink.report(
                Diagnostic::new(Code::Duplicate, caller.span, message)
                    .related(other, "the other one")
                    .help("one who calls has one role: list all that it needs in one place"),
            );
        }
        let workload = match &caller.workload {
            CallingWorkload::Service(id) => platform.service(id).map(|it| &it.workload),
            CallingWorkload::Cron(id) => platform
                .projects
                .get(&id.project)
                .and_then(|it| it.crons.get(&id.name))
                .map(|it| &it.workload),
        };
        if let Some(workload) = workload.filter(|it| !it.reaches.contains_key(&id)) {
            let message = format!(
                "`{}` has a role in database `{}` and may not reach it",
                workload.name, database.name
            );
            sink.report(
                Diagnostic::new(Code::CallerWithoutReach, caller.span, message)
                    .related(workload.span, "declared here")
                    .help(format!(
                        "add `reaches database=\"{}\"` to it, or leave the caller out",
                        database.name
                    )),
            );
        }
    }
}

fn not_offered(database: &Database, project: &Name, span: Span) -> Diagnostic {
    let message = format!("database `{}` does not offer itself to project `{project}`", database.name);
    Diagnostic::new(Code::NotOffered, span, message).related(database.span, "declared here").help(format!(
        "a database at the top is nobody's until it offers itself: add `offers project=\"{project}\"` to it"
    ))
}

fn check_unused_offers(platform: &Platform, taken: &BTreeSet<(&Name, &Name)>, sink: &mut Diagnostics) {
    for database in platform.databases.values() {
        for (project, span) in
            database.offers.iter().filter(|(it, _)| !taken.contains(&(&database.name, *it)))
        {
            let message = format!(
                "database `{}` offers itself to project `{project}`, which does not reach it",
                database.name
            );
            sink.report(
                Diagnostic::new(Code::UnusedOffer, *span, message)
                    .help("remove the offer, or reach the database there")
                    .replace(*span, ""),
            );
        }
    }
}

/// A value of a login is taken by who reaches the database, and is one that the login has.
fn check_login(
    platform: &Platform,
    workload: &Workload,
    name: &EnvName,
    id: &DatabaseId,
    key: &SecretKey,
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
    if LoginKey::called(key.as_str()).is_some_and(|it| database.knows(it)) {
        return;
    }
    let login = database.login.as_ref().map(|it| platform.secret(id.project.as_ref(), &it.value));
    let mut known: BTreeSet<&str> = match login {
        // A secret with a mistake in it has been reported.
        Some(None) => return,
        Some(Some(secret)) if secret.keys.iter().any(|it| it == key) => return,
        Some(Some(secret)) => secret.keys.iter().map(SecretKey::as_str).collect(),
        None => BTreeSet::new(),
    };
    for known_key in LoginKey::ALL.iter().filter(|it| database.knows(**it)) {
        known.insert(known_key.word());
    }
    let message = format!("the login of database `{id}` has no `{key}`");
    let diagnostic = Diagnostic::new(Code::LoginKey, span, message).related(database.span, "declared here");
    sink.report(match (suggest::closest(key.as_str(), known.iter().copied()), login) {
        (Some(meant), _) => diagnostic.help(format!("did you mean `{meant}`?")),
        (None, None) => diagnostic.help("declare it in the database, as in `login secret=\"orders-login\"`"),
        (None, Some(_)) => {
            let known = listed(known.into_iter());
            diagnostic.help(format!("it has {known}; its secret says which others it has by `keys`"))
        }
    });
}

/// A secret with several values is taken value by value; the login of a database not at all.
fn check_taken(
    platform: &Platform,
    project: &Project,
    name: &Name,
    key: Option<&SecretKey>,
    span: Span,
    sink: &mut Diagnostics,
) {
    let Some(secret) = platform.secret(Some(&project.name), name) else { return };
    let is_login = |(owner, database): &(Option<&Project>, &Database)| {
        database.login.as_ref().is_some_and(|login| {
            let behind = platform.secret(owner.map(|it| &it.name), &login.value);
            behind.is_some_and(|it| std::ptr::eq(it, secret))
        })
    };
    if let Some((_, database)) = platform.all_databases().find(is_login) {
        let message = format!("secret `{name}` is the login of database `{}`", database.name);
        sink.report(
            Diagnostic::new(Code::LoginTaken, span, message).related(database.span, "declared here").help(format!(
                "take its values by `database=\"{}\"` and `key=`: so nobody has a login who may not reach it",
                database.name
            )),
        );
        return;
    }
    match (key, secret.keys.is_empty()) {
        (None, true) => {}
        (Some(key), false) if secret.keys.contains(key) => {}
        (Some(key), true) => {
            let message = format!("secret `{name}` is one value and has no `{key}`");
            sink.report(without_key(secret, span, message).help("leave `key=` out, or declare its `keys`"));
        }
        (None, false) => {
            let message = format!("secret `{name}` has several values, and it is not said which");
            sink.report(
                without_key(secret, span, message).help(format!("write `key=` with one of {}", keys(secret))),
            );
        }
        (Some(key), false) => {
            let message = format!("secret `{name}` has no `{key}`");
            let diagnostic = without_key(secret, span, message);
            sink.report(match suggest::closest(key.as_str(), secret.keys.iter().map(SecretKey::as_str)) {
                Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
                None => diagnostic.help(format!("it has {}", keys(secret))),
            });
        }
    }
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

fn keys(secret: &Secret) -> String {
    listed(secret.keys.iter().map(SecretKey::as_str))
}
