//! Writes documents in all spellings that KDL has, and knows what they mean.
//!
//! Every choice is a byte of a tape, so that a shorter tape is a simpler document: what finds a failure (proptest, a
//! fuzzer) also shrinks it.

use super::tree::{Leaf, Scalar, Tree};

/// A document and what it means.
pub(crate) fn document(tape: &[u8]) -> (String, Vec<Tree>) {
    let mut writer = Writer { tape, out: String::new() };
    if writer.one_in(8) {
        writer.out.push('\u{feff}');
    }
    if writer.one_in(8) {
        writer.out.push_str("/- kdl-version 2\n");
    }
    let slashdashes = writer.one_in(2);
    let trees = writer.nodes(0, slashdashes);
    writer.line_space();
    (writer.out, trees)
}

/// The text with a few places changed, mostly for the worse.
pub(crate) fn mutate(text: &str, tape: &[u8]) -> String {
    const PIECES: &[&str] = &[
        "\"",
        "\"\"\"",
        "#",
        "#\"",
        "\"#",
        "{",
        "}",
        "(",
        ")",
        "=",
        ";",
        "\\",
        "/",
        "//",
        "/*",
        "*/",
        "/-",
        "\n",
        " ",
        "\t",
        "true",
        "#true",
        "#nul",
        "1.",
        ".5",
        "0x",
        "-",
        "+",
        "_",
        "r\"",
        "\\u{110000}",
        "\\q",
        "\u{feff}",
        "\u{202e}",
        "\0",
        "\u{85}",
        "\u{2028}",
        "\u{3000}",
        "é",
        "inf",
        ",",
        ":",
        "[",
        "]",
        "1e",
        "\r",
    ];
    let mut writer = Writer { tape, out: text.to_owned() };
    for _ in 0..=writer.choose(3) {
        let places: Vec<usize> = writer.out.char_indices().map(|it| it.0).chain([writer.out.len()]).collect();
        let from = writer.choose(256) * 256 + writer.choose(256);
        let index = from % places.len();
        let (start, piece) = (places[index], PIECES[writer.choose(PIECES.len())]);
        let end = places[(index + writer.choose(4)).min(places.len() - 1)];
        match writer.choose(3) {
            0 => writer.out.insert_str(start, piece),
            1 => writer.out.replace_range(start..end, ""),
            _ => writer.out.replace_range(start..end, piece),
        }
    }
    writer.out
}

struct Writer<'a> {
    tape: &'a [u8],
    out: String,
}

const NEWLINES: &[&str] = &["\n", "\r\n", "\r", "\u{85}", "\u{b}", "\u{c}", "\u{2028}", "\u{2029}"];

