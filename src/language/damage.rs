//! What could not be read, so that nobody is told of what is missing only because of that.

use std::collections::BTreeSet;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{FileId, SourceMap, Span};

/// Where text could not be read.
#[derive(Debug, Default)]
pub struct Damage {
    /// Where syntax errors start.
    places: BTreeSet<(FileId, u32)>,
    /// Where values start that are read as what was meant.
    slips: BTreeSet<(FileId, u32)>,
    /// Whether so much is missing that it could be anything.
    is_great: bool,
    /// Whether a brace is missing or too many, so that much stands in the wrong block.
    is_displaced: bool,
}

/// Findings that say that something stands where it should not.
const DISPLACEMENT: [Code; 3] = [Code::UnknownKind, Code::Duplicate, Code::Shadowing];

/// Findings that say that something is not there.
const ABSENCE: [Code; 15] = [
    Code::MissingField,
    Code::UnknownReference,
    Code::Unused,
    Code::NothingToOverride,
    Code::MarkOutsideEnvironment,
    Code::UnusedWaiver,
    Code::UnknownPermission,
    Code::ExceptsNothing,
    Code::RouteForNobody,
    Code::RouteWider,
    Code::NotOffered,
    Code::UnusedOffer,
    Code::NothingToReach,
    Code::AddressWithoutReach,
    Code::NoGateway,
];

impl Damage {
    /// What loading and parsing reported.
    pub fn of(sink: &Diagnostics, map: &SourceMap) -> Self {
        let mut damage = Self::default();
        for diagnostic in sink {
            if is_read_as_meant(diagnostic) {
                damage.slips.extend(diagnostic.primary.iter().map(|it| (it.span.file, it.span.start)));
            } else if diagnostic.code <= Code::TooManyErrors
                && let Some(label) = &diagnostic.primary
            {
                damage.places.insert((label.span.file, label.span.start));
                // What was dropped there would have ended what stands before it.
                let before = &map.file(label.span.file).text[..label.span.start as usize];
                let end = before.trim_end_matches([' ', '\t']).len();
                damage.places.insert((label.span.file, u32::try_from(end).unwrap_or(label.span.start)));
                // A string of one line ends with it at the latest; one of several takes all that follows.
                let opening = map.text(label.span).trim_start_matches('#');
                damage.is_great |= diagnostic.code == Code::UnclosedString && opening.starts_with("\"\"\"");
            }
            damage.is_displaced |= matches!(diagnostic.code, Code::UnclosedBlock | Code::StrayBrace);
            damage.is_great |= matches!(
                diagnostic.code,
                Code::UnclosedComment
                    | Code::TooDeep
                    | Code::TooManyErrors
                    | Code::UnreadableFile
                    | Code::PathOutsideTree
                    | Code::IncludeLoop
                    | Code::NothingIncluded
            );
        }
        damage
    }

    /// Whether something in a piece of text could not be read.
    pub fn touches(&self, span: Span) -> bool {
        self.places.range((span.file, span.start)..=(span.file, span.end)).next().is_some()
    }

    /// Leaves out what may be wrong only because something could not be read.
    pub fn excuse(&self, sink: &mut Diagnostics) {
        if !self.slips.is_empty() {
            let is_slip = |it: Span| self.slips.contains(&(it.file, it.start));
            sink.retain(|it| {
                it.code != Code::InvalidValue || it.primary.as_ref().is_none_or(|at| !is_slip(at.span))
            });
        }
        if !self.places.is_empty() {
            let is_syntax = |it: &Diagnostic| it.code <= Code::TooManyErrors;
            sink.retain(|it| is_syntax(it) || it.primary.as_ref().is_none_or(|at| !self.touches(at.span)));
        }
        if self.is_displaced {
            sink.retain(|it| !DISPLACEMENT.contains(&it.code));
        }
        if self.is_great || self.is_displaced {
            excuse_absence(sink);
        }
    }
}

