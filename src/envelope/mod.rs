//! The pure part of secrets: what an age file looks like from outside, what its value says it is ([`label`]), and what is known
//! of all that is sealed in a tree ([`lock`]), signed by whom ([`signer`]).
//!
//! No secret keys and no decryption here. The form is that of age-encryption.org/v1: a header of stanzas with a MAC, and the
//! encrypted payload; armored, it is the base64 of that between two marker lines.

pub mod label;
pub mod lock;
mod signer;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use crate::tree::digest::Digest;

/// Why something is not an age file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It starts like neither form.
    #[error("it starts with neither `-----BEGIN AGE ENCRYPTED FILE-----` nor `age-encryption.org/v1`")]
    Start,
    /// Armor without an end.
    #[error("its last line is not `-----END AGE ENCRYPTED FILE-----`")]
    End,
    /// Armor whose lines are not base64 of 64 columns.
    #[error("between its first and last line is something else than base64 in lines of 64 characters")]
    Base64,
    /// A header that is not made of stanzas.
    #[error("its header is damaged")]
    Header,
    /// A header without any recipient.
    #[error("nobody is its recipient")]
    NoRecipient,
    /// A payload that is shorter than the shortest.
    #[error("it is cut off")]
    CutOff,
}

const BEGIN: &str = "-----BEGIN AGE ENCRYPTED FILE-----";
const END: &str = "-----END AGE ENCRYPTED FILE-----";
const VERSION: &[u8] = b"age-encryption.org/v1";
const ANY_VERSION: &[u8] = b"age-encryption.org/";
/// The columns of armor and of a stanza's body (RFC 7468, age's specification).
const COLUMNS: usize = 64;
/// A nonce of 16 bytes and the tag of an empty last chunk.
const SHORTEST_PAYLOAD: usize = 16 + 16;

/// Checks the form of an age file, armored or binary, and counts the keys that open it. A pass phrase is none.
pub fn check(bytes: &[u8]) -> Result<usize, Malformed> {
    if bytes.starts_with(VERSION) {
        return check_binary(bytes);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Malformed::Start)?;
    check_binary(&unarmor(text.trim())?)
}

/// What tells one age file from another, armored or not.
pub fn digest(bytes: &[u8]) -> Digest {
    let bare = std::str::from_utf8(bytes).ok().and_then(|it| unarmor(it.trim()).ok());
    Digest::of(bare.as_deref().unwrap_or(bytes))
}

/// Whether one of its stanzas begins with these words: for which key it is, where that can be seen.
pub fn has_stanza(bytes: &[u8], words: &str) -> bool {
    let bare = std::str::from_utf8(bytes).ok().and_then(|it| unarmor(it.trim()).ok());
    let lines = bare.as_deref().unwrap_or(bytes).split(|it| *it == b'\n');
    let stanzas = lines.take_while(|it| !it.starts_with(b"--- ")).filter_map(|it| it.strip_prefix(b"-> "));
    let mut rests = stanzas.filter_map(|it| it.strip_prefix(words.as_bytes()));
    rests.any(|it| it.first().is_none_or(|it| *it == b' '))
}

/// Whether bytes begin like an age file of any version, whatever becomes of them then.
pub fn begins_like_one(bytes: &[u8]) -> bool {
    let bytes = trimmed(bytes);
    bytes.starts_with(ANY_VERSION) || bytes.starts_with(BEGIN.as_bytes())
}

/// An age file without what editors leave around its armor, and a text in KDL has not.
pub fn trimmed(bytes: &[u8]) -> &[u8] {
    match bytes.starts_with(VERSION) {
        true => bytes,
        false => bytes.trim_ascii(),
    }
}

fn unarmor(text: &str) -> Result<Vec<u8>, Malformed> {
    let body = text.strip_prefix(BEGIN).ok_or(Malformed::Start)?;
    let body = body.strip_suffix(END).ok_or(Malformed::End)?;
    let lines: Vec<&str> = body.trim().lines().map(|it| it.trim_end_matches('\r')).collect();
    let full = |it: &&str| it.len() == COLUMNS;
    let (last, rest) = lines.split_last().ok_or(Malformed::CutOff)?;
    if !rest.iter().all(full) || last.len() > COLUMNS {
        return Err(Malformed::Base64);
    }
    STANDARD.decode(lines.concat()).map_err(|_| Malformed::Base64)
}

