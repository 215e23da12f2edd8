//! The changes that put in its place what a declaration has in the wrong one. A comment is never lost by them.

use crate::diagnostic::{Edit, Fix};
use crate::language::kind::{Class, Kind, Presence};
use crate::source::{Span, Spanned};
use crate::syntax::{Entry, Node};

/// Where more stands in one declaration, nobody has mixed up a line or two, and looking through all of it for each is costly.
const MOST: usize = 50;

/// Whether a declaration with an unknown word could be one of a kind, by what is written beside and below the word.
pub(super) fn fits(node: Node<'_>, kind: &Kind) -> bool {
    let arguments = node.entries().take(MOST).filter(|it| it.name().is_none()).count();
    let required = kind.arguments.iter().chain(&kind.rest).filter(|it| it.presence == Presence::Required);
    let has_room = kind.rest.is_some() || arguments <= kind.arguments.len();
    let has_block = node.block_span().is_some();
    let takes_block = !kind.children.is_empty() || kind.others.is_some();
    has_room
        && arguments >= required.count()
        && (takes_block || !has_block)
        && node.entries().nth(MOST).is_none()
}

/// Whether an argument says once more what another one before it says.
pub(super) fn repeats(node: Node<'_>, entry: Entry<'_>) -> bool {
    let before = node.entries().take(MOST).take_while(|it| it.span() != entry.span());
    before.filter(|it| it.name().is_none()).any(|it| it.text() == entry.text())
}

/// Makes a line of the block of what is written as a property: `service "web" port=80`. `None` where it stands there
/// already, or is more than one value.
pub(super) fn into_block(node: Node<'_>, entry: Entry<'_>, child: &Kind) -> Option<Fix> {
    let is_single = matches!(child.class, Class::Single | Class::List);
    let before = before_value(child)?;
    let is_there = node.children().take(MOST).any(|it| it.name() == child.word);
    let is_long = node.children().nth(MOST).is_some();
    if !is_single || is_there || is_long {
        return None;
    }
    let name = entry.name()?;
    let value = node.text(Span { start: name.span.end, ..entry.span() });
    let (_, value) = value.split_once('=')?;
    let line = format!("{} {before}{}", child.word, value.trim());
    let (at, text) = match node.block_span() {
        None => (node.head_span().after(), format!(" {{ {line} }}")),
        Some(block) => {
            let inside = node.text(Span { start: block.start + 1, ..block });
            let at = Span { start: block.start + 1, end: block.start + 1, ..block };
            match inside.split_once('\n') {
                Some((rest, lines)) if rest.trim().is_empty() => {
                    let indent: String = lines.chars().take_while(|it| matches!(it, ' ' | '\t')).collect();
                    (at, format!("\n{indent}{line}"))
                }
                _ => (at, format!(" {line};")),
            }
        }
    };
    Some(Fix {
        title: format!("write `{}` in the block", child.word),
        edits: vec![Edit { span: node.removal(entry.span()), text: String::new() }, Edit { span: at, text }],
    })
}

/// What stands between the word of a line and its one value: nothing, or `team=`. `None` where it has several, or none.
pub(super) fn before_value(kind: &Kind) -> Option<String> {
    match (kind.arguments, kind.properties) {
        ([], [property]) if kind.rest.is_none() => Some(format!("{}=", property.word)),
        ([_], _) => Some(String::new()),
        ([], _) if kind.rest.is_some() => Some(String::new()),
        _ => None,
    }
}

/// Makes a property of what is written as a line of the block: `disk "/data" { size "1Gi" }`.
pub(super) fn into_head(parent: Node<'_>, node: Node<'_>) -> Option<Fix> {
    let property = as_property(node)?;
    let word = node.name();
    let is_there = parent.entries().take(MOST).any(|it| it.name().is_some_and(|it| it.value == word));
    if is_there || parent.entries().nth(MOST).is_some() {
        return None;
    }
    let title = format!("write `{word}` as a property");
    let text = format!(" {property}");
    let block = parent.block_span()?;
    let rest = parent.text(block).replacen(parent.text(node.span()), "", 1);
    let edits = match is_blank(&rest) {
        // Nothing else stands in the block.
        true => vec![Edit { span: parent.removal(block), text }],
        false => vec![
            Edit { span: parent.head_span().after(), text },
            Edit { span: parent.removal(node.span()), text: String::new() },
        ],
    };
    Some(Fix { title, edits })
}

/// Whether a piece of a block says nothing.
fn is_blank(text: &str) -> bool {
    text.chars().all(|it| it.is_whitespace() || matches!(it, '{' | '}' | ';'))
}

/// Takes away a block in which nothing can stand: an empty one, or one whose lines are properties in truth.
pub(super) fn without_block(node: Node<'_>, kind: &Kind, block: Span) -> Option<Fix> {
    if node.children().nth(MOST).is_some() || node.entries().nth(MOST).is_some() {
        return None;
    }
    if kind.properties.is_empty() {
        let edits = vec![Edit { span: node.removal(block), text: String::new() }];
        return is_blank(node.text(block)).then(|| Fix { title: "remove this".to_owned(), edits });
    }
    let mut properties = String::new();
    let mut between = node.text(block).to_owned();
    for child in node.children() {
        let word = child.name();
        let is_new = !node.entries().any(|it| it.name().is_some_and(|it| it.value == word));
        let property = as_property(child).filter(|_| kind.property(word).is_some() && is_new)?;
        properties.extend([" ", &property]);
        between = between.replacen(node.text(child.span()), "", 1);
    }
    // A comment, or what it leaves out, is for its author to move.
    if !is_blank(&between) {
        return None;
    }
    let edits = vec![Edit { span: node.removal(block), text: properties.clone() }];
    let title = if properties.is_empty() { "remove this" } else { "write what is in it as properties" };
    Some(Fix { title: title.to_owned(), edits })
}

/// A line that says no more than a property could.
fn as_property(node: Node<'_>) -> Option<String> {
    let mut entries = node.entries();
    let value = entries.next().filter(|it| it.name().is_none())?;
    let is_alone = entries.next().is_none() && node.block_span().is_none() && node.annotation().is_none();
    is_alone.then(|| format!("{}={}", node.name(), node.text(value.span())))
}

/// Takes away an annotation with its parentheses.
pub(super) fn without_annotation(node: Node<'_>, annotation: Spanned<&str>, value: Span) -> Option<Fix> {
    let whole = node.span();
    let before = node.text(Span { end: annotation.span.start, ..whole }).trim_end();
    // A word of ours has its place somewhere.
    if ["age", "vault", "override", "remove"].contains(&annotation.value) {
        return None;
    }
    let open = before.strip_suffix('(')?.len();
    let start = whole.start + u32::try_from(open).ok()?;
    let behind = node.text(Span { start: annotation.span.end, end: value.start, ..whole });
    (behind.trim() == ")").then(|| Fix {
        title: "remove the annotation".to_owned(),
        edits: vec![Edit { span: Span { start, end: value.start, ..whole }, text: String::new() }],
    })
}
