//! Comments behind nodes that stand in one column keep standing in one column.
//!
//! Only lines right below each other belong together, and only where their author had aligned them. Aligned comments are
//! found aligned again, so that formatting twice changes nothing.

/// A comment behind a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trailing {
    /// Where it starts in what was printed.
    pub(super) at: usize,
    /// In which column its author put it.
    pub(super) column: usize,
}

/// Moves the comments of each group to one column.
pub(super) fn align(out: &str, trailing: &[Trailing]) -> String {
    let mut aligned = String::with_capacity(out.len() + out.len() / 16);
    let mut copied = 0;
    for group in trailing.chunk_by(|a, b| a.column == b.column && is_next_line(&out[a.at..b.at])) {
        let widths: Vec<usize> = group.iter().map(|it| width(out, it.at)).collect();
        let widest = widths.iter().max().copied().unwrap_or_default();
        for (comment, width) in group.iter().zip(widths) {
            aligned.push_str(&out[copied..comment.at]);
            aligned.push_str(&" ".repeat(widest - width));
            copied = comment.at;
        }
    }
    aligned.push_str(&out[copied..]);
    aligned
}

fn is_next_line(between: &str) -> bool {
    between.bytes().filter(|it| *it == b'\n').count() == 1
}

/// How many characters stand before a place on its line.
fn width(out: &str, at: usize) -> usize {
    let line = out[..at].rfind('\n').map_or(0, |newline| newline + 1);
    out[line..at].chars().count()
}
