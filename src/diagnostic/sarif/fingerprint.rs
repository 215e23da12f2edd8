//! What a line is recognised by when others above it come and go.
//!
//! GitHub matches the results of two uploads by `primaryLocationLineHash`, and computes it itself where it is missing and
//! it can read the file. So ours is the same value: a polynomial hash (base 37, modulo 2^64) over the hundred UTF-16 units
//! from the line's first on, spaces and tabs left out and every newline as LF, with a mark and zeros behind the end of
//! the text; then, after a colon, how many lines down to this one have that hash.

use std::collections::BTreeMap;

const LENGTH: usize = 100;
const BASE: u64 = 37;
const END: u16 = 0xffff;

/// The fingerprints of all lines of a text, the first line first.
pub(super) fn of_lines(text: &str) -> Vec<String> {
    let (units, starts) = significant(text);
    let mut seen = BTreeMap::new();
    let mut fingerprints = Vec::with_capacity(starts.len());
    let unit = |at: usize| u64::from(units.get(at).copied().unwrap_or(0));
    let highest = (0..LENGTH).fold(1_u64, |power, _| power.wrapping_mul(BASE));
    let mut hash = (0..LENGTH).fold(0_u64, |hash, at| hash.wrapping_mul(BASE).wrapping_add(unit(at)));
    let mut at = 0;
    for start in starts {
        while at < start {
            let leaving = highest.wrapping_mul(unit(at));
            hash = hash.wrapping_mul(BASE).wrapping_add(unit(at + LENGTH)).wrapping_sub(leaving);
            at += 1;
        }
        let count = seen.entry(hash).or_insert(0_u32);
        *count += 1;
        fingerprints.push(format!("{hash:x}:{count}"));
    }
    fingerprints
}

/// The units that count, with the mark of the end, and at which of them each line starts.
fn significant(text: &str) -> (Vec<u16>, Vec<usize>) {
    let (lf, cr) = (u16::from(b'\n'), u16::from(b'\r'));
    let mut units = Vec::with_capacity(text.len());
    let mut starts = Vec::new();
    let mut at_start = true;
    let mut after_cr = false;
    for unit in text.encode_utf16().chain([END]) {
        let skipped = unit == u16::from(b' ') || unit == u16::from(b'\t') || (after_cr && unit == lf);
        after_cr = !skipped && unit == cr;
        if skipped {
            continue;
        }
        if at_start {
            starts.push(units.len());
        }
        let unit = if unit == cr { lf } else { unit };
        at_start = unit == lf;
        units.push(unit);
    }
    (units, starts)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values are those that GitHub's own uploader computes for these texts.
    #[test]
    fn lines_are_recognised_as_github_does() {
        let services =
            ["20ecef9b214b55e9:1", "9ab0e045a7b338d:1", "32dce9ccfdbc9d3e:1", "c129715d7a2bc9a3:1"];
        let wide = format!("{}{}\ny", "ä 漢👍\n".repeat(3), "x".repeat(300));
        let cases: [(&str, &[&str]); 7] = [
            ("", &["c129715d7a2bc9a3:1"]),
            ("service \"api\" {\n    port 8080\n}\n", &services),
            ("service \"api\" {\r\n\tport 8080\r\n}\r\n", &services),
            (
                "a\ra\r\na\n \na",
                &[
                    "ac5a2f79e5665f3:1",
                    "934bd659295626dc:1",
                    "a8f49af97b04c4dd:1",
                    "7c78184e49cfb836:1",
                    "53b5d4aabe50d64:1",
                ],
            ),
            (
                &wide,
                &[
                    "3e894c489fee0342:1",
                    "29983868d301b484:1",
                    "1e110bc5e528e46e:1",
                    "52b56201ffb58620:1",
                    "ed3261245082261c:1",
                ],
            ),
            ("\u{feff}a\n", &["25afd31b599dedcd:1", "c129715d7a2bc9a3:1"]),
            ("a\r \nb", &["67c066a59e652f5e:1", "cc4c43d77869440f:1", "8ee5a81e681643c1:1"]),
        ];
        for (text, expected) in cases {
            assert_eq!(of_lines(text), expected, "{text:?}");
        }
    }

    #[test]
    fn equal_lines_are_counted_and_moved_lines_keep_theirs() {
        let same = of_lines(&"service \"api\" { port 8080 }\n".repeat(20));
        assert_eq!(same[0].strip_suffix(":1"), same[1].strip_suffix(":2"));
        let text = "project \"shop\" {\n    service \"api\" { port 81 }\n}\n";
        let moved = format!("// one\n\n// two\n{}", text.replace("    ", "\t"));
        assert_eq!(of_lines(text), of_lines(&moved)[3..]);
    }

    proptest::proptest! {
        #[test]
        fn each_line_of_any_text_has_one(text in "(?s).{0,300}|[ab \t\r\n\u{feff}]{0,300}") {
            let mut sources = crate::source::SourceMap::default();
            let file = sources.add("a.kdl", text.as_str());
            proptest::prop_assert_eq!(of_lines(&text).len(), sources.file(file).line_count() as usize);
        }
    }
}
