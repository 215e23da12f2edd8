//! What is written as other languages have it: a name as a property, a value in a block. It is one mistake, however many
//! words of it are unknown here, and what to type instead is known as a whole.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::code::Code;
use crate::diagnostic::mask;
use crate::diagnostic::{Diagnostic, Diagnostics, Edit, Fix};
use crate::language::item::{Item, Misread};
use crate::language::kind::{Class, Field, Kind, Presence};
use crate::language::value::refusal::{literal, quote};
use crate::source::Span;
use crate::syntax::{Entry, Node, Value};

/// Nobody writes more into one line by habit.
const MOST: usize = 50;

/// What is meant by a declaration that is written in another shape.
pub(super) fn misread<'a>(node: Node<'a>, kind: &'static Kind) -> Option<Misread<'a>> {
    let is_unknown = |it: Entry<'a>| it.name().is_some_and(|it| kind.property(it.value).is_none());
    let is_strange = node.entries().any(is_unknown);
    let has_block = node.block_span().is_some() && kind.children.is_empty() && kind.others.is_none();
    if !is_strange && !has_block || node.entries().nth(MOST).is_some() || node.children().nth(MOST).is_some()
    {
        return None;
    }
    let arguments = if is_strange { named_arguments(node, kind) } else { None };
    arguments.or_else(|| lines(node, kind).map(Misread::Lines))
}

/// Arguments that are written under their names: `env name="LOG_LEVEL" value="info"`.
fn named_arguments<'a>(node: Node<'a>, kind: &'static Kind) -> Option<Misread<'a>> {
    let mut arguments: Vec<Entry<'a>> = node.entries().filter(|it| it.name().is_none()).collect();
    let open = kind.arguments.get(arguments.len()..)?;
    let mut named: BTreeMap<usize, Entry<'a>> = BTreeMap::new();
    let mut first = None;
    for entry in node.entries() {
        let Some(name) = entry.name().filter(|it| kind.property(it.value).is_none()) else { continue };
        let is_it = |it: &Field| it.word == name.value || it.aliases.contains(&name.value);
        if named.insert(open.iter().position(is_it)?, entry).is_some() {
            return None;
        }
        first = first.or(Some(name));
    }
    let first = first?;
    let is_gapless = named.keys().copied().eq(0..named.len());
    let is_whole = open.iter().skip(named.len()).all(|it| it.presence != Presence::Required);
    if !is_gapless || !is_whole {
        return None;
    }
    arguments.extend(named.into_values());
    let message = format!("`{}` has no property {}", kind.word, quote(first.value));
    let diagnostic = Diagnostic::new(Code::UnknownProperty, first.span, message);
    let properties =
        node.entries().filter(|it| it.name().is_some_and(|it| kind.property(it.value).is_some()));
    let values = arguments.iter().map(|it| written(node, *it).to_owned());
    let properties = properties.map(|it| node.text(it.span()).to_owned());
    let words: Vec<String> = std::iter::once(kind.word.to_owned()).chain(values).chain(properties).collect();
    let name = first.value;
    let is_secret = arguments
        .iter()
        .any(|it| it.name().is_some_and(|it| mask::names_secret(it.value)) || is_about_secret(*it));
    let head = Span { start: node.name_span().start, ..node.head_span() };
    let diagnostic = match is_secret || !is_plain(node, head) {
        true => diagnostic.help(format!("it stands without `{name}=`, like `{}`", kind.example())),
        false => {
            let text = words.join(" ");
            let help = format!("it stands without `{name}=`: `{text}`");
            let edits = vec![Edit { span: head, text }];
            diagnostic.help(help).fix(Fix { title: format!("write it without `{name}=`"), edits })
        }
    };
    Some(Misread::Arguments(arguments, diagnostic))
}

