//! Whether a run of letters and digits is too random to be a name.
//!
//! Entropy alone does not tell: twenty characters of base64 have about 4.1 bits each (Shannon, over the characters that
//! occur), and so has `kube-controller-manager`, because in so short a text nearly every character occurs once. Entropy
//! therefore only rules out what repeats itself ([`LEAST_BITS`]). What tells is the neighbours of a letter. Of the pairs
//! of letters in words, names and paths three in four are among the [`COMMON_PAIRS`], by chance one in five; and names
//! seldom change between letters, capitals and digits, while chance does so at every second character. The shares of
//! rare pairs and of changes, added, are compared with [`LEAST_CHANCE`].
//!
//! Measured: of 92,000 different names of 20 and more characters in the sources and documents of this crate's
//! dependencies 0.1 % count as random, most of them really keys or hashes; of random texts of 32 characters 97 % of those
//! in base32, 99 % in base36 and base62; of AWS's 40 with `+` and `/` 95 %.
//!
//! Hexadecimal runs are never random here: a digest, a commit and a UUID cannot be told from a key. Such a value is
//! recognised by its name ([`names_secret`](super::names_secret)), or not.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{alphabet, engine::DecodePaddingMode};

/// What such a run is called.
pub(super) const WHAT: &str = "a random key or password";

/// Fewer characters hold less than 100 bits even of base64, and short ids are everywhere.
const LEAST_LENGTH: usize = 20;

/// A name is many short words; a key has a long stretch without `-`, `_`, `/`, `+`. Half of what base64 gives at length 32.
const LEAST_STRETCH: usize = 16;

/// Bits per character; random base64 of length 20 has less than this once in ten thousand.
const LEAST_BITS: f64 = 3.4;

/// Percent of rare pairs plus percent of changes from which on a run counts as random.
const LEAST_CHANCE: usize = 75;

/// And where it has no digit at all, as most names and few keys.
const LEAST_CHANCE_WITHOUT_DIGITS: usize = 110;

/// Fewer pairs of letters than this say nothing: times, versions, numbers.
const LEAST_PAIRS: usize = 5;

/// The 150 pairs of letters most frequent in names of programs and in their documents.
const COMMON_PAIRS: [u32; 26] = pairs(
    "ab ac ad ag ai al am an ap ar as at bi bl bu ca ce ch ck cl co cr ct da de di do ea ec ed ef eg el \
     em en ep er es et ev ex ff fi fl fo ge gi ha he ht ia ic id ie ig il im in io ip is it ke la le lf \
     li ll lo lt lu ma me mi mo mp na nc nd ne nf ng ni no ns nt oc od ol om on op or ot ou ow pa pe pi \
     pl po pr ps pt ra rc re ri rm ro rr rs rt ru ry sa sc se sh si so sp ss st su ta te th ti to tp tr \
     ts tt tu ty ub ue ul um un up ur us ut va ve vi wi yp",
);

/// Whether a run of base64 or base64url characters looks made by chance.
pub(super) fn is_random(run: &str) -> bool {
    if run.len() < LEAST_LENGTH {
        return false;
    }
    let pieces = || run.split(['-', '_', '/', '+']).filter(|it| !is_hex_id(it));
    if pieces().map(str::len).max().unwrap_or(0) < LEAST_STRETCH || !is_mixed(run) {
        return false;
    }
    let (mut neighbours, mut changes, mut letters, mut rare) = (0, 0, 0, 0);
    for pair in pieces().flat_map(|it| it.as_bytes().windows(2)) {
        let [first, second] = [pair[0], pair[1]];
        neighbours += 1;
        // A capital before a small letter begins a word.
        changes += usize::from(
            class(first) != class(second) && (class(first), class(second)) != (Class::Upper, Class::Lower),
        );
        if first.is_ascii_alphabetic() && second.is_ascii_alphabetic() {
            letters += 1;
            rare += usize::from(!is_common(first.to_ascii_lowercase(), second.to_ascii_lowercase()));
        }
    }
    if letters < LEAST_PAIRS || bits(run) < LEAST_BITS {
        return false;
    }
    let least =
        if run.bytes().any(|it| it.is_ascii_digit()) { LEAST_CHANCE } else { LEAST_CHANCE_WITHOUT_DIGITS };
    100 * rare / letters + 100 * changes / neighbours >= least && !is_encoded_text(run)
}

#[derive(PartialEq)]
enum Class {
    Lower,
    Upper,
    Digit,
}

fn class(byte: u8) -> Class {
    match byte {
        b'a'..=b'z' => Class::Lower,
        b'A'..=b'Z' => Class::Upper,
        _ => Class::Digit,
    }
}

/// At least two of capital letters, small letters and digits; digits alone beside words are dates and numbers.
fn is_mixed(run: &str) -> bool {
    let has = |wanted: fn(&u8) -> bool| usize::from(run.as_bytes().iter().any(wanted));
    has(u8::is_ascii_lowercase) + has(u8::is_ascii_uppercase) + has(u8::is_ascii_digit) >= 2
}

/// An abbreviated or whole digest, or a part of a UUID.
fn is_hex_id(piece: &str) -> bool {
    piece.len() >= 7 && piece.strip_prefix("0x").unwrap_or(piece).bytes().all(|it| it.is_ascii_hexdigit())
}

/// Shannon's bits per character.
fn bits(run: &str) -> f64 {
    let mut counts = [0_u32; 256];
    run.bytes().for_each(|it| counts[usize::from(it)] += 1);
    let length = f64::from(u32::try_from(run.len()).unwrap_or(u32::MAX));
    let shares = counts.iter().filter(|it| **it > 0).map(|it| f64::from(*it) / length);
    shares.map(|share| -share * share.log2()).sum()
}

/// Base64 of words is as good as the words: it is judged by what is in it.
fn is_encoded_text(run: &str) -> bool {
    // One character left over holds no byte: the run was cut.
    let whole = run.len() - usize::from(run.len() % 4 == 1);
    let standard = run[..whole].replace('-', "+").replace('_', "/");
    let Ok(bytes) = BASE64.decode(standard) else { return false };
    let Ok(text) = String::from_utf8(bytes) else { return false };
    let readable = !text.chars().any(|it| it.is_control() && !matches!(it, '\n' | '\r' | '\t'));
    readable && super::looks_secret(&text).is_none()
}

pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The alphabet in its order, as in `ABCDEFGHIJ0123`, is no chance either, nor is a letter twice.
fn is_common(first: u8, second: u8) -> bool {
    matches!(second.wrapping_sub(first), 0 | 1)
        || COMMON_PAIRS[usize::from(first - b'a')] & (1 << (second - b'a')) != 0
}

/// For each first letter a bit for each second one.
const fn pairs(list: &str) -> [u32; 26] {
    let letters = list.as_bytes();
    let mut table = [0; 26];
    let mut at = 0;
    while at < letters.len() {
        assert!(at + 2 >= letters.len() || letters[at + 2] == b' ', "pairs stand apart");
        table[(letters[at] - b'a') as usize] |= 1 << (letters[at + 1] - b'a');
        at += 3;
    }
    table
}
