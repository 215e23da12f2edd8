//! What differs between two texts, line by line.

use clap::builder::styling::{AnsiColor, Style};

use crate::cli::terminal::Stream;

/// A line of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line<T> {
    /// In both texts.
    Same(T),
    /// In the first alone.
    Removed(T),
    /// In the second alone.
    Added(T),
    /// Stands for lines that are the same and far from every difference; the next one has this number in the first text.
    Skipped(usize),
}

/// How many lines around a difference are shown.
const CONTEXT: usize = 3;

/// The lines that differ and a few around each.
pub(super) fn lines<'a>(before: &'a str, after: &'a str) -> Vec<Line<&'a str>> {
    let all = compare(&before.split('\n').collect::<Vec<_>>(), &after.split('\n').collect::<Vec<_>>());
    let is_same = |it: &Line<_>| matches!(it, Line::Same(_));
    let is_near = |at: usize| {
        let near = at.saturating_sub(CONTEXT)..(at + CONTEXT + 1).min(all.len());
        !all[near].iter().all(is_same)
    };
    let mut shown = Vec::new();
    let (mut number, mut skipped) = (1, true);
    for (at, line) in all.iter().enumerate() {
        // What ends with a newline has nothing after it.
        let is_end = at + 1 == all.len() && *line == Line::Same("");
        if is_near(at) && !is_end {
            if std::mem::take(&mut skipped) && number > 1 {
                shown.push(Line::Skipped(number));
            }
            shown.push(*line);
        } else {
            skipped = true;
        }
        number += usize::from(!matches!(line, Line::Added(_)));
    }
    shown
}

impl<T> Line<T> {
    /// The same line with another text.
    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Line<U> {
        match self {
            Self::Same(it) => Line::Same(change(it)),
            Self::Removed(it) => Line::Removed(change(it)),
            Self::Added(it) => Line::Added(change(it)),
            Self::Skipped(number) => Line::Skipped(number),
        }
    }
}

impl Line<String> {
    /// As `diff` writes it.
    pub(super) fn painted(&self, stream: &Stream) -> String {
        let (style, text) = match self {
            Self::Same(it) => (Style::new(), format!("  {it}")),
            Self::Removed(it) => (AnsiColor::Red.on_default(), format!("- {it}")),
            Self::Added(it) => (AnsiColor::Green.on_default(), format!("+ {it}")),
            Self::Skipped(number) => (AnsiColor::Cyan.on_default(), format!("@@ line {number} @@")),
        };
        stream.paint(style, text.trim_end())
    }
}

/// What differs, with as many lines as possible the same.
fn compare<'a>(before: &[&'a str], after: &[&'a str]) -> Vec<Line<&'a str>> {
    let start = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let (old, new) = (&before[start..], &after[start..]);
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let same = |lines: &[&'a str]| lines.iter().map(|it| Line::Same(*it)).collect::<Vec<_>>();
    let mut lines = same(&before[..start]);
    lines.extend(middle(&old[..old.len() - end], &new[..new.len() - end]));
    lines.extend(same(&old[old.len() - end..]));
    lines
}

/// Where more pairs of lines differ than this, nobody looks for what is the same between them.
const MOST_PAIRS: usize = 4_000_000;

fn middle<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Line<&'a str>> {
    let width = new.len() + 1;
    let mut lines = Vec::with_capacity(old.len() + new.len());
    let (mut a, mut b) = (0, 0);
    if old.len().saturating_mul(new.len()) <= MOST_PAIRS {
        // How many lines the rest of the one has in common with the rest of the other.
        let mut common = vec![0_u32; (old.len() + 1) * width];
        for (i, j) in (0..old.len()).rev().flat_map(|i| (0..new.len()).rev().map(move |j| (i, j))) {
            let at = i * width + j;
            common[at] = match old[i] == new[j] {
                true => common[at + width + 1] + 1,
                false => common[at + width].max(common[at + 1]),
            };
        }
        while a < old.len() && b < new.len() {
            let at = a * width + b;
            if old[a] == new[b] {
                lines.push(Line::Same(old[a]));
                (a, b) = (a + 1, b + 1);
            } else if common[at + width] >= common[at + 1] {
                lines.push(Line::Removed(old[a]));
                a += 1;
            } else {
                lines.push(Line::Added(new[b]));
                b += 1;
            }
        }
    }
    lines.extend(old[a..].iter().map(|it| Line::Removed(*it)));
    lines.extend(new[b..].iter().map(|it| Line::Added(*it)));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, after: &str) -> String {
        let shown = lines(before, after).into_iter().map(|it| match it {
            Line::Same(it) => format!("  {it}"),
            Line::Removed(it) => format!("- {it}"),
            Line::Added(it) => format!("+ {it}"),
            Line::Skipped(number) => format!("@@ {number}"),
        });
        shown.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_same_texts_differ_in_nothing() {
        assert_eq!(check("a\nb\n", "a\nb\n"), "");
        assert_eq!(check("", ""), "");
    }

    #[test]
    fn lines_that_moved_keep_their_neighbours() {
        insta::assert_snapshot!(check("a\nb\nc\nd\n", "a\nc\nx\nd\n"), @r"
          a
        - b
          c
        + x
          d
        ");
    }

    #[test]
    fn a_newline_at_the_end_is_a_difference() {
        insta::assert_snapshot!(check("a\nb", "a\nb\n"), @r"
          a
          b
        +
        ");
    }

    #[test]
    fn what_is_far_from_every_difference_is_left_out() {
        let before: Vec<String> = (1..=30).map(|it| it.to_string()).collect();
        let mut after = before.clone();
        after[9] = "ten".to_owned();
        after[28] = "twenty-nine".to_owned();
        insta::assert_snapshot!(check(&before.join("\n"), &after.join("\n")), @r"
        @@ 7
          7
          8
          9
        - 10
        + ten
          11
          12
          13
        @@ 26
          26
          27
          28
        - 29
        + twenty-nine
          30
        ");
    }

    #[test]
    fn texts_that_have_too_little_in_common_are_shown_whole() {
        let numbers =
            |start: usize| (start..start + 2_100).map(|it| it.to_string()).collect::<Vec<_>>().join("\n");
        assert_eq!(lines(&numbers(0), &numbers(5_000)).len(), 4_200);
    }
}