fn check_binary(bytes: &[u8]) -> Result<usize, Malformed> {
    let mut rest = bytes.strip_prefix(VERSION).ok_or(Malformed::Start)?;
    rest = rest.strip_prefix(b"\n").ok_or(Malformed::Header)?;
    let (mut recipients, mut stanzas) = (0, 0);
    loop {
        let (line, after) = line(rest)?;
        if let Some(mac) = line.strip_prefix(b"--- ") {
            STANDARD_NO_PAD.decode(mac).ok().filter(|it| it.len() == 32).ok_or(Malformed::Header)?;
            return match (stanzas, after.len()) {
                (0, _) => Err(Malformed::NoRecipient),
                (_, ..SHORTEST_PAYLOAD) => Err(Malformed::CutOff),
                _ => Ok(recipients),
            };
        }
        let stanza = line.strip_prefix(b"-> ").filter(|it| !it.is_empty()).ok_or(Malformed::Header)?;
        rest = stanza_body(after)?;
        stanzas += 1;
        recipients += usize::from(is_key(stanza));
    }
}

/// Whether a stanza is for a key: not for a pass phrase, and not one that age adds so that readers bear unknown ones.
fn is_key(stanza: &[u8]) -> bool {
    let kind = stanza.split(|it| *it == b' ').next().unwrap_or_default();
    kind != b"scrypt" && !kind.ends_with(b"-grease")
}

/// Skips the body of a stanza: full lines of base64 and a shorter last one, which may be empty.
fn stanza_body(mut rest: &[u8]) -> Result<&[u8], Malformed> {
    loop {
        let (body, after) = line(rest)?;
        STANDARD_NO_PAD.decode(body).map_err(|_| Malformed::Header)?;
        rest = after;
        match body.len() {
            ..COLUMNS => return Ok(rest),
            COLUMNS => {}
            _ => return Err(Malformed::Header),
        }
    }
}

