//! Reads one token: a bare word, a number, a keyword, a string ([`super::string`]).
//!
//! A token that is wrong is reported here and becomes what was most likely meant, so that later passes do not complain
//! about the same place again.

use crate::diagnostic::code::Code;
use crate::syntax::byte::{self, DIGIT, WIDE, WORD};
use crate::syntax::number;
use crate::syntax::report::{Reporter, shown};
use crate::syntax::token::{Arena, Kind, Token};

/// Reads tokens; `at` is where the next one is looked for.
pub(super) struct Lexer<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) report: Reporter<'a>,
    pub(super) arena: Arena,
    /// A KDL 1 raw string without an end was looked for in all of the text: once is enough to stay linear.
    pub(super) legacy_lost: bool,
    /// A string or comment without an end took the rest of the text.
    pub(super) swallowed: bool,
    /// The quotes of the current line from some place on: each is counted once, to stay linear.
    quotes: Quotes,
}

/// How many `"` stand in a piece of a line.
#[derive(Default)]
struct Quotes {
    start: usize,
    end: usize,
    count: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str, report: Reporter<'a>) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            report,
            arena: Arena::default(),
            legacy_lost: false,
            swallowed: false,
            quotes: Quotes::default(),
        }
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    pub(super) fn follows(&self, text: &[u8]) -> bool {
        self.bytes[self.at..].starts_with(text)
    }

    /// Reads the token that starts here; `None`, without a word, where none does.
    #[inline]
    pub(super) fn token(&mut self) -> Option<Token> {
        match self.peek()? {
            b'"' => Some(self.quoted()),
            b'#' => Some(self.hash()),
            // A path, as everybody writes it.
            b'/' => self.odd_word(self.at, self.at),
            first if byte::is(first, WORD | WIDE) => self.word(),
            _ => None,
        }
    }

    /// Whether the token was meant as a keyword and lacks the `#`.
    pub(super) fn is_bare_keyword(&self, token: Token) -> bool {
        !token.kind.is_string()
            && !matches!(token.kind, Kind::Integer | Kind::Float)
            && self.bytes[token.start] != b'#'
    }

    /// Whether the word here is a keyword, whose `#` stands before it.
    pub(super) fn is_keyword(&self, start: usize) -> bool {
        bare_keyword(&self.bytes[start..byte::skip_word(self.bytes, start)]).is_some()
    }

    /// Reports a keyword without its `#` where a value stands.
    pub(super) fn report_bare_value(&mut self, Token { start, end, .. }: Token) {
        let word = &self.text[start..end];
        let message = || format!("`{word}` is the keyword `#{word}` in KDL 2");
        self.report.report(Code::Keyword, (start, end), message, |it, span| {
            it.help(format!("type `#{word}`, or `\"{word}\"` where the text is meant"))
                .replace(span, format!("#{word}"))
        });
    }

    /// Reports what cannot be a name because it is no string.
    pub(super) fn report_name(&mut self, Token { start, end, .. }: Token, what: &str) {
        let word = shown(&self.text[start..end]);
        let quoted = format!("\"{}\"", &self.text[start..end]);
        let message = || format!("`{word}` cannot be the name of a {what} without quotes");
        self.report.report(Code::Unquoted, (start, end), message, |it, span| {
            it.help(format!("type `\"{word}\"`")).replace(span, quoted)
        });
    }

    fn word(&mut self) -> Option<Token> {
        let start = self.at;
        if self.bytes[start] == b'\''
            && let Some(token) = self.single_quoted(start)
        {
            return Some(token);
        }
        let end = byte::skip_word(self.bytes, start);
        if end == start {
            return None;
        }
        let next = self.bytes.get(end).copied();
        if matches!(next, Some(b'/' | b'#' | b'"'))
            && let Some(token) = self.odd_word(start, end)
        {
            return Some(token);
        }
        if next == Some(b'"') && self.lacks_opening_quote(start, end) {
            return Some(self.unopened(start, end));
        }
        self.at = end;
        let kind = match self.bytes[start] {
            first if byte::is(first, DIGIT) || matches!(first, b'+' | b'-' | b'.') => {
                return Some(self.number_or_word(start, end));
            }
            b't' | b'f' | b'n' | b'i' => bare_keyword(&self.bytes[start..end]).unwrap_or(Kind::Word),
            _ => Kind::Word,
        };
        Some(Token { kind, start, end })
    }

    /// A text in the quotes of other languages, up to the next one on the line. The letter of KDL reads `'a'` as a word of
    /// three characters, which nobody means.
    fn single_quoted(&mut self, start: usize) -> Option<Token> {
        let rest = self.bytes[start + 1..].iter();
        let length = rest.take_while(|it| !matches!(it, b'\'' | b'"' | b'\\' | b'\n' | b'\r')).count();
        byte::looked_at(length);
        let end = start + 1 + length;
        if self.bytes.get(end) != Some(&b'\'') || byte::skip_word(self.bytes, end + 1) != end + 1 {
            return None;
        }
        self.at = end + 1;
        let text = &self.text[start + 1..end];
        let message = || format!("`'{}'` is in single quotes, and a text goes in double ones", shown(text));
        self.report.report(Code::Unquoted, (start, end + 1), message, |it, span| {
            it.help(format!("type `\"{}\"`", shown(text))).replace(span, format!("\"{text}\""))
        });
        Some(Token { kind: Kind::Word, start: start + 1, end })
    }

    /// Whether there are too many quotes, or too few, from here to the end of the line: then nobody knows by them alone which
    /// text is inside of a string.
    pub(super) fn is_odd(&mut self, at: usize) -> bool {
        if !(self.quotes.start..self.quotes.end).contains(&at) {
            let rest = self.bytes[at..].iter().take_while(|it| !matches!(it, b'\n' | b'\r'));
            let end = at + rest.count();
            self.quotes = Quotes { start: at, end, count: self.count_quotes(at, end) };
        }
        let Quotes { start, end, count } = self.quotes;
        let left = count - self.count_quotes(start, at);
        self.quotes = Quotes { start: at, end, count: left };
        left % 2 == 1
    }

    fn count_quotes(&self, start: usize, end: usize) -> usize {
        byte::looked_at(end - start);
        self.text[start..end].matches('"').count()
    }

    /// Whether the `"` behind a word closes it: nothing opens it, and the quotes of the line do not come out even.
    fn lacks_opening_quote(&mut self, start: usize, end: usize) -> bool {
        let is_behind_quote = start > 0 && self.bytes[start - 1] == b'"';
        !is_behind_quote && !self.bytes[end..].starts_with(b"\"\"") && self.is_odd(end)
    }

    fn unopened(&mut self, start: usize, end: usize) -> Token {
        self.at = end + 1;
        let word = shown(&self.text[start..end]);
        let message = || format!("the string `{word}` has no quote at its start");
        let fix = self.report.fix("open it", &[(start, start, "\"")]);
        self.report.report(Code::UnclosedString, (start, end + 1), message, |it, _| {
            it.help(format!("type `\"{word}\"`")).fix(fix)
        });
        Token { kind: Kind::Word, start, end }
    }

    fn number_or_word(&mut self, start: usize, end: usize) -> Token {
        let word = &self.text[start..end];
        if !number::looks_like_number(word.as_bytes()) {
            return Token { kind: bare_keyword(word.as_bytes()).unwrap_or(Kind::Word), start, end };
        }
        if let Some(kind) = number::classify(word) {
            return Token { kind, start, end };
        }
        self.report_number(start, end);
        let number = word.trim_end_matches([',', ':']);
        match number::classify(number) {
            Some(kind) => Token { kind, start, end: start + number.len() },
            None => Token { kind: Kind::Word, start, end },
        }
    }

    fn report_number(&mut self, start: usize, end: usize) {
        let word = &self.text[start..end];
        let message = || format!("`{}` starts like a number but is none", shown(word));
        self.report.report(Code::Number, (start, end), message, |it, span| {
            let has_radix =
                ["0x", "0o", "0b"].iter().any(|it| word.trim_start_matches(['+', '-']).starts_with(it));
            match number::meant(word) {
                Some(meant) => it.help(format!("type `{}`", shown(&meant))).replace(span, meant),
                None if has_radix => {
                    it.help("`0x` takes the digits 0 to 9 and a to f, `0o` 0 to 7, `0b` 0 and 1")
                }
                None => it
                    .help(format!("a text goes in quotes: `\"{}\"`", shown(word)))
                    .replace(span, format!("\"{word}\"")),
            }
        });
    }

    /// A word that something touches which no word may hold: `ghcr.io/x`, `a#b`, `r"x"`. `None` where that is no part of it.
    fn odd_word(&mut self, start: usize, word_end: usize) -> Option<Token> {
        if &self.bytes[start..word_end] == b"r" && matches!(self.bytes[word_end], b'#' | b'"') {
            return self.legacy_raw(start);
        }
        let mut end = word_end;
        loop {
            let next = self.bytes.get(end + 1).copied();
            match self.bytes.get(end) {
                // Not where a comment starts.
                Some(b'/') if !matches!(next, Some(b'/' | b'*' | b'-')) => {
                    end = byte::skip_word(self.bytes, end + 1);
                }
                Some(b'#') if next.is_some_and(|it| byte::is(it, WORD)) => {
                    end = byte::skip_word(self.bytes, end + 1);
                }
                _ => break,
            }
        }
        if end == word_end {
            return None;
        }
        self.at = end;
        let run = &self.text[start..end];
        let message =
            || format!("`{}` needs quotes, because `/` and `#` mean something else outside them", shown(run));
        self.report.report(Code::Unquoted, (start, end), message, |it, span| {
            it.help(format!("type `\"{}\"`", shown(run))).replace(span, format!("\"{run}\""))
        });
        Some(Token { kind: Kind::Word, start, end })
    }

    /// A raw string or a keyword.
    fn hash(&mut self) -> Token {
        let start = self.at;
        let hashes = self.bytes[start..].iter().take_while(|it| **it == b'#').count();
        if self.bytes.get(start + hashes) == Some(&b'"') {
            return self.raw(hashes);
        }
        let end = byte::skip_word(self.bytes, start + hashes);
        self.at = end;
        let word = &self.bytes[start + hashes..end];
        if let Some(kind) = bare_keyword(word).filter(|_| hashes == 1) {
            return Token { kind, start, end };
        }
        let lower = word.to_ascii_lowercase();
        let meant = bare_keyword(&lower).or(match &lower[..] {
            b"yes" | b"on" => Some(Kind::True),
            b"no" | b"off" => Some(Kind::False),
            b"nil" | b"none" => Some(Kind::Null),
            _ => None,
        });
        let word = shown(&self.text[start..end]);
        let spelling = meant.map(|it| match it {
            Kind::True => "#true",
            Kind::False => "#false",
            Kind::Infinity => "#inf",
            Kind::NegativeInfinity => "#-inf",
            Kind::NotANumber => "#nan",
            _ => "#null",
        });
        self.report.report(Code::Keyword, (start, end), || format!("KDL has no keyword `{word}`"), |it, span| {
            match spelling {
                Some(spelling) => it.help(format!("type `{spelling}`")).replace(span, spelling),
                None => it.help("the keywords are `#true`, `#false`, `#null`, `#inf`, `#-inf` and `#nan`; a text goes in quotes"),
            }
        });
        Token { kind: meant.unwrap_or(Kind::Null), start, end }
    }
}

/// The keyword that a word is, without the `#`.
fn bare_keyword(word: &[u8]) -> Option<Kind> {
    match word {
        b"true" => Some(Kind::True),
        b"false" => Some(Kind::False),
        b"null" => Some(Kind::Null),
        b"inf" => Some(Kind::Infinity),
        b"-inf" => Some(Kind::NegativeInfinity),
        b"nan" => Some(Kind::NotANumber),
        _ => None,
    }
}
