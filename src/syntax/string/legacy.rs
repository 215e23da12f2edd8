//! Raw strings as KDL 1 writes them: read as what they mean, and reported.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::syntax::byte::{self};
use crate::syntax::lexer::Lexer;
use crate::syntax::report::offset;
use crate::syntax::token::{Kind, Token};

impl Lexer<'_> {
    /// Reads a KDL 1 raw string, `r"…"` or `r#"…"#`; `None` where it is none.
    pub(in crate::syntax) fn legacy_raw(&mut self, start: usize) -> Option<Token> {
        let hashes = self.bytes[start + 1..].iter().take_while(|it| **it == b'#').count();
        let open = start + 1 + hashes;
        if self.bytes.get(open) != Some(&b'"') {
            return None;
        }
        let (content, close) = (open + 1, self.legacy_close(open + 1, hashes)?);
        let end = close + 1 + hashes;
        self.at = end;
        self.arena.start(offset(start));
        self.arena.push(&self.text[content..close]);
        let body = &self.text[content..close];
        let lines = body.contains('\n');
        let fixable = body.bytes().all(|it| it == b'\n' || !byte::is(it, byte::LINE))
            && !body.starts_with("\"\"")
            && body != "\"";
        let blank =
            body.lines().any(|line| !line.is_empty() && byte::skip_spaces(line.as_bytes(), 0) == line.len());
        let hash = if hashes == 0 { "#" } else { "" };
        let fix = match lines {
            false if fixable => Some([(start, start + 1, hash.to_owned()), (end, end, hash.to_owned())]),
            true if fixable && !blank && !body.contains("\"\"\"") => {
                let opening = format!("{hash}{}\"\"\"\n", &self.text[start + 1..open]);
                let closing = format!("\n\"\"\"{}{hash}", &self.text[close + 1..end]);
                Some([(start, content, opening), (close, end, closing)])
            }
            _ => None,
        };
        let fix = fix.map(|edits| {
            let edits = edits.each_ref().map(|(from, to, text)| (*from, *to, &text[..]));
            // Where there are hashes already, the end stays as it is.
            let used = if hashes > 0 && !lines { &edits[..1] } else { &edits };
            self.report.fix("write it as KDL 2 does", used)
        });
        let message = || "this is a raw string as KDL 1 writes it".to_owned();
        self.report.report(Code::LegacyString, (start, end), message, |it, _| {
            let it = it.help(
                "KDL 2 writes `#\"…\"#`, and `#\"\"\"` with a newline where the text has several lines",
            );
            fix.into_iter().fold(it, Diagnostic::fix)
        });
        Some(Token { kind: Kind::Decoded, start, end })
    }

    pub(super) fn legacy_close(&mut self, content: usize, hashes: usize) -> Option<usize> {
        let limit = if self.legacy_lost { byte::skip_line(self.bytes, content) } else { self.bytes.len() };
        let mut at = content;
        while at < limit {
            byte::looked_at(1);
            match self.bytes[at] {
                b'"' if self.hashes(at + 1, hashes) == hashes => return Some(at),
                b'"' => at += 1 + self.hashes(at + 1, hashes),
                _ => at += 1,
            }
        }
        self.legacy_lost = true;
        None
    }
}