fn line(rest: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let end = rest.iter().position(|it| *it == b'\n').ok_or(Malformed::CutOff)?;
    Ok((&rest[..end], &rest[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARMORED: &str = include_str!("../../examples/environments/secrets/staging/session-key.age");
    const BINARY: &[u8] = include_bytes!("../../examples/environments/secrets/production/pager-token.age");

    fn told(bytes: impl AsRef<[u8]>) -> String {
        check(bytes.as_ref()).map_or_else(|it| it.to_string(), |_| "an age file".to_owned())
    }

    /// The payload of the armored file, not armored.
    fn opened() -> Vec<u8> {
        unarmor(ARMORED.trim()).expect("it is armored")
    }

    #[test]
    fn what_age_writes_is_an_age_file() {
        assert_eq!(told(ARMORED), "an age file");
        assert_eq!(told(BINARY), "an age file");
        assert_eq!(told(opened()), "an age file");
        assert_eq!(told(ARMORED.replace('\n', "\r\n")), "an age file");
        assert_eq!(told(format!("\n  {}  \n\n", ARMORED.trim())), "an age file");
    }

    #[test]
    fn a_file_is_opened_by_as_many_keys_as_it_has_stanzas_for() {
        let file = |stanzas: &[&str]| {
            let stanzas: String = stanzas.iter().map(|it| format!("-> {it}\nYQ\n")).collect();
            let mac = STANDARD_NO_PAD.encode([7; 32]);
            format!("age-encryption.org/v1\n{stanzas}--- {mac}\n{}", "x".repeat(32)).into_bytes()
        };
        let armored = |file: &[u8]| {
            let text = STANDARD.encode(file);
            let lines = text.as_bytes().chunks(COLUMNS).map(String::from_utf8_lossy);
            format!("{BEGIN}\n{}\n{END}", lines.collect::<Vec<_>>().join("\n"))
        };
        for (stanzas, keys) in [
            (&["X25519 abc"][..], 1),
            (&["X25519 abc", "ssh-ed25519 abc def", "ssh-rsa abc"], 3),
            (&["X25519 abc", "n-grease abc"], 1),
            (&["scrypt abc 18"], 0),
        ] {
            assert_eq!(check(&file(stanzas)), Ok(keys), "{stanzas:?}");
            for it in [file(stanzas), armored(&file(stanzas)).into_bytes()] {
                assert!(stanzas.iter().all(|words| has_stanza(&it, words)), "{stanzas:?}");
                assert_eq!(has_stanza(&it, "ssh-ed25519 abc"), stanzas.len() == 3, "{stanzas:?}");
                assert!(!has_stanza(&it, "ssh-ed25519 ab") && !has_stanza(&it, "YQ"), "{stanzas:?}");
            }
            assert_eq!(check(armored(&file(stanzas)).as_bytes()), Ok(keys), "{stanzas:?}");
        }
    }

    #[test]
    fn anything_else_says_why_it_is_none() {
        let lines: Vec<&str> = ARMORED.trim().lines().collect();
        let without = |at: usize| [&lines[..at], &lines[at + 1..]].concat().join("\n");
        let header = |text: &str| format!("age-encryption.org/v1\n{text}").into_bytes();
        let cases: Vec<(&str, Vec<u8>)> = vec![
            ("nothing", Vec::new()),
            ("plain text", b"hunter2".to_vec()),
            ("no text", vec![0xff, 0xfe]),
            ("the first line alone", lines[0].into()),
            ("both marker lines alone", format!("{}\n{}", lines[0], lines[lines.len() - 1]).into()),
            ("no last line", without(lines.len() - 1).into()),
            ("no first line", without(0).into()),
            ("a line of it is missing", without(2).into()),
            ("a letter of it is missing", ARMORED.replacen("YW", "Y", 1).into()),
            ("a letter of it is wrong", ARMORED.replacen("YW", "*W", 1).into()),
            ("another version", b"age-encryption.org/v2\n".to_vec()),
            ("a version alone", b"age-encryption.org/v1".to_vec()),
            ("a header alone", header("-> X25519 abc\n")),
            ("a stanza without a name", header("-> \nYQ\n--- YQ\n")),
            ("something between stanzas", header("hello\n")),
            ("a MAC of another length", header("-> X25519 abc\nYQ\n--- YQ\n")),
            (
                "nobody to read it",
                header(&format!("--- {}\n{}", STANDARD_NO_PAD.encode([7; 32]), "x".repeat(32))),
            ),
            ("a payload that is cut off", opened()[..opened().len() - 40].to_vec()),
            ("a header that is cut off", BINARY[..60].to_vec()),
        ];
        let told: Vec<String> =
            cases.iter().map(|(what, bytes)| format!("{what}: {}", told(bytes))).collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        nothing: it starts with neither `-----BEGIN AGE ENCRYPTED FILE-----` nor `age-encryption.org/v1`
        plain text: it starts with neither `-----BEGIN AGE ENCRYPTED FILE-----` nor `age-encryption.org/v1`
        no text: it starts with neither `-----BEGIN AGE ENCRYPTED FILE-----` nor `age-encryption.org/v1`
        the first line alone: its last line is not `-----END AGE ENCRYPTED FILE-----`
        both marker lines alone: it is cut off
        no last line: its last line is not `-----END AGE ENCRYPTED FILE-----`
        no first line: it starts with neither `-----BEGIN AGE ENCRYPTED FILE-----` nor `age-encryption.org/v1`
        a line of it is missing: its header is damaged
        a letter of it is missing: between its first and last line is something else than base64 in lines of 64 characters
        a letter of it is wrong: between its first and last line is something else than base64 in lines of 64 characters
        another version: it starts with neither `-----BEGIN AGE ENCRYPTED FILE-----` nor `age-encryption.org/v1`
        a version alone: its header is damaged
        a header alone: it is cut off
        a stanza without a name: its header is damaged
        something between stanzas: its header is damaged
        a MAC of another length: its header is damaged
        nobody to read it: nobody is its recipient
        a payload that is cut off: it is cut off
        a header that is cut off: it is cut off
        ");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_judged(bytes: Vec<u8>, at in 0..200_usize, cut in 0..400_usize) {
            let _ = check(&bytes);
            let mut damaged = opened();
            damaged.truncate(cut);
            let end = at.min(damaged.len());
            damaged.splice(end..end, bytes);
            let _ = check(&damaged);
            let _ = check(format!("{BEGIN}\n{}\n{END}", STANDARD.encode(&damaged)).as_bytes());
        }
    }
}