/// Names and values that are written as properties, or in a block: `env LOG_LEVEL="info"`, `label { tier "front" }`.
fn lines(node: Node<'_>, kind: &'static Kind) -> Option<Diagnostic> {
    let [name, value] = kind.arguments else { return None };
    if kind.class != Class::Named
        || node.entries().any(|it| it.name().is_none_or(|it| kind.property(it.value).is_some()))
    {
        return None;
    }
    let mut pairs: Vec<(&str, Entry<'_>)> =
        node.entries().filter_map(|it| Some((it.name()?.value, it))).collect();
    let (code, span, message) = match (pairs.first().and_then(|(_, it)| it.name()), node.block_span()) {
        (Some(first), None) => {
            let message = format!("`{}` has no property {}", kind.word, quote(first.value));
            (Code::UnknownProperty, first.span, message)
        }
        (None, Some(block)) if kind.children.is_empty() && kind.others.is_none() => {
            for line in node.children() {
                let mut entries = line.entries().filter(|it| it.name().is_none());
                let (value, more) = (entries.next()?, line.entries().nth(1));
                if more.is_some() || line.block_span().is_some() || line.annotation().is_some() {
                    return None;
                }
                pairs.push((line.name(), value));
            }
            (Code::UnexpectedBlock, block, format!("`{}` has no block", kind.word))
        }
        _ => return None,
    };
    // Who writes the name of an argument means no other name.
    if pairs.iter().any(|(key, _)| kind.arguments.iter().any(|it| it.word == *key)) {
        return None;
    }
    let is_secret = pairs.iter().any(|(name, it)| mask::names_secret(name) || looks_secret(*it));
    let lines = pairs.iter().map(|(key, entry)| {
        let text = if (value.accepts)(entry.value()) {
            written(node, *entry).to_owned()
        } else {
            literal(entry.text())
        };
        (name.accepts)(Value::String(key)).then(|| format!("{} {} {text}", kind.word, literal(key)))
    });
    let lines: Vec<String> = lines.collect::<Option<_>>()?;
    let first = lines.first()?;
    let diagnostic = Diagnostic::new(code, span, message);
    let whole = Span { start: node.name_span().start, ..node.span() };
    if is_secret || !is_plain(node, whole) || node.annotation().is_some() && lines.len() > 1 {
        let name = pairs.first().map_or("…", |(name, _)| name);
        return Some(diagnostic.help(format!(
            "write each in a line of its own, like `{} {} \"…\"`",
            kind.word,
            literal(name)
        )));
    }
    let help = match lines.as_slice() {
        [line] => format!("write `{line}`"),
        _ => format!("write each in a line of its own, like `{first}`"),
    };
    let edits = vec![Edit { span: whole, text: lines.join(&between(node)) }];
    Some(diagnostic.help(help).fix(Fix { title: help_title(&lines), edits }))
}

fn help_title(lines: &[String]) -> String {
    match lines {
        [line] => format!("write `{line}`"),
        _ => "write each in a line of its own".to_owned(),
    }
}

/// What parts two declarations where this one stands.
fn between(node: Node<'_>) -> String {
    let before = node.text(Span { start: 0, end: node.span().start, ..node.span() });
    let line = before.rsplit('\n').next().unwrap_or(before);
    match line.chars().all(|it| it == ' ' || it == '\t') {
        true => format!("\n{line}"),
        false => "; ".to_owned(),
    }
}

/// Whether nothing stands between the words of a piece of text that would be lost with it.
fn is_plain(node: Node<'_>, span: Span) -> bool {
    ["//", "/*", "/-", "\\\n", "\\\r"].iter().all(|it| !node.text(span).contains(it))
}

/// Whether a value is a secret, or the name of one.
fn is_about_secret(entry: Entry<'_>) -> bool {
    looks_secret(entry) || matches!(entry.value(), Value::String(text) if mask::names_secret(text))
}

fn looks_secret(entry: Entry<'_>) -> bool {
    matches!(entry.value(), Value::String(text) if mask::looks_secret(text).is_some())
}

/// A value with its annotation.
fn written<'a>(node: Node<'a>, entry: Entry<'a>) -> &'a str {
    let Some(name) = entry.name() else { return node.text(entry.span()) };
    let behind = node.text(Span { start: name.span.end, ..entry.span() });
    behind.split_once('=').map_or(entry.text(), |(_, value)| value.trim())
}

/// The one property that an argument too many could be the value of. What is the name of something is looked up by
/// [`look_up`], once it is known what there is.
pub(super) fn property_for(node: Node<'_>, entry: Entry<'_>, kind: &Kind) -> Option<&'static Field> {
    let mut fields = open_properties(node, entry, kind);
    let field = fields.next().filter(|it| it.reference.is_none())?;
    fields.next().is_none().then_some(field)
}

fn open_properties<'a>(
    node: Node<'a>,
    entry: Entry<'a>,
    kind: &Kind,
) -> impl Iterator<Item = &'static Field> + use<'a> {
    let is_written =
        move |word: &str| node.entries().take(MOST).any(|it| it.name().is_some_and(|it| it.value == word));
    let value = entry.value();
    let is_marked = entry.annotation().is_some();
    kind.properties.iter().filter(move |it| !is_marked && (it.accepts)(value) && !is_written(it.word))
}

