//! Where a declaration holds a secret that does not look like one, so that no output shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::diagnostic::Diagnostics;
use crate::diagnostic::mask;
use crate::language::kind::{Field, Kind};
use crate::language::name::Name;
use crate::syntax::{Entry, Node, Value};

/// Hides what an unknown declaration gives to a name of a secret: its own, or the first that it is written with.
pub(super) fn unknown(node: Node<'_>, is_secret: bool, sink: &mut Diagnostics) {
    let is_secret = is_secret || mask::names_secret(node.name());
    if is_secret {
        node.entries().for_each(|it| sink.hide(it.value_span()));
    } else {
        head_of_unknown(node, sink);
    }
    let is_secret = is_secret || is_named(node);
    node.children().for_each(|it| unknown(it, is_secret, sink));
}

/// The same without what is in its block.
pub(super) fn head_of_unknown(node: Node<'_>, sink: &mut Diagnostics) {
    named(node, sink);
    node.entries().filter(|it| has_credentials(*it)).for_each(|it| sink.hide(it.value_span()));
}

/// Whether it is called like a secret: by its first argument, or because it is one.
pub(super) fn is_named(node: Node<'_>) -> bool {
    let mut arguments = node.entries().filter(|it| it.name().is_none());
    let is_named = |it: Entry<'_>| matches!(it.value(), Value::String(text) if mask::names_secret(text));
    arguments.next().is_some_and(is_named) || node.name() == "secret"
}

/// Whether a value starts like `user:password@`.
fn has_credentials(entry: Entry<'_>) -> bool {
    let Value::String(text) = entry.value() else { return false };
    text.split_once('@').is_some_and(|(before, _)| before.contains(':') && !before.contains('/'))
}

/// Hides what stands behind the name of a variable or a secret, before anything else is said about the line. A sealed
/// value needs no hiding, nor does what a property refers to.
pub(super) fn named(node: Node<'_>, sink: &mut Diagnostics) {
    let named = is_named(node);
    if named {
        let arguments = node.entries().filter(|it| it.name().is_none()).skip(1);
        let values = arguments.filter(|it| matches!(it.value(), Value::String(_)));
        values
            .filter(|it| it.annotation().is_none_or(|it| !matches!(it.value, "age" | "vault")))
            .for_each(|it| sink.hide(it.value_span()));
    }
    for entry in node.entries() {
        // What a reference leads to has a name; what has none may be the value itself.
        let is_no_name = matches!(entry.value(), Value::String(text) if !is_blank(text) && text.split('/').any(|it| !Name::is(it)));
        let is_secret = |it: &str| match it {
            "secret" | "vault" => named && is_no_name,
            // A word out of a few is no secret, whatever stands beside it.
            word if is_listed(word, entry.value()) => false,
            // Of these it is known what they lead to. Another word may be a misspelt one for the value.
            "service" | "part" | "file" | "database" | "key" | "max-age" => false,
            _ => named || mask::names_secret(it),
        };
        if entry.name().is_some_and(|it| is_secret(it.value)) {
            sink.hide(entry.value_span());
        }
    }
}

/// Whether a text is nothing but a blank of a component, `{password}`, which tells no more than a name.
fn is_blank(text: &str) -> bool {
    text.strip_prefix('{').and_then(|it| it.strip_suffix('}')).is_some_and(Name::is)
}

/// Whether a property of some declaration is one word out of a few, and this is one of them.
fn is_listed(word: &str, value: Value<'_>) -> bool {
    static LISTS: LazyLock<BTreeMap<&str, Vec<&Field>>> = LazyLock::new(|| {
        let mut lists: BTreeMap<&str, Vec<&Field>> = BTreeMap::new();
        let mut seen: BTreeSet<*const Kind> = BTreeSet::new();
        let mut open: Vec<&'static Kind> = crate::language::TOP.to_vec();
        while let Some(kind) = open.pop() {
            if seen.insert(std::ptr::from_ref(kind)) {
                for field in kind.properties.iter().filter(|it| it.form.expects.starts_with("one of")) {
                    lists.entry(field.word).or_default().push(field);
                }
                open.extend(kind.children.iter().copied().chain(kind.others));
            }
        }
        lists
    });
    LISTS.get(word).is_some_and(|fields| fields.iter().any(|it| (it.accepts)(value)))
}

/// Hides what a declaration that is called like a secret is given, unless that is the name of one.
pub(super) fn unnamed(node: Node<'_>, sink: &mut Diagnostics) {
    for entry in node.entries() {
        let is_name = matches!(entry.value(), Value::String(text) if text.split('/').all(Name::is));
        if !is_name || entry.name().is_none() {
            sink.hide(entry.value_span());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::language::Selection;
    use crate::tree::Tree;

    #[test]
    fn what_may_be_the_secret_itself_is_hidden_and_what_leads_to_it_is_shown() {
        let lines = [
            r#"env "DB_PASSWORD" vault="main""#,
            r#"env "DB_PASSWORD" vault="hunter2!""#,
            r#"env "DB_PASSWORD" secret="db-password""#,
            r#"env "DB_PASSWORD" secret="hunter2!""#,
            r#"env "DB_PASSWORD" vlaue="hunter2""#,
            r#"config "/etc/a" "password: hunter2""#,
            r#"config "/etc/b" "password: hun\u{74}er2""#,
        ];
        let masked = lines.map(|line| {
            let head = r#"project "shop" { service "web" { "#;
            let tree = Tree::of(&format!("{head}{line} }} }}\nplatform \"a\" edition=\"2026\"\n"));
            let outcome = crate::check(&tree, &Selection::default());
            let file = outcome.sources.find("platform.kdl").expect("it is read");
            let text = outcome.diagnostics.masked(file, &outcome.sources);
            let line = text.lines().next().unwrap_or_default();
            line.trim_start_matches(head).trim_end_matches(" } }").to_owned()
        });
        insta::assert_snapshot!(masked.join("\n"), @r#"
        env "DB_PASSWORD" vault="main"
        env "DB_PASSWORD" vault="[masked]"
        env "DB_PASSWORD" secret="db-password"
        env "DB_PASSWORD" secret="[masked]"
        env "DB_PASSWORD" vlaue="[masked]"
        config "/etc/a" "password: [masked]"
        config "/etc/b" "[masked]"
        "#);
    }
}
