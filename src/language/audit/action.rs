//! What can be recorded, by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::suggest;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::audit::event;
use crate::language::audit::{ACTIONS, EVENTS};
use crate::language::item::{Item, listed};
use crate::language::name::Name;
use crate::language::reference::MOST_GUESSES;
use crate::language::resource::{self, Resource};
use crate::language::value::permission::Permission;
use crate::language::value::refusal::{literal, quote};
use crate::language::value::{Form, Invalid, Parse, serialized_as_displayed};
use crate::source::{Span, Spanned};
use crate::syntax::Value;

/// What is recorded: `login_failure`, `project.delete`; lower-case letters, digits, `.`, `_` and `-`, at most 81.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionName(Arc<str>);

impl ActionName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the use of a permission is recorded as: `project:delete` as `project.delete`.
    pub fn of(permission: &Permission) -> Self {
        Self(Arc::from(format!("{}.{}", permission.resource, permission.action)))
    }

    /// The permission whose use is recorded under this name.
    pub fn permission(&self, resources: &BTreeMap<Name, Resource>) -> Option<Permission> {
        // No name has a dot in it, so there is one place where the two meet.
        let (resource, action) = self.0.split_once('.')?;
        let resource = resources.get(resource)?;
        let action = resource.actions.get(action)?;
        Some(Permission { resource: resource.name.clone(), action: action.name.clone() })
    }

    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, MOST)?;
        form.only(text, |it| it.is_ascii_lowercase() || it.is_ascii_digit() || "._-".contains(it))?;
        if !text.starts_with(|it: char| it.is_ascii_lowercase()) {
            return Err(form.refuse(format!("{} does not start with a letter", quote(text))));
        }
        if text.ends_with(['.', '_', '-']) {
            return Err(form.refuse(format!("{} ends with `{}`", quote(text), &text[text.len() - 1..])));
        }
        if text.contains("..") {
            return Err(form.refuse(format!("{} has two `.` in a row", quote(text))));
        }
        Ok(Self(Arc::from(text)))
    }
}

/// As long as a permission can be.
const MOST: usize = 81;

impl Parse for ActionName {
    const FORM: Form = Form {
        name: "action",
        expects: "lower-case letters, digits, `.`, `_` and `-`, a letter first",
        example: "\"project.delete\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        let respelled = || text.trim().replace([':', '/'], ".").replace(' ', "_").to_ascii_lowercase();
        Self::read(text).map_err(|it| if text.len() <= MOST { it.mend(&respelled(), Self::read) } else { it })
    }
}

impl std::fmt::Display for ActionName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

serialized_as_displayed!(ActionName);

impl std::borrow::Borrow<str> for ActionName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// Where the name of something that can be recorded comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It is the use of a permission of this tree, allowed or not.
    Permission,
    /// It is listed in `events`.
    Event,
    /// It is listed in `actions`.
    Action,
}

/// Reads what can be recorded: the permissions of the tree, and what is listed.
pub fn resolve(
    audit: &Item<'_>,
    resources: &BTreeMap<Name, Resource>,
    sink: &mut Diagnostics,
) -> BTreeMap<ActionName, Origin> {
    let permissions = resource::permissions(resources).map(|(it, action)| (it, action.span));
    let permissions: BTreeMap<ActionName, (Permission, Span)> =
        permissions.map(|(it, span)| (ActionName::of(&it), (it, span))).collect();
    let mut written: BTreeMap<ActionName, (Origin, Span)> = BTreeMap::new();
    for (list, origin) in [(&EVENTS, Origin::Event), (&ACTIONS, Origin::Action)] {
        let Some(item) = audit.child(list.word) else { continue };
        for Spanned { value, span } in item.rest::<ActionName>(sink) {
            let removal = match item.entries(0).nth(1) {
                Some(_) => item.node().removal(span),
                None => item.removal(),
            };
            if let Some((permission, declared)) = permissions.get(&value) {
                let message = format!("`{value}` is recorded already: it is the permission `{permission}`");
                sink.report(
                    Diagnostic::new(Code::ActionRestated, span, message)
                        .related(*declared, "declared here")
                        .help("leave it out: what a permission is used for needs no writing")
                        .replace(removal, ""),
                );
                continue;
            }
            match written.get(&value) {
                // What stands twice in one list has been reported there.
                Some((other, first)) if *other != origin => {
                    let message = format!("`{value}` is an event and an action");
                    sink.report(
                        Diagnostic::new(Code::ActionTwice, span, message)
                            .related(*first, "listed here as well")
                            .help("an event happens, an action is something that somebody does: keep one of them")
                            .replace(removal, ""),
                    );
                }
                Some(_) => {}
                None => {
                    // A spelling that was refused has been mended there.
                    if origin == Origin::Event && item.node().text(span).trim_matches('"') == value.as_str() {
                        event::check_spelling(&value, span, sink);
                    }
                    written.insert(value, (origin, span));
                }
            }
        }
    }
    let written = written.into_iter().map(|(name, (origin, _))| (name, origin));
    permissions.into_keys().map(|it| (it, Origin::Permission)).chain(written).collect()
}

/// What a name that is written means among what can be recorded. One that means nothing is reported; where it is clear
/// what was meant, that is what it means.
pub fn find(
    written: &Spanned<ActionName>,
    known: &BTreeMap<ActionName, Origin>,
    sink: &mut Diagnostics,
) -> Option<ActionName> {
    if known.contains_key(&written.value) {
        return Some(written.value.clone());
    }
    let typed = written.value.as_str();
    let message = format!("nothing is recorded as {}", quote(typed));
    let diagnostic = Diagnostic::new(Code::UnknownAction, written.span, message);
    if sink.len() >= MOST_GUESSES {
        sink.report(diagnostic);
        return None;
    }
    let meant = suggest::candidates(typed, known.keys().map(ActionName::as_str));
    let is_known_event = event::find(typed).is_some();
    let diagnostic = match meant.first() {
        Some(_) => diagnostic.did_you_mean(written.span, &meant, literal),
        None if is_known_event => diagnostic.help(format!("add \"{typed}\" to `events` of `audit`")),
        None if known.is_empty() => diagnostic.help("this platform records nothing: declare `audit`"),
        None if known.len() <= 12 => {
            diagnostic.help(format!("recorded: {}", listed(known.keys().map(ActionName::as_str))))
        }
        None => diagnostic.help("add it to `events` or `actions` of `audit`, or declare the permission"),
    };
    sink.report(diagnostic.discreet(typed));
    meant.first().and_then(|it| known.get_key_value(*it)).map(|(name, _)| name.clone())
}
