//! What may name a file of a tree: relative, below its folder, and the same name on every system.

use std::fmt;
use std::sync::Arc;

/// The path of one file, relative to the folder of `platform.kdl`.
///
/// It has no `..`, so no join with a folder leaves that folder. It has no wildcard either, so read as a pattern it names
/// just itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreePath(Arc<str>);

/// Why a text names no file of a tree. Each says so as a diagnostic does.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPath {
    /// Nothing, or `.` alone.
    #[error("a path is missing")]
    Empty,
    /// It starts at the root of the machine.
    #[error(
        "`{}` starts at the root of the machine: paths are relative to the folder of platform.kdl",
        shown(.0)
    )]
    Absolute(String),
    /// It goes up.
    #[error(
        "`{}` leaves the tree: paths are relative to the folder of platform.kdl and have no `..`",
        shown(.0)
    )]
    Parent(String),
    /// It has a `.` between its slashes.
    #[error("`{}` has a `.` that says nothing: write `{}`", shown(.0), shown(&without_dots(.0)))]
    Dot(String),
    /// It has two slashes in a row or one at its end.
    #[error("`{}` has nothing between two of its `/` or after the last one", shown(.0))]
    EmptyPart(String),
    /// It is written as on Windows.
    #[error("`{}` has a backslash: write `/` between the parts of a path", shown(.0))]
    Backslash(String),
    /// It is the address of something elsewhere.
    #[error("`{}` is an address: only files of the tree are read, nothing is fetched", shown(.0))]
    Address(String),
    /// It has a colon, which on Windows leads to another drive or stream.
    #[error("`{}` has a `:`, which not every system allows in the name of a file", shown(.0))]
    Colon(String),
    /// It has a character that does not show or that hides others.
    #[error("`{}` has a character that does not show: {}", shown(.0), code_point(*.1))]
    Invisible(String, char),
    /// It leads into what git keeps for itself; a checkout's `.git/config` can hold a token.
    #[error("`{}` leads into `.git`, which is no part of the tree", shown(.0))]
    Git(String),
    /// It is longer or deeper than anything a person wrote.
    #[error(
        "`{}` is too long: a path has at most {MOST_BYTES} bytes, {MOST_PARTS} parts and {MOST_PART_BYTES} bytes in each",
        shown(.0)
    )]
    TooLong(String),
    /// A file's own name is not text.
    #[error("the name of `{}` is not UTF-8", shown(.0))]
    NotUtf8(String),
    /// It has a wildcard or a brace where one file is meant.
    #[error("`{}` has a `{}` in it, and here one file is meant", shown(.0), .1)]
    Wildcard(String, char),
    /// It has braces, which patterns do not know.
    #[error("`{}` has a `{}`, which patterns do not know: write several patterns", shown(.0), .1)]
    Brace(String, char),
    /// It has `**` beside other characters.
    #[error("`{}` has a `**` that does not stand alone between slashes, as in `teams/**/*.kdl`", shown(.0))]
    Stars(String),
    /// It has a class that is not one.
    #[error("`{}` is no pattern: {}", shown(.0), .1)]
    Class(String, String),
}

const MOST_BYTES: usize = 1024;
const MOST_PARTS: usize = 64;
const MOST_PART_BYTES: usize = 255;
const WILDCARDS: [char; 6] = ['*', '?', '[', ']', '{', '}'];

impl TreePath {
    /// Checks a path as somebody wrote it.
    pub fn parse(text: &str) -> Result<Self, InvalidPath> {
        check(text)?;
        match text.chars().find(|it| WILDCARDS.contains(it)) {
            Some(wildcard) => Err(InvalidPath::Wildcard(text.to_owned(), wildcard)),
            None => Ok(Self(text.into())),
        }
    }

    /// The path that is certainly meant by a text that is none: one with `\`, `.` or nothing between its parts.
    pub fn respelled(text: &str) -> Option<Self> {
        let text = text.trim().replace('\\', "/");
        if text.starts_with('/') || text.len() > MOST_BYTES {
            return None;
        }
        let parts: Vec<&str> = text.split('/').filter(|it| !matches!(*it, "" | ".")).collect();
        Self::parse(&parts.join("/")).ok()
    }

    /// Its text, with `/` between the parts.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its last part.
    pub fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, name)| name)
    }

    /// Its parts, from the top.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }
}

impl serde::Serialize for TreePath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl schemars::JsonSchema for TreePath {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TreePath".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "The path of a file from the folder of `platform.kdl`, with `/` between the parts.",
            "type": "string",
            "examples": ["secrets/stripe.age"],
        })
    }
}

impl fmt::Display for TreePath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Whether a text is meant as a pattern rather than as the path of one file.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// What paths and patterns have in common.
pub(super) fn check(text: &str) -> Result<(), InvalidPath> {
    let owned = || text.to_owned();
    if text.is_empty() || text == "." {
        return Err(InvalidPath::Empty);
    }
    if let Some(hidden) = text.chars().find(|it| is_invisible(*it)) {
        return Err(InvalidPath::Invisible(owned(), hidden));
    }
    if text.contains("://") {
        return Err(InvalidPath::Address(owned()));
    }
    if text.starts_with(['/', '\\']) || text.get(1..3).is_some_and(|it| it == ":\\" || it == ":/") {
        return Err(InvalidPath::Absolute(owned()));
    }
    let parts = || text.split('/');
    if parts().any(|it| it == "..") {
        return Err(InvalidPath::Parent(owned()));
    }
    if text.contains('\\') {
        return Err(InvalidPath::Backslash(owned()));
    }
    if text.contains(':') {
        return Err(InvalidPath::Colon(owned()));
    }
    if parts().any(str::is_empty) {
        return Err(InvalidPath::EmptyPart(owned()));
    }
    if parts().any(|it| it == ".") {
        return Err(InvalidPath::Dot(owned()));
    }
    if parts().any(is_git) {
        return Err(InvalidPath::Git(owned()));
    }
    let long_part = parts().any(|it| it.len() > MOST_PART_BYTES);
    if text.len() > MOST_BYTES || long_part || parts().count() > MOST_PARTS {
        return Err(InvalidPath::TooLong(owned()));
    }
    Ok(())
}

