//! Numbers: which words are one, what they are worth, and what was probably meant by those that only look like one.

use crate::syntax::token::Kind;

/// Whether a word must be a number: KDL reserves all words that start like one.
pub(super) fn looks_like_number(word: &[u8]) -> bool {
    let unsigned = word.strip_prefix(b"+").or(word.strip_prefix(b"-")).unwrap_or(word);
    match unsigned {
        [b'.', digit, ..] | [digit, ..] => digit.is_ascii_digit(),
        [] => false,
    }
}

/// The kind of number that a word is; `None` where it only looks like one.
pub(super) fn classify(word: &str) -> Option<Kind> {
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word).as_bytes();
    match unsigned {
        [b'0', b'x', digits @ ..] => all_digits(digits, u8::is_ascii_hexdigit).then_some(Kind::Integer),
        [b'0', b'o', digits @ ..] => {
            all_digits(digits, |it| matches!(it, b'0'..=b'7')).then_some(Kind::Integer)
        }
        [b'0', b'b', digits @ ..] => {
            all_digits(digits, |it| matches!(it, b'0' | b'1')).then_some(Kind::Integer)
        }
        decimal => classify_decimal(decimal),
    }
}

/// What an integer is worth; `None` where it does not fit.
pub(super) fn integer(word: &str) -> Option<i128> {
    let (negative, unsigned) = match word.as_bytes().first() {
        Some(b'-') => (true, &word[1..]),
        Some(b'+') => (false, &word[1..]),
        _ => (false, word),
    };
    let (radix, digits) = match unsigned.as_bytes() {
        [b'0', b'x', ..] => (16, &unsigned[2..]),
        [b'0', b'o', ..] => (8, &unsigned[2..]),
        [b'0', b'b', ..] => (2, &unsigned[2..]),
        _ => (10, unsigned),
    };
    // Downwards from zero where there is a minus, so that the smallest number is reached.
    let step = |sum: i128, digit: u32| {
        let sum = sum.checked_mul(i128::from(radix))?;
        if negative { sum.checked_sub(i128::from(digit)) } else { sum.checked_add(i128::from(digit)) }
    };
    digits.chars().filter_map(|it| it.to_digit(radix)).try_fold(0, step)
}

/// What a number with a fraction or an exponent is worth: the nearest of 64 bits, infinite where that is too large.
pub(super) fn float(word: &str) -> f64 {
    if word.contains('_') { word.replace('_', "").parse() } else { word.parse() }.unwrap_or(f64::NAN)
}

/// What was meant by a word that only looks like a number, where that is certain.
pub(super) fn meant(word: &str) -> Option<String> {
    let (sign, unsigned) = word.split_at(usize::from(word.starts_with(['+', '-'])));
    let is_whole = |it: &String| it != word && classify(it).is_some();
    let shorter = [word.trim_end_matches(',').to_owned(), word.trim_end_matches(':').to_owned()];
    let longer = [format!("{word}0"), format!("{sign}0{unsigned}")];
    // `1.` may become `1.0`, but `0x` must not become `0x0`: nobody knows which digits are missing.
    let longer = longer.into_iter().filter(|_| word.contains('.'));
    shorter
        .into_iter()
        .chain(longer)
        .chain([word.to_ascii_lowercase()])
        .chain(by_thousands(word))
        .find(is_whole)
}

/// A number whose thousands are set apart as people do it, `10,000`, as KDL does it.
fn by_thousands(word: &str) -> Option<String> {
    let mut groups = word.split(',');
    let first = groups.next()?;
    let is_group = |it: &str| it.len() == 3 && it.bytes().all(|it| it.is_ascii_digit());
    let is_first = (1..=3).contains(&first.trim_start_matches(['+', '-']).len());
    (is_first && groups.all(is_group)).then(|| word.replace(',', "_"))
}

fn all_digits(digits: &[u8], is_digit: impl Fn(&u8) -> bool) -> bool {
    digits.first().is_some_and(&is_digit) && digits.iter().all(|it| is_digit(it) || *it == b'_')
}

/// `integer ('.' integer)? exponent?`, without the sign.
fn classify_decimal(word: &[u8]) -> Option<Kind> {
    let rest = skip_integer(word)?;
    if rest.is_empty() {
        return Some(Kind::Integer);
    }
    let rest = match rest {
        [b'.', fraction @ ..] => skip_integer(fraction)?,
        _ => rest,
    };
    let rest = match rest {
        [b'e' | b'E', b'+' | b'-', exponent @ ..] | [b'e' | b'E', exponent @ ..] => skip_integer(exponent)?,
        _ => rest,
    };
    rest.is_empty().then_some(Kind::Float)
}

fn skip_integer(word: &[u8]) -> Option<&[u8]> {
    let length = word.iter().take_while(|it| it.is_ascii_digit() || **it == b'_').count();
    word.first().filter(|it| it.is_ascii_digit()).map(|_| &word[length..])
}
