//! Takes back a change that would list once more what the same declaration lists already: in `evidence "roles-proven"
//! "role-proven"` the second word is not known, and the one that it is close to stands right before it. What was meant is
//! then something else, and the change would end with one word less.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostics, Edit, Fix};
use crate::language::item::Item;
use crate::language::kind::Class;
use crate::source::{SourceMap, Span};
use crate::syntax::{Entry, Node};

/// Looks through all that has been found. The findings stay, with what they say.
pub fn take_back(items: &[Item<'_>], map: &SourceMap, sink: &mut Diagnostics) {
    let offered: BTreeSet<Span> =
        sink.iter().flat_map(|it| &it.fixes).filter_map(alone).map(|it| it.span).collect();
    if offered.is_empty() {
        return;
    }
    let mut repeated = BTreeSet::new();
    collect(items, &offered, &mut |listed: &[Entry<'_>]| {
        let texts: BTreeSet<&str> = listed.iter().map(|it| plain(map.text(it.value_span()))).collect();
        let spans = listed.iter().map(|it| it.value_span()).filter(|it| offered.contains(it));
        let of_list = spans.flat_map(|span| texts.iter().map(move |text| (span, (*text).to_owned())));
        repeated.extend(of_list);
    });
    sink.withdraw_fixes(|fix| {
        alone(fix).is_some_and(|it| repeated.contains(&(it.span, plain(&it.text).to_owned())))
    });
}

/// The one edit of a change.
fn alone(fix: &Fix) -> Option<&Edit> {
    match &*fix.edits {
        [edit] => Some(edit),
        _ => None,
    }
}

/// A text without its quotes.
fn plain(text: &str) -> &str {
    text.trim_matches('"')
}

/// Visits the lists in which something is offered a change.
fn collect(items: &[Item<'_>], offered: &BTreeSet<Span>, visit: &mut impl FnMut(&[Entry<'_>])) {
    let mut last = None;
    for item in items {
        let node = item.node();
        // The edges of one declaration are items that share its node.
        if last.replace(node.span()) == Some(node.span()) {
            continue;
        }
        if item.kind.rest.is_some() && item.kind.class != Class::Single && has_offer(node, offered) {
            let arguments = node.entries().filter(|it| it.name().is_none());
            let listed: Vec<Entry<'_>> = arguments.skip(item.kind.arguments.len()).collect();
            visit(&listed);
        }
        collect(&item.children, offered, visit);
    }
}

fn has_offer(node: Node<'_>, offered: &BTreeSet<Span>) -> bool {
    let span = node.span();
    let (first, end) = (Span { end: span.start, ..span }, Span { start: span.end, ..span });
    offered.range(first..end).next().is_some()
}

#[cfg(test)]
mod tests {
    use crate::language::Selection;
    use crate::language::tests::tree;

    /// Each finding with what is offered for it.
    fn check(text: &str) -> String {
        let outcome = crate::check(&tree(&[("platform.kdl", text)]), &Selection::default());
        let offers = outcome.diagnostics.iter().map(|it| {
            let edits = it.fixes.iter().flat_map(|it| &it.edits).map(|it| it.text.as_str());
            format!("{}: {} => {}", it.message, it.help.join("; "), Vec::from_iter(edits).join(" or "))
        });
        offers.map(|it| it.trim_end().to_owned() + "\n").collect()
    }

    #[test]
    fn nothing_is_offered_that_is_listed_already() {
        insta::assert_snapshot!(check(r#"
            control "soc2:CC6.1" { evidence "roles-proven" "role-proven" "secrets-seald" }
            resource "page" in="project" { action "read"; action "write" }
            role "reader" { allow "page:read" "page:raed" }
            role "writer" { allow "page:read" "page:wrte" }
        "#), @r#"
        `role-proven` is not a check: did you mean `roles-proven`? =>
        `secrets-seald` is not a check: did you mean `secrets-sealed`? => "secrets-sealed"
        there is no permission `page:raed`: did you mean `page:read`? =>
        there is no permission `page:wrte`: did you mean `page:write`? => "page:write"
        "#);
    }
}
