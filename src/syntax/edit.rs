//! Applies the changes that findings offer.
//!
//! A change is whole or not made at all. Where two of them touch the same text the first one wins and the other is
//! reported back: it was thought out for a text that is no longer there.

use std::collections::BTreeMap;

use crate::diagnostic::{Edit, Fix};
use crate::source::{FileId, SourceMap};

/// What came of it.
#[derive(Clone, Debug)]
pub struct Applied<'a> {
    /// The new texts of the files that changed.
    pub texts: BTreeMap<FileId, String>,
    /// The changes that were not made, because they overlap earlier ones or do not fit the text.
    pub skipped: Vec<&'a Fix>,
}

/// Makes the changes, in their order, in memory.
pub fn apply<'a>(sources: &SourceMap, fixes: impl IntoIterator<Item = &'a Fix>) -> Applied<'a> {
    let mut accepted = Accepted::default();
    let mut skipped = Vec::new();
    for fix in fixes {
        let fits = fix.edits.iter().all(|edit| fits(sources, edit));
        if !fits || !accepted.take(&fix.edits) {
            skipped.push(fix);
        }
    }
    let texts = accepted
        .0
        .into_iter()
        .map(|(file, edits)| (file, replace(&sources.file(file).text, &edits)))
        .collect();
    Applied { texts, skipped }
}

/// The edits of each file, by where they start and end. Edits of one file never overlap.
#[derive(Default)]
struct Accepted<'a>(BTreeMap<FileId, BTreeMap<(u32, u32), &'a str>>);

impl<'a> Accepted<'a> {
    /// Takes all edits or none.
    fn take(&mut self, edits: &'a [Edit]) -> bool {
        let mut taken = Vec::new();
        for edit in edits {
            let file = self.0.entry(edit.span.file).or_default();
            let place = (edit.span.start, edit.span.end);
            if file.get(&place) == Some(&edit.text.as_str()) {
                // Two findings ask for the same.
                continue;
            }
            if overlaps(file, place) {
                for (file, place) in taken {
                    self.0.entry(file).or_default().remove(&place);
                }
                self.0.retain(|_, edits| !edits.is_empty());
                return false;
            }
            file.insert(place, &edit.text);
            taken.push((edit.span.file, place));
        }
        true
    }
}

/// Whether an edit touches the text of another, or both insert at one place, where nobody knows which comes first.
fn overlaps(edits: &BTreeMap<(u32, u32), &str>, (start, end): (u32, u32)) -> bool {
    // Those before do not overlap each other, so only the nearest one can reach here.
    let before = edits.range(..(start, end)).next_back().is_some_and(|(it, _)| it.1 > start);
    let at_start = edits
        .range((start, start)..=(start, u32::MAX))
        .any(|(it, _)| it.1 == end || (it.1 > start && end > start));
    let after = edits.range((start + 1, 0)..).next().is_some_and(|(it, _)| it.0 < end);
    before || at_start || after
}

fn fits(sources: &SourceMap, edit: &Edit) -> bool {
    let known = sources.files().nth(edit.span.file.0 as usize);
    known.is_some_and(|(_, file)| file.text.get(edit.span.start as usize..edit.span.end as usize).is_some())
}

fn replace(text: &str, edits: &BTreeMap<(u32, u32), &str>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for ((start, end), new) in edits {
        out.push_str(&text[copied..*start as usize]);
        out.push_str(new);
        copied = *end as usize;
    }
    out.push_str(&text[copied..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    /// Fixes are lists of `start..end=text`; what is skipped is named by its number.
    fn check(text: &str, fixes: &[&[(u32, u32, &str)]]) -> String {
        let mut sources = SourceMap::default();
        let file = sources.add("a.kdl", text);
        let edit = |(start, end, text): &(u32, u32, &str)| Edit {
            span: Span::new(file, *start, *end),
            text: (*text).to_owned(),
        };
        let fixes: Vec<Fix> = fixes
            .iter()
            .enumerate()
            .map(|(number, edits)| Fix { title: number.to_string(), edits: edits.iter().map(edit).collect() })
            .collect();
        let Applied { texts, skipped } = apply(&sources, &fixes);
        let skipped: Vec<&str> = skipped.iter().map(|fix| fix.title.as_str()).collect();
        format!("{:?} skipped {skipped:?}", texts.get(&file))
    }

    #[test]
    fn edits_are_made_in_the_order_of_the_text() {
        insta::assert_snapshot!(check("abc", &[&[(2, 3, "Z")], &[(0, 1, "XY")]]), @r#"Some("XYbZ") skipped []"#);
        insta::assert_snapshot!(check("abc", &[&[(1, 1, "<"), (2, 2, ">")]]), @r#"Some("a<b>c") skipped []"#);
    }

    #[test]
    fn a_fix_is_made_whole_or_not_at_all() {
        insta::assert_snapshot!(check("abcdef", &[&[(1, 3, "-")], &[(5, 6, "!"), (2, 4, "+")]]), @r#"Some("a-def") skipped ["1"]"#);
    }

    #[test]
    fn the_same_change_twice_is_one_change() {
        insta::assert_snapshot!(check("abc", &[&[(0, 1, "x")], &[(0, 1, "x")]]), @r#"Some("xbc") skipped []"#);
    }

    #[test]
    fn neighbours_do_not_overlap_but_two_insertions_at_one_place_do() {
        insta::assert_snapshot!(check("abc", &[&[(0, 1, "x")], &[(1, 2, "y")]]), @r#"Some("xyc") skipped []"#);
        insta::assert_snapshot!(check("abc", &[&[(1, 1, "x")], &[(1, 1, "y")]]), @r#"Some("axbc") skipped ["1"]"#);
        insta::assert_snapshot!(check("abc", &[&[(1, 1, "x")], &[(1, 2, "y")]]), @r#"Some("axyc") skipped []"#);
        insta::assert_snapshot!(check("abc", &[&[(0, 3, "x")], &[(1, 1, "y")]]), @r#"Some("x") skipped ["1"]"#);
    }

    #[test]
    fn what_does_not_fit_the_text_is_skipped() {
        insta::assert_snapshot!(check("ä", &[&[(1, 2, "x")], &[(0, 9, "x")]]), @r#"None skipped ["0", "1"]"#);
    }
}