/// Offers to write an argument as a property.
pub(super) fn offer(diagnostic: Diagnostic, entry: Entry<'_>, field: &Field) -> Diagnostic {
    let text = format!("{}={}", field.word, entry.text());
    diagnostic.help(format!("write `{text}`")).replace(entry.span(), text)
}

/// Offers to write arguments too many as the properties that name what is called so: `reaches "api"` where there is a
/// service `api`.
pub fn look_up(items: &[&[Item<'_>]], sink: &mut Diagnostics) {
    let wanted = |it: &Diagnostic| it.code == Code::UnexpectedArgument && it.fixes.is_empty();
    let open: BTreeSet<Span> =
        sink.iter().filter(|it| wanted(it)).filter_map(|it| Some(it.primary.as_ref()?.span)).collect();
    if open.is_empty() {
        return;
    }
    let mut names: BTreeSet<(&str, &str)> = BTreeSet::new();
    for it in items {
        collect_names(it, &mut names);
    }
    let mut offers = BTreeMap::new();
    for it in items {
        collect_offers(it, &open, &names, &mut offers);
    }
    sink.amend(|it| {
        let span = it.primary.as_ref().map(|it| it.span);
        if let Some((entry, field)) = span.and_then(|it| offers.get(&it)).filter(|_| wanted(it)) {
            it.help.clear();
            *it = offer(it.clone(), *entry, field);
        }
    });
}

fn collect_names<'a>(items: &[Item<'a>], names: &mut BTreeSet<(&'static str, &'a str)>) {
    for item in items {
        names.extend(
            item.name().filter(|_| item.kind.class == Class::Named).map(|it| (item.kind.word, it.value)),
        );
        collect_names(&item.children, names);
    }
}

