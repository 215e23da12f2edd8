//! Keys that several people have together: Shamir's scheme over the text of an age key.
//!
//! Each share is one line, sealed for its holder like any other value. It says whose key it is a share of and how many it
//! takes, so that shares of two keys, or of two splittings of one, are never put together.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use blahaj::Sharks;
use zeroize::Zeroizing;

/// A part of a key.
#[derive(Clone)]
pub struct Share {
    /// The public key of which it is a part.
    pub of: String,
    /// How many it takes.
    pub needs: u8,
    /// Its number, then what the polynomials have there.
    bytes: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Share({} of {})", self.number(), self.of)
    }
}

/// How a share begins, where it stands in a file of keys.
pub const PREFIX: &str = "TRACKSIDE-SHARE-1-";

/// The longest text of a key that is put together.
const LONGEST: usize = 200;

impl Share {
    /// Reads the line of a share.
    pub fn read(line: &str) -> Option<Self> {
        // The last part may have the sign in it that stands between them.
        let mut parts = line.trim().strip_prefix(PREFIX)?.splitn(3, '-');
        let (needs, of, bytes) = (parts.next()?, parts.next()?, parts.next()?);
        let needs = needs.parse().ok().filter(|it| *it >= 2)?;
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(bytes).ok()?);
        let is_one = (2..=LONGEST).contains(&bytes.len()) && bytes.first() != Some(&0);
        is_one.then(|| Self { of: of.to_owned(), needs, bytes })
    }

    /// The line, with its end.
    pub fn line(&self) -> Zeroizing<String> {
        let Self { of, needs, bytes } = self;
        let mut line = Zeroizing::new(String::with_capacity(PREFIX.len() + of.len() + bytes.len() * 2 + 16));
        line.push_str(PREFIX);
        line.push_str(&needs.to_string());
        line.push('-');
        line.push_str(of);
        line.push('-');
        URL_SAFE_NO_PAD.encode_string(&**bytes, &mut line);
        line.push('\n');
        line
    }

    /// Which one it is.
    pub fn number(&self) -> u8 {
        self.bytes[0]
    }
}

/// Splits a text such that any `needs` of the shares are the whole of it, and fewer say nothing of it.
pub fn split(secret: &str, of: &str, needs: u8, count: u8) -> Vec<Share> {
    let dealer = Sharks(needs).dealer(secret.as_bytes());
    let share = |it: blahaj::Share| Share { of: of.to_owned(), needs, bytes: Zeroizing::new(Vec::from(&it)) };
    dealer.take(usize::from(count)).map(share).collect()
}

/// How many choices of shares are tried where one of them is not what it was.
const MOST_TRIED: usize = 2000;

/// Puts shares of one key together: what is `right` of what some of them come to. Where there are more than it takes, one that was
/// damaged does not stand in the way of the others.
pub fn join<T>(shares: &[&Share], mut right: impl FnMut(&str) -> Option<T>) -> Option<T> {
    let needs = usize::from(shares.first()?.needs);
    let mut all: Vec<&Share> = shares.to_vec();
    all.sort_by_key(|it| it.number());
    all.dedup_by_key(|it| it.number());
    if all.len() < needs {
        return None;
    }
    let mut chosen: Vec<usize> = (0..needs).collect();
    for _ in 0..MOST_TRIED {
        if let Some(found) = joined(chosen.iter().map(|at| all[*at])).and_then(|it| right(&it)) {
            return Some(found);
        }
        // The next choice, in the order of a dictionary.
        let at = (0..needs).rev().find(|at| chosen[*at] < all.len() - needs + at)?;
        chosen[at] += 1;
        for next in at + 1..needs {
            chosen[next] = chosen[next - 1] + 1;
        }
    }
    None
}

fn joined<'s>(shares: impl Iterator<Item = &'s Share>) -> Option<Zeroizing<String>> {
    let parts: Vec<blahaj::Share> =
        shares.map(|it| blahaj::Share::try_from(it.bytes.as_slice()).ok()).collect::<Option<_>>()?;
    let needs = u8::try_from(parts.len()).ok()?;
    let secret = Sharks(needs).recover(&parts).ok()?;
    String::from_utf8(secret).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "AGE-SECRET-KEY-1QQQQ";

    #[test]
    fn as_many_as_it_takes_are_the_whole_and_fewer_are_nothing() {
        let shares = split(SECRET, "age1a", 3, 5);
        let read: Vec<Share> = shares.iter().map(|it| Share::read(&it.line()).unwrap()).collect();
        let join = |shares: &[&Share]| super::join(shares, |it| (it == SECRET).then_some(()));
        for a in 0..5 {
            for b in 0..5 {
                for c in 0..5 {
                    let is_enough = a != b && b != c && a != c;
                    assert_eq!(join(&[&read[a], &read[b], &read[c]]).is_some(), is_enough, "{a} {b} {c}");
                }
            }
        }
        assert!(join(&[&read[0], &read[1]]).is_none());
        assert!(join(&read.iter().collect::<Vec<_>>()).is_some());
        // One that is damaged is left out, where there are others.
        let mut damaged = read[0].clone();
        damaged.bytes[3] ^= 1;
        assert!(join(&[&damaged, &read[1], &read[2]]).is_none());
        assert!(join(&[&damaged, &read[1], &read[2], &read[4]]).is_some());
    }

    #[test]
    fn what_is_no_share_is_not_taken_for_one() {
        let line = split(SECRET, "age1a", 2, 2)[0].line();
        assert!(Share::read(&line).is_some());
        for wrong in [
            "",
            "TRACKSIDE-SHARE-1-",
            "TRACKSIDE-SHARE-1-2-age1a-",
            "TRACKSIDE-SHARE-1-1-age1a-AQID",
            "TRACKSIDE-SHARE-1-2-age1a-AAEC",
            &line.replace("SHARE-1-", "SHARE-2-"),
            &format!("{}:x", line.trim()),
            &format!("TRACKSIDE-SHARE-1-2-age1a-{}", "A".repeat(1000)),
        ] {
            assert!(Share::read(wrong).is_none(), "{wrong}");
        }
        assert!(!format!("{:?}", Share::read(&line)).contains(&line[30..]));
    }
}