/// Whether a folder of this name is git's; some file systems do not tell cases apart.
pub(super) fn is_git(part: &str) -> bool {
    part.eq_ignore_ascii_case(".git")
}

/// A text of strangers as it may stand in a message: short, and every character of it shows.
pub(super) fn shown(text: &str) -> String {
    const MOST_CHARACTERS: usize = 120;
    let mut shown = String::new();
    for (index, character) in text.chars().enumerate() {
        match character {
            _ if index == MOST_CHARACTERS => return shown + "…",
            it if is_invisible(it) => shown.extend(it.escape_unicode()),
            it => shown.push(it),
        }
    }
    shown
}

/// Controls, and what turns the direction of a line or has no width: in a path they only serve to deceive.
fn is_invisible(it: char) -> bool {
    it.is_control()
        || matches!(it,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn without_dots(text: &str) -> String {
    text.split('/').filter(|it| *it != ".").collect::<Vec<_>>().join("/")
}

fn code_point(it: char) -> String {
    format!("U+{:04X}", u32::from(it))
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use super::*;

    fn check(text: &str) -> String {
        match TreePath::parse(text) {
            Ok(path) => format!("ok {path}"),
            Err(why) => why.to_string(),
        }
    }

    #[test]
    fn a_path_stays_below_its_folder() {
        let texts = [
            "projects/shop.kdl",
            "a..b/...",
            ".hidden/x",
            "ä/ß.kdl",
            "",
            ".",
            "..",
            "../x",
            "a/../b",
            "/etc/passwd",
            "C:\\x",
            "c:/x",
            "\\\\host\\x",
            "a\\b",
            "a:b",
            "https://example.com/x.kdl",
            "a//b",
            "a/",
            "./a/./b",
            "a/.",
            ".git/config",
            "x/.GIT/config",
            "a\0b",
            "a\nb",
            "gnp.\u{202e}ldk",
            "teams/*.kdl",
            "{name}.yaml",
        ];
        insta::assert_snapshot!(texts.map(check).join("\n"), @r#"
        ok projects/shop.kdl
        ok a..b/...
        ok .hidden/x
        ok ä/ß.kdl
        a path is missing
        a path is missing
        `..` leaves the tree: paths are relative to the folder of platform.kdl and have no `..`
        `../x` leaves the tree: paths are relative to the folder of platform.kdl and have no `..`
        `a/../b` leaves the tree: paths are relative to the folder of platform.kdl and have no `..`
        `/etc/passwd` starts at the root of the machine: paths are relative to the folder of platform.kdl
        `C:\x` starts at the root of the machine: paths are relative to the folder of platform.kdl
        `c:/x` starts at the root of the machine: paths are relative to the folder of platform.kdl
        `\\host\x` starts at the root of the machine: paths are relative to the folder of platform.kdl
        `a\b` has a backslash: write `/` between the parts of a path
        `a:b` has a `:`, which not every system allows in the name of a file
        `https://example.com/x.kdl` is an address: only files of the tree are read, nothing is fetched
        `a//b` has nothing between two of its `/` or after the last one
        `a/` has nothing between two of its `/` or after the last one
        `./a/./b` has a `.` that says nothing: write `a/b`
        `a/.` has a `.` that says nothing: write `a`
        `.git/config` leads into `.git`, which is no part of the tree
        `x/.GIT/config` leads into `.git`, which is no part of the tree
        `a\u{0}b` has a character that does not show: U+0000
        `a\u{a}b` has a character that does not show: U+000A
        `gnp.\u{202e}ldk` has a character that does not show: U+202E
        `teams/*.kdl` has a `*` in it, and here one file is meant
        `{name}.yaml` has a `{` in it, and here one file is meant
        "#);
    }

    #[test]
    fn a_path_has_a_bounded_length_and_so_has_its_message() {
        assert_eq!(check(&["a"; 64].join("/")), format!("ok {}", ["a"; 64].join("/")));
        for long in ["a/".repeat(64) + "a", "a".repeat(256), vec!["a".repeat(200); 6].join("/")] {
            let message = check(&long);
            assert!(message.contains("is too long"), "{message}");
            assert!(message.chars().count() < 250, "{message}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_join_leaves_the_folder(text in r"([a-z.*/\\: ]|\.\./|\PC|\pC){0,24}") {
            if let Ok(path) = TreePath::parse(&text) {
                let joined = Path::new("/root").join(path.as_str());
                let parts: Vec<_> = joined.strip_prefix("/root").expect("stays below").components().collect();
                proptest::prop_assert!(parts.iter().all(|it| matches!(it, Component::Normal(_))), "{:?}", parts);
                proptest::prop_assert_eq!(parts.len(), path.parts().count());
            }
        }

        #[test]
        fn what_is_shown_has_no_control_characters(text in r"(\PC|\pC){0,200}") {
            proptest::prop_assert!(!shown(&text).chars().any(char::is_control));
            proptest::prop_assert!(!check(&text).chars().any(char::is_control));
        }
    }
}
