//! Arguments and properties, and their annotations.

use crate::diagnostic::code::Code;
use crate::syntax::byte;
use crate::syntax::parser::{Event, Events, Parser};
use crate::syntax::report::shown;
use crate::syntax::token::Token;

impl<E: Events> Parser<'_, '_, E> {
    /// A `=` without the name of a property before it. Right behind the name of a node it is a habit of other languages.
    pub(super) fn lone_equals(&mut self, at: usize) {
        let name = shown(&self.lexer.text[self.name.0..self.name.1]);
        let behind_name = byte::skip_spaces(self.lexer.bytes, self.name.1) == at && self.name.1 > self.name.0;
        let space = byte::space(self.lexer.bytes, at + 1);
        let fix = self.lexer.report.fix(
            "remove the `=`",
            &[(at, at + 1 + space, if space > 0 && at > self.name.1 { "" } else { " " })],
        );
        let message = || {
            if behind_name {
                format!("`{name}` is a node, and takes its value without `=`")
            } else {
                "this `=` has no name of a property before it".to_owned()
            }
        };
        self.lexer.report.report(Code::UnexpectedText, (at, at + 1), message, |it, _| {
            if behind_name {
                it.help(format!("type `{name}` and its value with a space between them")).fix(fix)
            } else {
                it.help("a property is `name=value`")
            }
        });
        self.lexer.at += 1;
    }

    /// Reports that two things touch; whether it was a separator of other languages, which is skipped.
    pub(super) fn missing_space(&mut self, at: usize) -> bool {
        let end = byte::skip_word(self.lexer.bytes, at);
        let text = &self.lexer.text[at..end];
        let separator = matches!(text, "," | ":");
        let fix = if separator {
            Some(self.lexer.report.fix("remove this", &[(at, end, "")]))
        } else if self.lexer.is_odd(at) {
            // A quote is missing, so that they may well belong together.
            None
        } else if self.is_property_without_equals(at) {
            Some(self.lexer.report.fix("put a `=` between them", &[(at, at, "=")]))
        } else {
            Some(self.lexer.report.fix("put a space between them", &[(at, at, " ")]))
        };
        let message = || {
            if separator {
                format!("KDL separates by spaces, not by `{text}`")
            } else {
                "a space is missing here".to_owned()
            }
        };
        let place = (at, if separator { end } else { at });
        self.lexer.report.report(Code::MissingSpace, place, message, |it, _| match fix {
            Some(fix) => it.fix(fix),
            None => it.help("a quote is missing on this line: look for it first"),
        });
        if separator {
            self.lexer.at = end;
        }
        separator
    }

    /// Whether a text in quotes touches a word that is not the name of the node: `answer-in"15m"`.
    fn is_property_without_equals(&self, at: usize) -> bool {
        let before = &self.lexer.text[self.name.1..at];
        let is_word = |it: char| it.is_ascii_lowercase() || it == '-';
        let word = before.trim_end_matches(is_word);
        self.lexer.peek() == Some(b'"')
            && word.len() < before.len()
            && word.ends_with([' ', '\t'])
            && before[word.len()..].starts_with(|it: char| it.is_ascii_lowercase())
    }

    /// An argument or a property. Whether it went wrong.
    pub(super) fn entry(&mut self) -> bool {
        if self.lexer.peek() == Some(b'(') {
            let failed = self.annotated_entry();
            if failed {
                self.emit(Event::SlashdashVoid, self.lexer.at, self.lexer.at);
            }
            return failed;
        }
        let start = self.lexer.at;
        let Some(token) = self.lexer.token() else {
            self.junk("an argument or a property");
            self.emit(Event::SlashdashVoid, start, start);
            return true;
        };
        if !self.equals_follow() {
            self.argument(token);
            return false;
        }
        if !token.kind.is_string() {
            self.lexer.report_name(token, "property");
        }
        self.emit(Event::Key, token.start, token.end);
        self.node_space();
        self.take(Event::Equals);
        self.node_space();
        self.property_value(token)
    }

    pub(super) fn property_value(&mut self, key: Token) -> bool {
        let annotated = self.lexer.peek() == Some(b'(');
        if annotated {
            self.annotation();
            self.node_space();
        }
        let at = self.lexer.at;
        if let Some(token) = self.lexer.token() {
            self.argument(token);
            return false;
        }
        let name = shown(&self.lexer.text[key.start..key.end]);
        if self.lexer.follows(b"/-") {
            let message = || format!("the value of `{name}` cannot be left out alone");
            self.lexer.report.report(Code::Slashdash, (at, at + 2), message, |it, _| {
                it.help(format!("put the `/-` before `{name}`, which leaves out both"))
            });
            self.lexer.at += 2;
        } else {
            let message = || format!("the property `{name}` has no value");
            self.lexer.report.report(Code::UnexpectedText, (key.start, at), message, |it, _| {
                it.help(format!("type the value right behind the `=`: `{name}=\"…\"`"))
            });
            if self.lexer.peek() == Some(b'=') {
                self.lexer.at += 1;
            }
        }
        self.emit(Event::SlashdashVoid, at, at);
        true
    }

    pub(super) fn argument(&mut self, token: Token) {
        if self.lexer.is_bare_keyword(token) {
            self.lexer.report_bare_value(token);
        }
        self.emit(Event::Value(token.kind), token.start, token.end);
    }

    pub(super) fn annotated_entry(&mut self) -> bool {
        let open = self.lexer.at;
        let whole = self.annotation();
        let close = self.lexer.at;
        self.node_space();
        let Some(token) = self.lexer.token() else {
            if whole {
                let message = || "an annotation stands before a value, and here is none".to_owned();
                self.lexer.report.report(Code::Annotation, (open, close), message, |it, _| it);
            }
            return true;
        };
        if !self.equals_follow() {
            self.argument(token);
            return false;
        }
        let key = &self.lexer.text[token.start..token.end];
        let annotation = &self.lexer.text[open..close];
        self.emit(Event::Key, token.start, token.end);
        self.node_space();
        self.take(Event::Equals);
        self.node_space();
        let value = self.lexer.at;
        let fix = self
            .lexer
            .report
            .fix("annotate the value", &[(open, token.start, ""), (value, value, annotation)]);
        let message = || "the annotation of a property stands before its value".to_owned();
        self.lexer.report.report(Code::Annotation, (open, close), message, |it, _| {
            it.help(format!("type `{}={}…`", shown(key), shown(annotation))).fix(fix)
        });
        self.property_value(token)
    }

    /// `(name)`, which stands before a node or a value. Whether it is whole.
    pub(super) fn annotation(&mut self) -> bool {
        let open = self.lexer.at;
        self.take(Event::AnnotationOpen);
        self.node_space();
        let token = self.lexer.token();
        let named = token.is_some();
        match token {
            Some(token) => {
                if !token.kind.is_string() {
                    self.lexer.report_name(token, "type");
                }
                self.emit(Event::Annotation, token.start, token.end);
                self.node_space();
                if self.lexer.peek() != Some(b')') {
                    self.report_annotation(open, "this annotation is not closed");
                }
            }
            None => self.report_annotation(open, "an annotation is one name between parentheses"),
        }
        let closed = self.lexer.peek() == Some(b')');
        if closed {
            self.take(Event::AnnotationClose);
        }
        closed && named
    }

    pub(super) fn report_annotation(&mut self, open: usize, message: &str) {
        let end = self.lexer.at;
        self.lexer.report.report(
            Code::Annotation,
            (open, end),
            || message.to_owned(),
            |it, _| it.help("type `(name)value`; a text with parentheses goes in quotes"),
        );
    }
}
