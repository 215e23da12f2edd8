//! Texts made to hurt: none costs more than its length, neither in time nor in memory, and none ends in a panic.

use std::sync::Arc;

use crate::diagnostic::Diagnostics;
use crate::source::FileId;
use crate::syntax::byte::LOOKED_AT;
use crate::syntax::format::format;
use crate::syntax::{parse, report};

/// How long the texts are. Anything quadratic is then far beyond every bound.
const LENGTH: usize = 16_000;

/// Pieces that are repeated.
const PIECES: &[&str] = &[
    "a;",
    "a\n",
    "a 1\n",
    "a{",
    "a{}\n",
    "a{b}\n",
    "a{a{a{}}}\n",
    "}",
    "{",
    "a 1 1 1 1 1 1 1 1 1 1 1 1 1\n",
    "(a)a;",
    "a (a)1\n",
    "a b=1 ",
    " 1",
    " b=1",
    "a \"\\n\"\n",
    " \"\\n\"",
    "/*",
    "/**/",
    "*/",
    "/*/",
    "a/**/",
    "\"",
    "\"\"\"",
    "\"\"\"\n",
    "#\"",
    "#\"\"\"\n",
    "##\"",
    "#",
    "#a",
    "r\"",
    "r#\"",
    "r#\"\n",
    "/-",
    "/-a;",
    "a/-1",
    "a/-{}\n",
    "/-\n",
    "\\",
    "\\\n",
    "\\ /* */",
    "\\/*",
    "\\ //\n",
    "a \\\n",
    "a\\ ",
    "\"\\",
    "\"\\ ",
    "\"\\u{",
    "\"\\\n\n",
    "(",
    ")",
    "((",
    "()",
    "=",
    "a=",
    "a =",
    "a = ",
    "a\t",
    "a /* */ ",
    ";",
    "[",
    "]",
    "a/",
    "/a",
    "a#",
    "a:",
    "\"a\":",
    ",",
    "1,",
    "1",
    "1_",
    "0x",
    "-",
    ".",
    " ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\u{85}",
    "\u{2028}",
    "\u{3000}",
    "\u{feff}",
    "\u{202e}",
    "\0",
    "é",
    "日",
    "a\"\"",
    "a{\"\"\"\n",
    "\"\"\"a\"\"\"",
    "\"\"\"\n\"\"\" ",
    "\"\"\"\n \\\n",
    "true ",
    "//",
    "//\n",
    "a //\n",
    "a{//\n",
    "/- /*",
    "a \"\"\"\n  b\n c\n  \"\"\"\n",
];

/// Texts that are no repetition.
fn odd_texts() -> Vec<String> {
    let hashes = |count: usize| "#".repeat(count);
    let growing =
        |piece: fn(&str) -> String| (0..300).map(|count| piece(&hashes(count + 1))).collect::<String>();
    let indented =
        |piece: &str| format!("{}{}", " ".repeat(LENGTH / 2), piece.repeat(LENGTH / 2 / piece.len()));
    let quoted = |piece: &str| format!("a \"\"\"\n{}\n \"\"\"", piece.repeat(LENGTH / piece.len()));
    vec![
        growing(|it| format!("{it}\"\"\"\n")),
        growing(|it| format!("a r{it}\"\n")),
        growing(|it| format!("a r{it}\" ")),
        growing(|it| format!("a {it}\"\n")),
        indented("a;"),
        indented("a{"),
        indented("}"),
        indented("a{//\n"),
        indented("a{\"\"\"\n"),
        quoted("\\ \n"),
        quoted("\\\n"),
        quoted(" \\\n \\ "),
        quoted(" a\n"),
        quoted("\\u{1}"),
        format!("a {}\"{}", hashes(LENGTH / 2), "\"#".repeat(LENGTH / 4)),
        format!("a {}1", "0".repeat(LENGTH)),
        format!("a 0.{}1", "0".repeat(LENGTH)),
        format!("a {}", "9".repeat(LENGTH)),
        format!("a {}=1", "b".repeat(LENGTH)),
        format!("{}a{}", "/* ".repeat(LENGTH / 6), " */".repeat(LENGTH / 6)),
        format!("{}{}", "a{".repeat(LENGTH / 3), "}".repeat(LENGTH / 3)),
        format!("{}{}", "a /-{ b {".repeat(LENGTH / 20), "}".repeat(LENGTH / 10)),
        format!("a {}", "\\\n".repeat(LENGTH / 2)),
    ]
}

fn texts() -> impl Iterator<Item = Arc<str>> {
    let repeated = PIECES.iter().map(|piece| piece.repeat(LENGTH / piece.len()));
    let behind_a_node = PIECES.iter().map(|piece| format!("a {}", piece.repeat(LENGTH / piece.len())));
    repeated.chain(behind_a_node).chain(odd_texts()).map(Arc::from)
}

fn start(text: &str) -> String {
    text.chars().take(20).collect()
}

#[test]
fn each_byte_is_looked_at_a_few_times() {
    let mut most = 0.0_f64;
    for text in texts() {
        LOOKED_AT.set(0);
        parse(FileId(0), text.clone(), &mut Diagnostics::default());
        #[expect(clippy::cast_precision_loss, reason = "the counts are small")]
        let each = LOOKED_AT.get() as f64 / text.len() as f64;
        assert!(each < 20.0, "{:?}: each byte was looked at {each} times", start(&text));
        most = f64::max(most, each);
    }
    println!("at most {most:.1} times");
}

#[test]
fn a_tree_takes_at_most_ten_times_its_text() {
    let mut most = 0.0_f64;
    for text in texts() {
        let document = parse(FileId(0), text.clone(), &mut Diagnostics::default());
        #[expect(clippy::cast_precision_loss, reason = "the counts are small")]
        let times = (document.memory() + text.len()) as f64 / text.len() as f64;
        assert!(times <= 10.0, "{:?}: {times} times the text", start(&text));
        most = f64::max(most, times);
    }
    println!("at most {most:.1} times");
}

#[test]
fn mistakes_without_end_are_counted_not_shown() {
    for text in texts() {
        let mut sink = Diagnostics::default();
        parse(FileId(0), text.clone(), &mut sink);
        assert!(sink.len() <= report::MOST + 1, "{:?}: {} findings", start(&text), sink.len());
        let shown: usize =
            sink.iter().map(|it| it.message.len() + it.help.iter().map(String::len).sum::<usize>()).sum();
        assert!(shown <= 400 * (report::MOST + 1), "{:?}: {shown} bytes of messages", start(&text));
    }
}

#[test]
fn what_can_be_formatted_is_formatted_the_same_again() {
    for text in texts() {
        let Ok(once) = format(FileId(0), &text) else {
            continue;
        };
        let once: Arc<str> = once.into();
        assert!(format(FileId(0), &once).is_ok_and(|twice| *twice == *once), "{:?}", start(&text));
    }
}
