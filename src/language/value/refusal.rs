//! What refusals are made of: short quotes of any text, and replacements that are known to be accepted.

use std::fmt::{Display, Write};

use crate::diagnostic::mask;
use crate::language::value::{Form, Invalid};
use crate::syntax::Value;

/// How many characters of a text a message shows.
const SHOWN: usize = 60;

/// How many bytes of a text are searched for secrets: more than any token is long.
const SEARCHED: usize = 4096;

impl Form {
    /// A refusal that shows how such a value is written.
    pub fn refuse(&self, message: impl Into<String>) -> Invalid {
        Invalid::new(message).help(self.advice())
    }

    /// How such a value is written, as a help.
    pub(in crate::language) fn advice(&self) -> String {
        format!("write {}, as in `{}`", self.expects, self.example)
    }

    /// The refusal of a value of another type.
    pub fn mismatch(&self, found: Value<'_>) -> Invalid {
        let found = match found {
            Value::String(text) => format!("the text {}", quote(text)),
            Value::Integer(number) => format!("the number `{number}`"),
            Value::BigInteger(digits) => format!("the number {}", quote(digits)),
            Value::Float(number) => format!("the number `{}`", float(number)),
            Value::Bool(truth) => format!("`#{truth}`"),
            Value::Null => "`#null`".to_owned(),
        };
        self.refuse(format!("expected {}, found {found}", self.with_article()))
    }

    /// The text of a value that is written as one.
    pub(in crate::language) fn text<'a>(&self, value: Value<'a>) -> Result<&'a str, Invalid> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(self.mismatch(other)),
        }
    }

    /// Refuses an empty text and one that is too long to be what is meant, before anything else looks at it.
    pub(in crate::language) fn within(&self, text: &str, most: usize) -> Result<(), Invalid> {
        if text.is_empty() {
            return Err(self.refuse(format!("{} cannot be empty", self.with_article())));
        }
        // Bytes are counted first, so that a text of megabytes costs nothing.
        if text.len() <= most || (text.len() <= most * 4 && text.chars().count() <= most) {
            return Ok(());
        }
        let length = text.chars().count();
        Err(Invalid::new(format!("{} has {length} characters", quote(text)))
            .help(format!("shorten it: {} has at most {most}", self.with_article())))
    }

    /// Refuses a text in which a character stands that such values do not have.
    pub(in crate::language) fn only(
        &self,
        text: &str,
        allowed: impl Fn(char) -> bool,
    ) -> Result<(), Invalid> {
        match text.chars().find(|it| !allowed(*it)) {
            None => Ok(()),
            Some(stray) => Err(self.refuse(format!(
                "{} has {}, which {} cannot have",
                quote(text),
                character(stray),
                self.with_article()
            ))),
        }
    }

    /// `a duration`, `an image`.
    pub(in crate::language) fn with_article(&self) -> String {
        let article = if self.name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        format!("{article} {}", self.name)
    }
}

impl Invalid {
    /// Offers `candidate`, which differs from what was refused, if `read` accepts it. It is offered in its canonical
    /// spelling and says so in no words: the message has said what is wrong.
    pub(in crate::language) fn mend<T: Display>(
        self,
        candidate: &str,
        read: impl Fn(&str) -> Result<T, Self>,
    ) -> Self {
        match read(candidate) {
            Ok(value) if self.replacement.is_none() => self.replacement(literal(&value.to_string())),
            _ => self,
        }
    }
}

/// A text for a message: in backticks, what cannot be seen escaped, and never more than a line of it.
pub fn quote(text: &str) -> String {
    // Cut off, a secret might not look like one any more.
    let text = &*mask::masked(&text[..text.floor_char_boundary(SEARCHED)]);
    let mut quoted = String::from("`");
    for shown in text.chars().take(SHOWN) {
        if is_invisible(shown) {
            quoted.extend(shown.escape_unicode());
        } else {
            quoted.push(shown);
        }
    }
    if text.chars().nth(SHOWN).is_some() {
        quoted.push('…');
    }
    quoted.push('`');
    quoted
}

/// A text as it stands in a file: a quoted KDL string.
pub fn literal(text: &str) -> String {
    let mut written = String::from("\"");
    for it in text.chars() {
        match it {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            it if is_invisible(it) => {
                write!(written, "\\u{{{:x}}}", u32::from(it)).expect("a string takes any text");
            }
            it => written.push(it),
        }
    }
    written.push('"');
    written
}

/// Whether a character shows nothing, or rearranges what stands around it.
pub(in crate::language) fn is_invisible(it: char) -> bool {
    it.is_control()
        || matches!(it, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(it, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// A floating-point number as KDL writes it, large ones with an exponent.
pub(in crate::language) fn float(number: f64) -> String {
    match number {
        it if it.is_nan() => "#nan".to_owned(),
        f64::INFINITY => "#inf".to_owned(),
        f64::NEG_INFINITY => "#-inf".to_owned(),
        it => format!("{it:?}"),
    }
}

/// A character in a sentence.
fn character(it: char) -> String {
    match it {
        ' ' => "a space".to_owned(),
        '`' => "a backtick".to_owned(),
        '\n' | '\r' => "a line break".to_owned(),
        '\t' => "a tab".to_owned(),
        it if is_invisible(it) => format!("the invisible character `{}`", it.escape_unicode()),
        it => format!("`{it}`"),
    }
}
