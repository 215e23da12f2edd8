//! What a sealed value says it is, inside of its envelope: a value that is copied to another place, or put back after it was
//! changed, is known by that.
//!
//! A plaintext begins with a header of lines, ends it with an empty one, and then is the value to its last byte:
//!
//! ```text
//! trackside-secret v1
//! platform railway
//! environment production
//! project shop
//! name stripe-key
//! version 3
//! value 5f0c6c1f2a9d4b7e8c3d1e0f9a8b7c6d
//!
//! sk_live_…
//! ```
//!
//! `value` is random and goes with the value when it is sealed for others: two branches that each made a version 3 differ there.
//! `environment` is left out of what holds in all of them, `project` of what stands at the top. Of a share of the key that a
//! recipient's holders have together, `name` is that of the recipient, and `holder` the address of whose share it is. Whoever
//! opens it with `age` alone sees the same text.

use std::fmt;

/// Where a secret is declared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The environment whose block declares it; `None` for the base.
    pub environment: Option<String>,
    /// The project; `None` for the top.
    pub project: Option<String>,
    /// Its name; of a share, that of the recipient.
    pub name: String,
    /// Whose share of the recipient's key it is; `None` for a secret.
    pub holder: Option<String>,
}

/// What a sealed value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The platform that it belongs to: two platforms may trust the same people.
    pub platform: String,
    /// Where it is declared.
    pub place: Place,
    /// How often it was sealed with another value, from 1 to [`Label::LATEST`].
    pub version: u32,
    /// Which value it is of all that ever had this number.
    pub value: ValueId,
}

/// 128 random bits that stay with a value, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueId(String);

impl ValueId {
    /// That of these bits.
    pub fn of(bits: [u8; 16]) -> Self {
        Self(bits.iter().map(|it| format!("{it:02x}")).collect())
    }

    /// Reads one as it is written.
    pub fn read(text: &str) -> Option<Self> {
        let is_digit = |it: u8| matches!(it, b'0'..=b'9' | b'a'..=b'f');
        (text.len() == 32 && text.bytes().all(is_digit)).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for ValueId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What a plaintext begins with, and the version of what follows.
const HEADER: &str = "trackside-secret ";
const VERSION: &str = "v1";

/// Why a plaintext does not say what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unlabelled {
    /// It begins with something else.
    #[error("it does not say which secret it is: it was not sealed by trackside")]
    Missing,
    /// It begins like a header and goes on otherwise.
    #[error(
        "what it says it is cannot be read: it was sealed by another version of trackside, or not by trackside"
    )]
    Damaged,
}

impl Label {
    /// The last version that there can be: a number that is larger was made up, so that none comes after it.
    pub const LATEST: u32 = 1_000_000;

    /// What a header takes at most: three names of 63 characters and a platform's, generously.
    pub const LONGEST: usize = 1024;

    /// The header of a plaintext, with the empty line that ends it.
    pub fn header(&self) -> String {
        format!("{HEADER}{VERSION}\n{self}\n")
    }

    /// The label of a plaintext, and its value.
    pub fn split(plaintext: &[u8]) -> Result<(Self, &[u8]), Unlabelled> {
        let rest = plaintext.strip_prefix(HEADER.as_bytes()).ok_or(Unlabelled::Missing)?;
        let rest = rest.strip_prefix(VERSION.as_bytes()).and_then(|it| it.strip_prefix(b"\n"));
        let rest = rest.ok_or(Unlabelled::Damaged)?;
        let end =
            rest.windows(2).take(Self::LONGEST).position(|it| it == b"\n\n").ok_or(Unlabelled::Damaged)?;
        let header = std::str::from_utf8(&rest[..end]).map_err(|_| Unlabelled::Damaged)?;
        let label = Self::read(header).ok_or(Unlabelled::Damaged)?;
        Ok((label, &rest[end + 2..]))
    }

    fn read(header: &str) -> Option<Self> {
        let mut lines = header.lines().peekable();
        let mut line = |word: &str| {
            let value = lines.peek()?.strip_prefix(word)?.strip_prefix(' ')?.to_owned();
            lines.next();
            Some(value)
        };
        let label = Self {
            platform: line("platform")?,
            place: Place {
                environment: line("environment"),
                project: line("project"),
                name: line("name")?,
                holder: line("holder"),
            },
            version: line("version")?.parse().ok().filter(|it| (1..=Self::LATEST).contains(it))?,
            value: ValueId::read(&line("value")?)?,
        };
        // One spelling only: what is written back is what was read.
        (label.to_string().trim_end_matches('\n') == header).then_some(label)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { platform, place: Place { environment, project, name, holder }, version, value } = self;
        writeln!(formatter, "platform {platform}")?;
        let fields = [
            ("environment", environment),
            ("project", project),
            ("name", &Some(name.clone())),
            ("holder", holder),
        ];
        for (word, value) in fields {
            if let Some(value) = value {
                writeln!(formatter, "{word} {value}")?;
            }
        }
        writeln!(formatter, "version {version}\nvalue {value}")
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { environment, project, name, holder } = self;
        if let Some(project) = project {
            write!(formatter, "{project}/")?;
        }
        formatter.write_str(name)?;
        if let Some(holder) = holder {
            write!(formatter, ":{holder}")?;
        }
        match environment {
            Some(environment) => write!(formatter, " of {environment}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(environment: Option<&str>, project: Option<&str>) -> Label {
        let place = Place {
            environment: environment.map(str::to_owned),
            project: project.map(str::to_owned),
            name: "stripe-key".to_owned(),
            holder: None,
        };
        Label { platform: "railway".to_owned(), place, version: 3, value: ValueId::of([7; 16]) }
    }

    #[test]
    fn a_plaintext_says_what_it_is_and_keeps_every_byte() {
        for label in [
            label(None, None),
            label(Some("production"), None),
            label(None, Some("shop")),
            label(Some("a"), Some("b")),
        ] {
            for value in [&b""[..], b"\n\n", b"sk_live", &[0, 255, 10]] {
                let plaintext = [label.header().as_bytes(), value].concat();
                assert_eq!(Label::split(&plaintext), Ok((label.clone(), value)));
            }
        }
    }

    #[test]
    fn a_plaintext_that_says_something_else_is_none() {
        let header = label(Some("production"), Some("shop")).header();
        assert_eq!(Label::split(b"sk_live"), Err(Unlabelled::Missing));
        assert_eq!(Label::split(b""), Err(Unlabelled::Missing));
        let damaged = [
            header.replace("v1", "v2"),
            header.replace("version 3", "version 03"),
            header.replace("version 3", "version 4294967296"),
            header.replace("version 3", "version 1000001"),
            header.replace("version 3", "version 0"),
            header.replace("value 07", "value 7"),
            header.replace("value 07", "value 0G"),
            header.replace("version 3", "version 3\nmore 1"),
            header
                .replace("project shop\n", "")
                .replace("environment production\n", "project shop\nenvironment production\n"),
            header.replace("name stripe-key\n", ""),
            header.trim_end().to_owned(),
            format!("trackside-secret v1\nplatform {}\n\n", "x".repeat(5000)),
        ];
        for text in damaged {
            assert_eq!(Label::split(text.as_bytes()), Err(Unlabelled::Damaged), "{text}");
        }
    }
}
