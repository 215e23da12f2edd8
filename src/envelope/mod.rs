//! The pure part of secrets: what an age file looks like from outside.
//!
//! No keys and no decryption here. The form is that of age-encryption.org/v1: a header of stanzas with a MAC, and the
//! encrypted payload; armored, it is the base64 of that between two marker lines.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

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
/// The columns of armor and of a stanza's body (RFC 7468, age's specification).
const COLUMNS: usize = 64;
/// A nonce of 16 bytes and the tag of an empty last chunk.
const SHORTEST_PAYLOAD: usize = 16 + 16;

/// Checks the form of an age file, armored or binary.
pub fn check(bytes: &[u8]) -> Result<(), Malformed> {
    if bytes.starts_with(VERSION) {
        return check_binary(bytes);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Malformed::Start)?;
    check_binary(&unarmor(text.trim())?)
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

fn check_binary(bytes: &[u8]) -> Result<(), Malformed> {
    let mut rest = bytes.strip_prefix(VERSION).ok_or(Malformed::Start)?;
    rest = rest.strip_prefix(b"\n").ok_or(Malformed::Header)?;
    let mut recipients = 0;
    loop {
        let (line, after) = line(rest)?;
        if let Some(mac) = line.strip_prefix(b"--- ") {
            STANDARD_NO_PAD.decode(mac).ok().filter(|it| it.len() == 32).ok_or(Malformed::Header)?;
            return match (recipients, after.len()) {
                (0, _) => Err(Malformed::NoRecipient),
                (_, ..SHORTEST_PAYLOAD) => Err(Malformed::CutOff),
                _ => Ok(()),
            };
        }
        line.strip_prefix(b"-> ").filter(|it| !it.is_empty()).ok_or(Malformed::Header)?;
        rest = stanza_body(after)?;
        recipients += 1;
    }
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
