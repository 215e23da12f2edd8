//! Whether a run of letters and digits is too random to be a name.
//!
//! Entropy alone does not tell: twenty characters of base64 have about 4.1 bits each (Shannon, over the characters that
//! occur), and so has `kube-controller-manager`, because in so short a text nearly every character occurs once. Entropy
//! therefore only rules out what repeats itself ([`LEAST_BITS`]); the decision is by pairs of letters. Of the pairs in
//! words, names and paths about four in five are among the [`COMMON_PAIRS`]; of the pairs in a random text about one in
//! five is. At [`MOST_COMMON`] the two hardly overlap from twenty characters on.
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

/// The share of common pairs, in percent, up to which a run counts as random.
const MOST_COMMON: usize = 42;

/// Fewer pairs of letters than this say nothing: times, versions, numbers.
const LEAST_PAIRS: usize = 5;

/// The pairs that make up most of written English, German and French and of the names in programs.
const COMMON_PAIRS: [u32; 26] = pairs(
    b"thheinerannreatndonntesstenedtoitoureahiisortiasteetngofaldeselesasiarveraldurcoiciomaroline\
      meceritaellaecusomniprtrchilotacemunidgellpolosspedowashhomituagadutownoamapabbecactdadievfogriegigim\
      irivkekimompnancnsnuoloposovplpapipurtruervscspsutyulumupviwoubysfiffteyckksexecqubabobrbucrcldrdueief\
      epeqeufafrgagogugehaiairipkelylulvmamymubinonoodokonopooorowpiprpsptrerdrsrmrnswtstytttpvevivauiupuewewiwhws",
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
    let (mut all, mut common) = (0, 0);
    for pair in pieces().flat_map(|it| it.as_bytes().windows(2)) {
        let [first, second] = [pair[0].to_ascii_lowercase(), pair[1].to_ascii_lowercase()];
        if first.is_ascii_lowercase() && second.is_ascii_lowercase() {
            all += 1;
            // The alphabet in its order, as in `ABCDEFGHIJ0123`, is no secret either.
            common += usize::from(is_common(first, second) || second == first + 1 || second == first);
        }
    }
    all >= LEAST_PAIRS && common * 100 <= all * MOST_COMMON && bits(run) >= LEAST_BITS && !is_encoded_text(run)
}

/// At least two of capital letters, small letters and digits; digits alone beside words are dates and numbers.
fn is_mixed(run: &str) -> bool {
    let has = |wanted: fn(&u8) -> bool| usize::from(run.as_bytes().iter().any(wanted));
    has(u8::is_ascii_lowercase) + has(u8::is_ascii_uppercase) + has(u8::is_ascii_digit) >= 2
}

/// An abbreviated or whole digest, or a part of a UUID.
fn is_hex_id(piece: &str) -> bool {
    piece.len() >= 7 && piece.bytes().all(|it| it.is_ascii_hexdigit())
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
    // The last character of a cut piece may not hold whole bytes; four that are left over are no reason to give up.
    let whole = &run[..run.len() - run.len() % 4];
    let Ok(bytes) = BASE64.decode(if run.len() % 4 == 1 { whole } else { run }) else { return false };
    let Ok(text) = String::from_utf8(bytes) else { return false };
    let readable = !text.chars().any(|it| it.is_control() && !matches!(it, '\n' | '\r' | '\t'));
    readable && super::looks_secret(&text).is_none()
}

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

fn is_common(first: u8, second: u8) -> bool {
    COMMON_PAIRS[usize::from(first - b'a')] & (1 << (second - b'a')) != 0
}

const fn pairs(letters: &[u8]) -> [u32; 26] {
    let mut table = [0; 26];
    let mut at = 0;
    while at + 1 < letters.len() {
        table[(letters[at] - b'a') as usize] |= 1 << (letters[at + 1] - b'a');
        at += 2;
    }
    table
}
