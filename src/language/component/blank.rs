//! Blanks in the texts of a body: `{memory}`, `{memory.bytes}`.

use std::ops::Range;

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'t> {
    /// As it is.
    Text(&'t str),
    /// Something that is filled in.
    Blank(Blank<'t>),
}

/// A place in a text that is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blank<'t> {
    /// What is filled in.
    pub word: &'t str,
    /// In which form.
    pub part: Option<&'t str>,
    /// Where it stands, with its braces.
    pub range: Range<usize>,
}

/// Takes a text apart. A blank is a word in braces, with a dot and another word behind it or without. Two pairs of braces or
/// more around such a word are text, and lose one pair; all other braces are what they are.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    // Up to where the text has been taken, and from where on it is looked through.
    let (mut taken, mut from) = (0, 0);
    while let Some(open) = text[from..].find('{').map(|it| from + it) {
        let start = open + run(&text[open..], '{');
        let Some((word, part, end)) = word_at(text, start) else {
            from = start;
            continue;
        };
        let close = end + run(&text[end..], '}');
        let (opened, closed) = (start - open, close - end);
        from = close;
        match opened.min(closed) {
            0 => from = end,
            1 => {
                push(&mut pieces, &text[taken..start - 1]);
                pieces.push(Piece::Blank(Blank { word, part, range: start - 1..end + 1 }));
                taken = end + 1;
            }
            _ => {
                push(&mut pieces, &text[taken..start - 1]);
                push(&mut pieces, &text[start..close - 1]);
                taken = close;
            }
        }
    }
    push(&mut pieces, &text[taken..]);
    pieces
}

/// Whether something is filled into a text.
pub fn is_in(text: &str) -> bool {
    pieces(text).iter().any(|it| matches!(it, Piece::Blank(_)))
}

fn push<'t>(pieces: &mut Vec<Piece<'t>>, text: &'t str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
}

/// How many of a character a text starts with.
fn run(text: &str, of: char) -> usize {
    text.len() - text.trim_start_matches(of).len()
}

/// The word at a place, what stands behind its dot, and where that ends.
fn word_at(text: &str, start: usize) -> Option<(&str, Option<&str>, usize)> {
    let end = start + word_length(&text[start..])?;
    let word = &text[start..end];
    match text[end..].strip_prefix('.').and_then(word_length) {
        Some(length) => Some((word, Some(&text[end + 1..=end + length]), end + 1 + length)),
        None => Some((word, None, end)),
    }
}

/// How long the word is that a text starts with: a name as any other, in lower case. Longer ones than names can be are none.
fn word_length(text: &str) -> Option<usize> {
    let is_inside = |it: &u8| it.is_ascii_lowercase() || it.is_ascii_digit() || *it == b'-';
    let length = text.bytes().take(MOST + 1).take_while(is_inside).count();
    (text.starts_with(|it: char| it.is_ascii_lowercase()) && length <= MOST).then_some(length)
}

const MOST: usize = 40;

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;

    fn check(text: &str) -> String {
        pieces(text).iter().fold(String::new(), |mut told, piece| {
            match piece {
                Piece::Text(text) => write!(told, "[{text}]"),
                Piece::Blank(Blank { word, part: None, .. }) => write!(told, "<{word}>"),
                Piece::Blank(Blank { word, part: Some(part), .. }) => write!(told, "<{word}:{part}>"),
            }
            .expect("it is text");
            told
        })
    }

    #[test]
    fn only_a_word_in_braces_is_a_blank() {
        let cases = [
            ("{memory}", "<memory>"),
            ("{memory.bytes}", "<memory:bytes>"),
            ("a{b}c{d-1}", "[a]<b>[c]<d-1>"),
            ("{a}{b}", "<a><b>"),
            ("", ""),
            ("no braces", "[no braces]"),
            // Regular expressions, JSON, variables of shells.
            ("[a-z]{2,3}x{2}", "[[a-z]{2,3}x{2}]"),
            (r#"{"a":{"b":"{c}"}}"#, r#"[{"a":{"b":"]<c>["}}]"#),
            (r#"{"n":{n}}"#, r#"[{"n":]<n>[}]"#),
            ("${HOME} {} { } {é} {-a} {a b} {a.}", "[${HOME} {} { } {é} {-a} {a b} {a.}]"),
            ("{a.b.c}", "[{a.b.c}]"),
            // Two pairs are text.
            ("{{a}}", "[{][a}]"),
            ("{{a.b}} {{{a}}}", "[{][a.b}][ {{][a}}]"),
            ("{{a}", "[{]<a>"),
            ("{a}}", "<a>[}]"),
            ("{{ a }} {{", "[{{ a }} {{]"),
            ("{aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}", "[{aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}]"),
        ];
        let wrong: Vec<String> = cases
            .iter()
            .filter(|(text, expected)| check(text) != *expected)
            .map(|(text, expected)| format!("{text} is {}, not {expected}", check(text)))
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    proptest! {
        #[test]
        fn what_is_no_blank_is_kept(text in "[a{}.é -]{0,30}") {
            let kept: usize = pieces(&text).iter().map(|it| match it {
                Piece::Text(text) => text.len(),
                Piece::Blank(it) => it.range.len(),
            }).sum();
            prop_assert!(text.len() >= kept && (text.len() - kept).is_multiple_of(2), "{text}");
            for it in pieces(&text) {
                if let Piece::Blank(Blank { word, part, range }) = it {
                    let inside = part.map_or(word.to_owned(), |it| format!("{word}.{it}"));
                    prop_assert_eq!(&text[range], format!("{{{inside}}}"));
                }
            }
        }
    }
}
