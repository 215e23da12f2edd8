//! The reference is whole: it tells of every kind and field of the tables, and its links lead somewhere.

use std::collections::BTreeSet;

use trackside::language::manual::Manual;

#[test]
fn the_reference_tells_of_every_kind_and_field() {
    let manual = Manual::new();
    let whole = manual.whole();
    let mut missing = Vec::new();
    for entry in manual.entries() {
        let section = manual.of(entry.kind.word).expect("the kind is known");
        let mut told = vec![entry.kind.doc.to_owned()];
        told.extend(
            entry
                .kind
                .arguments
                .iter()
                .chain(&entry.kind.rest)
                .map(|it| format!("- `{}", it.word.to_uppercase())),
        );
        told.extend(entry.kind.properties.iter().map(|it| format!("- `{}=` ", it.word)));
        told.extend(entry.kind.children.iter().map(|it| format!("- [`{}`](#", it.word)));
        told.extend(entry.kind.others.iter().map(|it| format!("- any other word, [`{}`](#", it.word)));
        let untold = told.into_iter().filter(|it| !section.contains(it) || !whole.contains(it));
        missing.extend(untold.map(|it| format!("{}: {it}", entry.kind.word)));
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_link_of_the_reference_leads_to_one_heading() {
    let whole = Manual::new().whole();
    let headings: Vec<String> = whole.lines().filter(|it| it.starts_with('#')).map(anchor).collect();
    let links = whole.split("](#").skip(1).filter_map(|it| it.split_once(')')).map(|(link, _)| link);
    let wrong: BTreeSet<&str> =
        links.filter(|link| headings.iter().filter(|it| it == link).count() != 1).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// By GitHub's rule: lower case, spaces become `-`, every other mark goes.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars()
        .filter(|it| it.is_alphanumeric() || " -_".contains(*it))
        .collect::<String>()
        .replace(' ', "-")
}
