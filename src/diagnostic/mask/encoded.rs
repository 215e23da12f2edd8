//! What is sent in the header `Authorization`: `Basic` and a login in base64, `Bearer` and a token.

use std::ops::Range;

use base64::Engine as _;

/// Where the secret is in a text that begins with it, and what it is.
pub(super) fn authorization(text: &str) -> Option<(Range<usize>, &'static str)> {
    let (scheme, rest) = text.split_at_checked(6)?;
    let is_bearer = scheme.eq_ignore_ascii_case("Bearer");
    let (scheme, rest) = if is_bearer {
        (scheme, rest)
    } else {
        text.split_at_checked(5).filter(|it| it.0.eq_ignore_ascii_case("Basic"))?
    };
    let spaces = rest.len() - rest.trim_start_matches(' ').len();
    let value = &rest[spaces..];
    let length = value.bytes().take(MOST).take_while(|it| is_token68(*it)).count();
    if spaces == 0 || length < LEAST {
        return None;
    }
    let value = &value[..length];
    let what = match is_bearer {
        true => is_made_up(value).then_some("a token of a request")?,
        false => is_login(value).then_some("a login in base64")?,
    };
    let start = scheme.len() + spaces;
    Some((start..start + length, what))
}

/// Shorter ones are words of a sentence.
const LEAST: usize = 8;

/// Longer ones are cut: a header of that length is sent by nobody.
const MOST: usize = 8192;

fn is_token68(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
}

/// A word of a sentence has no digits between its letters. What looks secret by itself is called what it is.
fn is_made_up(value: &str) -> bool {
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    letters >= 4 && digits >= 2 && !value.starts_with("RFC") && super::looks_secret(value).is_none()
}

/// Base64 of `user:password`.
fn is_login(value: &str) -> bool {
    let text = super::random::BASE64.decode(value).ok().and_then(|it| String::from_utf8(it).ok());
    text.is_some_and(|it| {
        let has_password = it.split_once(':').is_some_and(|(_, password)| !password.is_empty());
        has_password && !it.chars().any(char::is_control)
    })
}