fn collect_offers<'a>(
    items: &[Item<'a>],
    open: &BTreeSet<Span>,
    names: &BTreeSet<(&str, &str)>,
    offers: &mut BTreeMap<Span, (Entry<'a>, &'static Field)>,
) {
    for item in items {
        collect_offers(&item.children, open, names, offers);
        for entry in
            item.node.entries().take(MOST).filter(|it| it.name().is_none() && open.contains(&it.span()))
        {
            let Value::String(text) = entry.value() else { continue };
            let name = text.rsplit('/').next().unwrap_or(text);
            let is_there = |it: &&Field| it.reference.is_some_and(|kind| names.contains(&(kind, name)));
            let mut fields = open_properties(item.node, entry, item.kind).filter(is_there);
            if let (Some(field), None) = (fields.next(), fields.next()) {
                offers.insert(entry.span(), (entry, field));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::language::Selection;
    use crate::language::tests::tree;

    /// Each finding with what is said and offered for it, but those about what is not used.
    fn check(text: &str) -> String {
        let outcome = crate::check(&tree(&[("platform.kdl", text)]), &Selection::default());
        let found = outcome.diagnostics.iter().filter(|it| !it.message.contains("is never used"));
        let found = found.map(|it| {
            let edits = it.fixes.iter().flat_map(|it| &it.edits).map(|it| it.text.as_str());
            format!(
                "{} {}: {} => {}",
                it.code,
                it.message,
                it.help.join("; "),
                Vec::from_iter(edits).join(" or ")
            )
        });
        found.map(|it| it.trim_end().to_owned() + "\n").collect()
    }

    #[test]
    fn arguments_are_written_without_their_names() {
        insta::assert_snapshot!(check(r#"
            project name="shop" {
                service "web" {
                    image reference=@web
                    port number=80
                    port port=80
                    health path="/healthz" every="5s"
                    env name="LOG_LEVEL" value="info"
                    env name="DATABASE_PASSWORD" value="tr0ub4dor&3"
                    label key="tier"
                }
            }
        "#), @r#"
        TS102 `project` has no property `name`: it stands without `name=`: `project "shop"` => project "shop"
        TS102 `image` has no property `reference`: it stands without `reference=`: `image "ghcr.io/acme/web@sha256:7777777777777777777777777777777777777777777777777777777777777777"` => image "ghcr.io/acme/web@sha256:7777777777777777777777777777777777777777777777777777777777777777"
        TS102 `port` has no property `number`: it stands without `number=`: `port 80` => port 80
        TS108 `port` is declared twice: keep one of them, or give one another name =>
        TS102 `port` has no property `port`: it stands without `port=`: `port 80` => port 80
        TS102 `health` has no property `path`: it stands without `path=`: `health "/healthz" every="5s"` => health "/healthz" every="5s"
        TS102 `env` has no property `name`: it stands without `name=`: `env "LOG_LEVEL" "info"` => env "LOG_LEVEL" "info"
        TS102 `env` has no property `name`: it stands without `name=`, like `env "LOG_LEVEL"` =>
        TS304 `DATABASE_PASSWORD` is called like a secret and stands in plain text: seal it as a `secret` and take it by `secret=`; if it is none, call it otherwise or waive it; where it must stay: `waive "sealed-secrets" { reason "…"; until "…"; owner team="…" }` =>
        TS102 `label` has no property `key`: `label` has no properties =>
        "#);
    }

    #[test]
    fn names_and_values_are_lines_of_their_own() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" {
                    image @web
                    env LOG_LEVEL="info" WORKERS=4
                    env { THREADS "2" }
                    env API_TOKEN="tr0ub4dor&3"
                    label { tier "front"; stage "a" }
                }
            }
        "#), @r#"
        TS102 `env` has no property `LOG_LEVEL`: write each in a line of its own, like `env "LOG_LEVEL" "info"` => env "LOG_LEVEL" "info"
                            env "WORKERS" "4"
        TS114 `env` has no block: write `env "THREADS" "2"` => env "THREADS" "2"
        TS102 `env` has no property `API_TOKEN`: write each in a line of its own, like `env "API_TOKEN" "…"` =>
        TS114 `label` has no block: write each in a line of its own, like `label "tier" "front"` => label "tier" "front"
                            label "stage" "a"
        "#);
    }

    #[test]
    fn words_from_elsewhere_are_one_mistake() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" { image @web; replicas min=2 max=5; resources { requests { cpu "1" }; limits { cpu "2" } } }
            }
            external "stripe" { host "api.stripe.com"; ports "443/tcp" }
        "#), @r#"
        TS102 `replicas` has no property `min`: write the fewest and the most as one range: `replicas "2..5"` =>
        TS114 `resources` has no block: write what it asks for and what it gets at most as ranges: `resources cpu="100m..1" memory="128Mi..512Mi"` =>
        TS101 unknown declaration `host` in `external`: NetworkPolicy knows addresses and no names: write `ranges` where its addresses are known, else `ports` alone =>
        "#);
    }

    #[test]
    fn an_argument_too_many_is_the_property_that_could_take_it() {
        insta::assert_snapshot!(check(r#"
            role "a" { }
            role "b" { inherits "a" }
            role "c" { inherits "nothing" }
            project "shop" {
                service "web" { image @web; reaches "api"; reaches "mail"; reaches "nobody"; disk "/data" "20Gi" }
                service "api" { image @web; port 80 }
            }
            external "mail" { ports "587/tcp" }
        "#), @r#"
        TS103 `inherits` takes no argument: write `role="a"` => role="a"
        TS103 `inherits` takes no argument: what else it knows is written as `name=value`: `role` =>
        TS103 `reaches` takes no argument: write `service="api"` => service="api"
        TS103 `reaches` takes no argument: write `external="mail"` => external="mail"
        TS103 `reaches` takes no argument: what else it knows is written as `name=value`: `database`, `external`, `service`, `use` =>
        TS103 `disk` takes one argument: write `size="20Gi"` => size="20Gi"
        "#);
    }

    #[test]
    fn a_bare_number_gets_the_unit_that_alone_is_sensible() {
        insta::assert_snapshot!(check(r#"
            external "mail" { ports 587 53 }
            headers "pages" { hsts 31536000 }
            headers "more" { hsts 60 }
            project "shop" { service "web" { image @web; stop-within 30 } }
        "#), @r#"
        TS105 `587` does not say which transport: write `"587/tcp"` or `"587/udp"` => "587/tcp"
        TS105 `53` does not say which transport: write `"53/tcp"` or `"53/udp"` =>
        TS105 `31536000` has no unit: write a number and a unit, `ms`, `s`, `m`, `h` or `d`, or several from long to short, in quotes, as in `"15m"` => "365d"
        TS105 `60` has no unit: write a number and a unit, `ms`, `s`, `m`, `h` or `d`, or several from long to short, in quotes, as in `"15m"` =>
        TS105 `30` has no unit: write a number and a unit, `ms`, `s`, `m`, `h` or `d`, or several from long to short, in quotes, as in `"15m"` =>
        "#);
    }
}