/// Whether a mistake leaves no doubt about what it stands for, so that nothing around it is unread: `true` for `#true`.
fn is_read_as_meant(diagnostic: &Diagnostic) -> bool {
    diagnostic.code == Code::Keyword && !diagnostic.fixes.is_empty()
}

/// Leaves out every finding that says that something is not there.
pub fn excuse_absence(sink: &mut Diagnostics) {
    sink.retain(|it| !ABSENCE.contains(&it.code));
}

#[cfg(test)]
mod tests {
    use crate::language::tests::check;

    #[test]
    fn what_stands_in_a_file_that_is_not_read_is_not_missing() {
        insta::assert_snapshot!(check(r#"
            include "projets/*.kdl"
            api "pages" service="shop/web" { route "GET /" needs="page:read" target="query.id" }
            role "a" { allow "page:read" }
            project "numbers" { service "api" { image @web; reaches service="shop/web"; prot 80 } }
        "#), @r"
        TS053 error 1: no file matches `projets/*.kdl`
        TS101 error 4: unknown declaration `prot` in `service`
        ");
    }

    #[test]
    fn what_follows_an_endless_text_is_not_missing() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" {
                    config "/a" """
                        hello
                    image @web
                    port 80
                }
            }
            team "ops" { }
            project "numbers" team="ops" { }
        "#), @r"TS002 error 3: this string is never closed");
    }

    #[test]
    fn a_block_that_is_not_closed_takes_nothing_with_it() {
        insta::assert_snapshot!(check(r#"
            project "shop" team="ops" {
                service "web" {
                    image @web
                    port 80
                service "api" { image @web; reaches service="web" }
            }
            team "ops" { }
        "#), @r"TS004 error 1: the block of `project` is never closed");
    }

    #[test]
    fn a_line_that_is_no_kdl_is_wrong_once() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" { image ghcr.io/acme/web; port 80tcp; replicas = 3; disk "/data" size=20Gi; env "A" "b\qc"; env "D" secret= }
                service "api" { image @web; reaches, service="web"; reaches service="wbe" }
            }
        "#), @r"
        TS011 error 2: `ghcr.io/acme/web` needs quotes, because `/` and `#` mean something else outside them
        TS008 error 2: `80tcp` starts like a number but is none
        TS001 error 2: `replicas` is a node, and takes its value without `=`
        TS008 error 2: `20Gi` starts like a number but is none
        TS006 error 2: `\q` is no escape
        TS001 error 2: the property `secret` has no value
        TS101 error 3: unknown declaration `reaches,` in `service`
        TS110 error 3: there is no service `wbe` in project `shop`
        ");
    }

    #[test]
    fn what_is_read_as_it_was_meant_hides_nothing() {
        insta::assert_snapshot!(check(r#"
            project "shop" { # the shop
                # a comment
                service 'web' { image @web; public true; env "A" true; replicas 2,000; label 'tier' 'front end' # here
                }
                cron "run" schedule="0 3 * * *" { image @web; health path=/ }
            }
        "#), @r#"
        TS009 error 1: a comment starts with `//`
        TS009 error 2: a comment starts with `//`
        TS105 error 3: `'web'` has `'`, which a name cannot have
        TS310 error 3: `public` needs a port that can be reached
        TS009 error 3: `true` is the keyword `#true` in KDL 2
        TS103 error 3: `public` takes no argument
        TS009 error 3: `true` is the keyword `#true` in KDL 2
        TS008 error 3: `2,000` starts like a number but is none
        TS105 error 3: `'tier'` has `'`, which a label cannot have
        TS105 error 3: `'front` has `'`, which a label value cannot have
        TS103 error 3: `label` takes 2 arguments
        TS009 error 3: a comment starts with `//`
        TS101 error 5: unknown declaration `health` in `cron`
        TS011 error 5: `/` needs quotes, because `/` and `#` mean something else outside them
        "#);
    }
}