impl Writer<'_> {
    /// One of so many; the first where the tape has ended.
    fn choose(&mut self, count: usize) -> usize {
        let Some((first, rest)) = self.tape.split_first() else {
            return 0;
        };
        self.tape = rest;
        usize::from(*first) % count
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.choose(count) == count - 1
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.choose(from.len())]
    }

    fn write_one(&mut self, from: &[&str]) {
        let piece = self.pick(from);
        self.out.push_str(piece);
    }

    fn newline(&mut self) {
        let newline = self.pick(NEWLINES);
        // A carriage return and a line feed of their own would be one newline.
        let joins = self.out.ends_with('\r') && newline.starts_with('\n');
        self.out.push_str(if joins { "\r" } else { newline });
    }

    fn nodes(&mut self, depth: usize, slashdashes: bool) -> Vec<Tree> {
        let mut trees = Vec::new();
        for _ in 0..8 {
            if self.tape.is_empty() {
                break;
            }
            self.line_space();
            let dropped = slashdashes && self.one_in(6);
            if dropped {
                self.slashdash();
            }
            let tree = self.node(depth, slashdashes);
            trees.extend((!dropped).then_some(tree));
            match self.choose(6) {
                0..=2 => self.newline(),
                3 => self.out.push(';'),
                4 => self.out.push_str(" // a { \"comment\"\n"),
                // The last node of a block, or of the text, needs no end.
                _ => break,
            }
        }
        trees
    }

    fn node(&mut self, depth: usize, slashdashes: bool) -> Tree {
        let annotation = self.annotation();
        let name = self.string();
        let mut entries = Vec::new();
        for _ in 0..self.choose(4) {
            self.space();
            let dropped = slashdashes && self.one_in(5);
            if dropped {
                self.slashdash();
            }
            let leaf = self.entry();
            entries.extend((!dropped).then_some(leaf));
        }
        let mut children = Vec::new();
        if depth < 4 && self.one_in(3) {
            self.dropped_block(depth, slashdashes);
            self.maybe_space();
            children = self.block(depth, slashdashes);
            self.dropped_block(depth, slashdashes);
        }
        self.maybe_space();
        Tree { annotation, name, entries, children }
    }

    fn dropped_block(&mut self, depth: usize, slashdashes: bool) {
        if slashdashes && self.one_in(5) {
            self.space();
            self.slashdash();
            self.block(depth, slashdashes);
        }
    }

    fn block(&mut self, depth: usize, slashdashes: bool) -> Vec<Tree> {
        self.out.push('{');
        let children = self.nodes(depth + 1, slashdashes);
        self.line_space();
        self.out.push('}');
        children
    }

    fn slashdash(&mut self) {
        self.out.push_str("/-");
        self.line_space();
    }

    fn annotation(&mut self) -> Option<String> {
        if !self.one_in(6) {
            return None;
        }
        self.out.push('(');
        self.maybe_space();
        let name = self.string();
        self.maybe_space();
        self.out.push(')');
        self.maybe_space();
        Some(name)
    }

    fn entry(&mut self) -> Leaf {
        let name = (self.choose(2) == 1).then(|| {
            let name = self.string();
            self.maybe_space();
            self.out.push('=');
            self.maybe_space();
            name
        });
        let annotation = self.annotation();
        let scalar = match self.choose(4) {
            0 | 1 => Scalar::String(self.string()),
            2 => self.number(),
            _ => self.keyword(),
        };
        Leaf { name, annotation, scalar }
    }

    fn keyword(&mut self) -> Scalar {
        let (text, scalar) = [
            ("#true", Scalar::Bool(true)),
            ("#false", Scalar::Bool(false)),
            ("#null", Scalar::Null),
            ("#inf", Scalar::float(f64::INFINITY)),
            ("#-inf", Scalar::float(f64::NEG_INFINITY)),
            ("#nan", Scalar::float(f64::NAN)),
        ][self.choose(6)]
        .clone();
        self.out.push_str(text);
        scalar
    }

    fn number(&mut self) -> Scalar {
        let sign = self.pick(&["", "-", "+"]);
        let magnitude = (0..self.choose(7)).fold(1_i128, |sum, _| sum * 151 + self.choose(256) as i128);
        let value = if sign == "-" { -magnitude } else { magnitude };
        self.out.push_str(sign);
        match self.choose(8) {
            0 => self.digits(&format!("0x{magnitude:x}")),
            1 => self.digits(&format!("0x{magnitude:X}")),
            2 => self.digits(&format!("0o{magnitude:o}")),
            3 => self.digits(&format!("0b{magnitude:b}")),
            4 => {
                let fraction = self.choose(256);
                return self.float(&format!("{magnitude}.{fraction}"), sign);
            }
            5 => {
                let exponent = self.pick(&["e1", "E+12", "e-7", "E0_1", "e400", "e-400"]);
                return self.float(&format!("{magnitude}.5{exponent}"), sign);
            }
            6 => return self.float(&format!("{magnitude}e3"), sign),
            _ => self.digits(&magnitude.to_string()),
        }
        Scalar::Integer(value)
    }

    fn float(&mut self, text: &str, sign: &str) -> Scalar {
        self.out.push_str(text);
        let clean = format!("{sign}{text}").replace('_', "");
        Scalar::float(clean.parse().expect("it is a number"))
    }

    /// Digits with `_` where they may stand.
    fn digits(&mut self, text: &str) {
        let (prefix, digits) =
            text.split_at(if text.starts_with("0x") || text[1..].starts_with(['o', 'b']) { 2 } else { 0 });
        self.out.push_str(prefix);
        let underscores = self.one_in(4);
        for digit in digits.chars() {
            self.out.push(digit);
            if underscores && self.one_in(3) {
                self.out.push('_');
            }
        }
    }

    fn string(&mut self) -> String {
        match self.choose(8) {
            0..=2 => {
                let word = self.pick(&[
                    "a",
                    "node",
                    "b-c",
                    "trueish",
                    "inf_",
                    "_1",
                    "-",
                    "--",
                    "+x",
                    ".",
                    "-.",
                    ".a",
                    "é",
                    "日本",
                    "a.b:c,d",
                    "🚂",
                    "r",
                    "kdl-version",
                    "~!@$%^&*'|?<>`",
                    "-a1",
                    "nul",
                    "x0",
                    "ǅ",
                ]);
                self.out.push_str(word);
                word.to_owned()
            }
            3 => self.quoted(),
            4 => self.raw(),
            5 => self.multi_line(),
            6 => self.raw_multi_line(),
            _ => {
                let text = self.pick(&["", "plain text", "a/b", "true", "10", "ü — x", "{}", "//"]);
                self.out.extend([format!("\"{text}\"")]);
                text.to_owned()
            }
        }
    }

    fn quoted(&mut self) -> String {
        let text = self.text(true);
        self.out.push('"');
        self.escaped(&text);
        self.out.push('"');
        text
    }

    /// Characters, each as it is or as an escape.
    fn escaped(&mut self, text: &str) {
        // Behind an escaped space, a space would be left out too.
        let mut behind_space_escape = false;
        for character in text.chars() {
            if self.one_in(12) {
                self.write_one(&["\\ ", "\\\n", "\\\r\n\t ", "\\\u{3000}\u{2028}"]);
                behind_space_escape = true;
            }
            let must = match character {
                '"' | '\\' => true,
                it if it.is_control() || matches!(it, '\u{2028}' | '\u{2029}' | '\u{202e}' | '\u{feff}') => {
                    it != '\t'
                }
                _ => false,
            };
            let must = must || (character.is_whitespace() && behind_space_escape);
            behind_space_escape = false;
            if must || self.one_in(6) { self.escape(character) } else { self.out.push(character) }
        }
    }

    fn escape(&mut self, character: char) {
        let short = match character {
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '"' => "\\\"",
            '\\' => "\\\\",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            ' ' => "\\s",
            _ => "",
        };
        if short.is_empty() || self.one_in(4) {
            let point = u32::from(character);
            let escape =
                if self.one_in(2) { format!("\\u{{{point:06X}}}") } else { format!("\\u{{{point:x}}}") };
            self.out.push_str(&escape);
        } else {
            self.out.push_str(short);
        }
    }

    fn raw(&mut self) -> String {
        let text = self.text(false);
        let hashes = "#".repeat(1 + self.choose(3));
        // What would end it, or look like the start of several lines, cannot be written so.
        let text = text.replace(&format!("\"{hashes}"), "'");
        let text = if text.starts_with("\"\"") || text == "\"" || text.ends_with('"') {
            format!("_{text}_")
        } else {
            text
        };
        self.out.extend([format!("{hashes}\"{text}\"{hashes}")]);
        text
    }

    fn multi_line(&mut self) -> String {
        let prefix = self.pick(&["    ", "", "\t", "\u{a0} "]);
        self.out.push_str("\"\"\"");
        self.newline();
        let mut lines = Vec::new();
        for _ in 0..self.choose(4) {
            let line = if self.choose(4) == 0 {
                self.write_one(&["", " ", "\t\t", "    "]);
                String::new()
            } else {
                let line = self.text(true);
                self.out.push_str(prefix);
                self.dedented(&line);
                line
            };
            self.newline();
            lines.push(line);
        }
        self.out.push_str(prefix);
        self.out.push_str("\"\"\"");
        lines.join("\n")
    }

    fn dedented(&mut self, line: &str) {
        let is_blank = line.chars().all(char::is_whitespace);
        for (index, character) in line.chars().enumerate() {
            if !character.is_whitespace() && self.one_in(12) {
                self.write_one(&["\\ ", "\\\n", "\\\r\n\t ", "\\\u{3000}\u{2028}"]);
            }
            let newline =
                matches!(character, '\n' | '\r' | '\u{85}' | '\u{b}' | '\u{c}' | '\u{2028}' | '\u{2029}');
            let disallowed = character.is_control() || matches!(character, '\u{202e}' | '\u{feff}');
            let must = newline || (disallowed && character != '\t') || character == '\\';
            if must || (is_blank && index == 0) || (character == '"' && self.out.ends_with('"')) {
                self.escape(character);
            } else {
                self.out.push(character);
            }
        }
    }

    fn raw_multi_line(&mut self) -> String {
        let prefix = self.pick(&["    ", "", "\t", "\u{a0} "]);
        let hashes = "#".repeat(1 + self.choose(2));
        self.out.extend([format!("{hashes}\"\"\"")]);
        self.newline();
        let mut lines = Vec::new();
        for _ in 0..self.choose(4) {
            let line = self.text(false).replace("\"\"", "'");
            let is_blank = line.chars().all(char::is_whitespace);
            let line = if is_blank { String::new() } else { line };
            if !is_blank {
                self.out.push_str(prefix);
            }
            self.out.push_str(&line);
            self.newline();
            lines.push(line);
        }
        self.out.extend([format!("{prefix}\"\"\"{hashes}")]);
        lines.join("\n")
    }

    /// A text; without escapes it holds neither newlines nor what KDL allows nowhere.
    fn text(&mut self, escapes: bool) -> String {
        const PLAIN: &[&str] = &[
            "a", "Z", "é", "日", "🚂", " ", "\t", "\"", "\\", "#", "/", "{", "}", "=", ";", "//", "/*", "*/",
            "/-", "\u{a0}", "0", "true", "\u{3000}", "\\n", "\"#",
        ];
        const ESCAPED: &[&str] =
            &["\n", "\r", "\u{85}", "\u{2028}", "\0", "\u{7f}", "\u{8}", "\u{c}", "\u{202e}", "\u{feff}"];
        let mut text = String::new();
        for _ in 0..self.choose(7) {
            text.push_str(if escapes && self.one_in(5) { self.pick(ESCAPED) } else { self.pick(PLAIN) });
        }
        text
    }

    fn maybe_space(&mut self) {
        if self.one_in(4) {
            self.space();
        }
    }

    fn space(&mut self) {
        self.write_one(&[
            " ",
            " ",
            " ",
            "  ",
            "\t",
            "\u{a0}",
            "\u{3000} ",
            " /* c */ ",
            "/**/",
            "/* a /* b */ // */",
            " \\\n",
            " \\ // c\r\n  ",
            "\\ /* x */\u{2028}",
            " /* \n */ ",
            "\\\n\\\n ",
        ]);
    }

    fn line_space(&mut self) {
        self.write_one(&[
            "",
            "",
            "",
            "\n",
            " ",
            "\n\n\n",
            "// c\n",
            " // \"c\" {\r\n",
            "/* c */",
            "\u{85}",
            "\\\n",
            "/* a\n * b */\n",
            "\t// c\u{2029}",
        ]);
    }
}
