//! What a byte may mean to KDL: one table, so that runs of text are skipped with one look per byte.
//!
//! Code points that KDL disallows count as parts of words here. They are reported on their own (see
//! [`super::disallowed`]), and one that broke words apart would be reported once more for what it broke.

/// May stand in a bare word.
pub(super) const WORD: u8 = 1;
/// Space or tab.
pub(super) const SPACE: u8 = 2;
/// A newline of one byte.
pub(super) const NEWLINE: u8 = 4;
/// The first byte of a character that may be a space or a newline; [`wide`] tells.
pub(super) const WIDE: u8 = 8;
/// Where a quoted string needs a closer look: its end, an escape, a newline.
pub(super) const STRING: u8 = 16;
/// Where a line may end.
pub(super) const LINE: u8 = 32;
/// A decimal digit.
pub(super) const DIGIT: u8 = 64;

static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [WORD; 256];
    let mut digit = b'0';
    while digit <= b'9' {
        table[digit as usize] |= DIGIT;
        digit += 1;
    }
    let special = b"\\/(){};[]\"#=";
    let mut at = 0;
    while at < special.len() {
        table[special[at] as usize] = 0;
        at += 1;
    }
    table[b' ' as usize] = SPACE;
    table[b'\t' as usize] = SPACE;
    let newlines = b"\n\r\x0b\x0c";
    let mut at = 0;
    while at < newlines.len() {
        table[newlines[at] as usize] = NEWLINE | STRING | LINE;
        at += 1;
    }
    table[b'"' as usize] |= STRING;
    table[b'\\' as usize] |= STRING;
    table[0xc2] = WIDE | STRING | LINE; // U+0085, U+00A0
    table[0xe1] = WIDE; // U+1680
    table[0xe2] = WIDE | STRING | LINE; // U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F
    table[0xe3] = WIDE; // U+3000
    table
}

/// Counts bytes that were looked at, so that a test sees whether reading is linear. Costs nothing outside tests.
#[inline]
pub(super) fn looked_at(bytes: usize) {
    #[cfg(test)]
    LOOKED_AT.set(LOOKED_AT.get() + bytes);
    #[cfg(not(test))]
    let _ = bytes;
}

#[cfg(test)]
thread_local! {
    pub(super) static LOOKED_AT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Whether a byte belongs to one of `classes`.
#[inline]
pub(super) fn is(byte: u8, classes: u8) -> bool {
    CLASS[byte as usize] & classes != 0
}

/// What a character of several bytes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wide {
    /// A space of so many bytes.
    Space(usize),
    /// A newline of so many bytes.
    Newline(usize),
    /// Part of a word.
    Word,
}

/// Tells what stands at a byte of the class [`WIDE`].
pub(super) fn wide(bytes: &[u8], at: usize) -> Wide {
    match *bytes[at..].first_chunk::<3>().unwrap_or(&[bytes[at], bytes.get(at + 1).copied().unwrap_or(0), 0])
    {
        [0xc2, 0x85, _] => Wide::Newline(2),
        [0xc2, 0xa0, _] => Wide::Space(2),
        [0xe2, 0x80, 0xa8 | 0xa9] => Wide::Newline(3),
        [0xe1, 0x9a, 0x80] | [0xe2, 0x80, 0x80..=0x8a | 0xaf] | [0xe2, 0x81, 0x9f] | [0xe3, 0x80, 0x80] => {
            Wide::Space(3)
        }
        _ => Wide::Word,
    }
}

/// The length of the newline at `at`; 0 where there is none. CR LF is one newline.
#[inline]
pub(super) fn newline(bytes: &[u8], at: usize) -> usize {
    looked_at(1);
    match bytes.get(at) {
        Some(b'\r') if bytes.get(at + 1) == Some(&b'\n') => 2,
        Some(byte) if is(*byte, NEWLINE) => 1,
        Some(byte) if is(*byte, WIDE) => match wide(bytes, at) {
            Wide::Newline(length) => length,
            Wide::Space(_) | Wide::Word => 0,
        },
        _ => 0,
    }
}

/// The length of the one space at `at`; 0 where there is none.
#[inline]
pub(super) fn space(bytes: &[u8], at: usize) -> usize {
    looked_at(1);
    match bytes.get(at) {
        Some(byte) if is(*byte, SPACE) => 1,
        Some(byte) if is(*byte, WIDE) => match wide(bytes, at) {
            Wide::Space(length) => length,
            Wide::Newline(_) | Wide::Word => 0,
        },
        _ => 0,
    }
}

/// Skips spaces.
#[inline]
pub(super) fn skip_spaces(bytes: &[u8], mut at: usize) -> usize {
    loop {
        match space(bytes, at) {
            0 => return at,
            length => at += length,
        }
    }
}

/// Skips what may stand in a bare word.
#[inline]
pub(super) fn skip_word(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        looked_at(1);
        if is(*byte, WORD) || (is(*byte, WIDE) && wide(bytes, at) == Wide::Word) {
            at += 1;
        } else {
            break;
        }
    }
    at
}

/// Skips to the newline that ends this line, or to the end of the text.
#[inline]
pub(super) fn skip_line(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        looked_at(1);
        if is(*byte, LINE) && newline(bytes, at) > 0 {
            break;
        }
        at += 1;
    }
    at
}

/// Skips to the next byte of `classes`, or to the end of the text.
#[inline]
pub(super) fn skip_to(bytes: &[u8], at: usize, classes: u8) -> usize {
    let skipped = bytes[at..].iter().position(|byte| is(*byte, classes)).unwrap_or(bytes.len() - at);
    looked_at(skipped + 1);
    at + skipped
}

/// Where the line that `at` stands in starts, as editors count lines. Costs the length of that line.
pub(super) fn line_start(bytes: &[u8], at: usize) -> usize {
    let start =
        bytes[..at].iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(0, |newline| newline + 1);
    looked_at(at - start);
    start
}
