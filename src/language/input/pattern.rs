//! Patterns of texts: regular expressions that mean the same to whoever enforces them.
//!
//! OPA matches with RE2, other engines of Rego and this compiler with Rust's `regex`; both take linear time. What the two
//! read differently is refused here: character classes by letter (`\d` is ASCII in one and Unicode in the other), set
//! operations, flags, word boundaries. A pattern means the whole text, so anchors say nothing and are refused as well.

use std::fmt;
use std::sync::Arc;

use regex_syntax::ast::{self, Ast, ClassSet, ClassSetItem, LiteralKind, RepetitionKind, RepetitionRange};
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::language::value::refusal::quote;
use crate::language::value::{Form, Invalid, Parse, serialized_as_displayed};
use crate::syntax::Value;

/// A regular expression that matches a whole text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Arc<str>);

/// What a pattern takes, as far as that can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Every text.
    Everything,
    /// No text.
    Nothing,
    /// Some texts and others not.
    Some,
}

/// RE2 repeats nothing more often, loops within loops multiplied.
const MOST_REPEATED: u32 = 1000;
/// How many states the machine of a pattern has at most, as they are counted here.
const MOST_STATES: usize = 5_000;
/// What the machine of so many states takes of memory at most.
const LARGEST: usize = 1 << 22;

impl Parse for Pattern {
    const FORM: Form = Form {
        name: "pattern",
        expects: "a regular expression for the whole text, as a raw string where it has backslashes",
        example: "\"[a-z][a-z0-9-]*\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| it.mend(unanchored(text), Self::read))
    }
}

impl Pattern {
    /// The expression as written; it matches whole texts.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The expression with its anchors, for engines that search.
    pub fn anchored(&self) -> String {
        format!("^(?:{})$", self.0)
    }

    /// The expression ready to match: made once for many texts, and only where there are any.
    pub fn compiled(&self) -> regex::Regex {
        let builder = regex::RegexBuilder::new(&self.anchored()).size_limit(LARGEST).build();
        builder.expect("it was measured when it was read")
    }

    /// How many states its machine has: what it costs to compile it.
    pub fn states(&self) -> usize {
        regex_syntax::parse(&self.0).map_or(0, |it| states(&it))
    }

    /// What it takes.
    pub fn takes(&self) -> Takes {
        match regex_syntax::parse(&self.0) {
            Ok(hir) if hir.properties().minimum_len().is_none() => Takes::Nothing,
            Ok(hir) if is_everything(&hir) => Takes::Everything,
            _ => Takes::Some,
        }
    }

    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 500)?;
        let parsed = ast::parse::ParserBuilder::new().nest_limit(50).build().parse(text);
        let parsed = parsed.map_err(|it| {
            form.refuse(format!("{} is not a regular expression: {}", quote(text), it.kind()))
        })?;
        if let Some((what, help)) = foreign(&parsed, 1) {
            return Err(Invalid::new(format!("{} has {what}", quote(text))).help(help));
        }
        let pattern = Self(Arc::from(text));
        match regex_syntax::parse(&pattern.anchored()) {
            Ok(hir) if states(&hir) <= MOST_STATES => Ok(pattern),
            Ok(_) => Err(Invalid::new(format!("{} is too large when its loops are unrolled", quote(text)))
                .help("repeat by `*` or `+`, and say how long the text is by `length=`")),
            Err(_) => Err(form.refuse(format!("{} is not a regular expression", quote(text)))),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

serialized_as_displayed!(Pattern);

/// The states of the machine that an expression becomes, about: loops unrolled, a class of characters with two for each of
/// its ranges. Nothing is compiled for that, which for a large one takes milliseconds.
fn states(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty => 0,
        HirKind::Look(_) => 1,
        HirKind::Literal(it) => it.0.len(),
        HirKind::Class(Class::Unicode(it)) => 2 * it.ranges().len(),
        HirKind::Class(Class::Bytes(it)) => 2 * it.ranges().len(),
        HirKind::Repetition(it) => {
            let times = it.max.unwrap_or(it.min).max(1) as usize;
            times.saturating_mul(states(&it.sub).saturating_add(1))
        }
        HirKind::Capture(it) => states(&it.sub).saturating_add(2),
        HirKind::Concat(all) => all.iter().map(states).fold(0, usize::saturating_add),
        HirKind::Alternation(all) => all.iter().map(states).fold(all.len(), usize::saturating_add),
    }
}

/// A pattern without the anchors that people write around it.
fn unanchored(text: &str) -> &str {
    let text = text.strip_prefix('^').unwrap_or(text);
    // An escaped `$` is a letter.
    match text.strip_suffix('$') {
        Some(front) if !front.ends_with('\\') => front,
        _ => text,
    }
}

type Foreign = (String, &'static str);

/// What of an expression does not mean the same everywhere, and what to write instead. `times` is how often the loops
/// around it repeat it at the most.
fn foreign(ast: &Ast, times: u32) -> Option<Foreign> {
    match ast {
        Ast::Empty(_) | Ast::Dot(_) => None,
        Ast::Flags(_) => Some(("flags in it".to_owned(), FLAGS)),
        Ast::Literal(it) => literal(it),
        Ast::Assertion(it) => Some(assertion(&it.kind)),
        Ast::ClassUnicode(it) => unicode_class(it),
        Ast::ClassPerl(it) => Some(perl_class(it)),
        Ast::ClassBracketed(it) => class_set(&it.kind),
        Ast::Repetition(it) => {
            if matches!(*it.ast, Ast::Repetition(_)) {
                return Some((
                    "two loops around the same thing".to_owned(),
                    "write one of them, or put parentheses between",
                ));
            }
            let most = match &it.op.kind {
                RepetitionKind::Range(RepetitionRange::Exactly(most) | RepetitionRange::Bounded(_, most)) => {
                    *most
                }
                RepetitionKind::Range(RepetitionRange::AtLeast(least)) => *least,
                RepetitionKind::ZeroOrOne | RepetitionKind::ZeroOrMore | RepetitionKind::OneOrMore => 1,
            };
            let times = times.saturating_mul(most.max(1));
            if times > MOST_REPEATED {
                let what = format!("loops that repeat something {times} times");
                return Some((
                    what,
                    "say how long the text is by `length=`; a pattern repeats 1000 times at the most",
                ));
            }
            foreign(&it.ast, times)
        }
        Ast::Group(it) => match &it.kind {
            ast::GroupKind::NonCapturing(flags) if !flags.items.is_empty() => {
                Some(("flags in it".to_owned(), FLAGS))
            }
            ast::GroupKind::CaptureName { .. } => {
                Some(("a group with a name".to_owned(), "nothing is taken out of the text: write `(…)`"))
            }
            ast::GroupKind::CaptureIndex(_) | ast::GroupKind::NonCapturing(_) => foreign(&it.ast, times),
        },
        Ast::Alternation(it) => it.asts.iter().find_map(|it| foreign(it, times)),
        Ast::Concat(it) => it.asts.iter().find_map(|it| foreign(it, times)),
    }
}

const FLAGS: &str = "write out what is meant: `[Aa]` takes both cases";

fn literal(literal: &ast::Literal) -> Option<Foreign> {
    let plain = match &literal.kind {
        LiteralKind::Verbatim | LiteralKind::Meta | LiteralKind::Superfluous => true,
        LiteralKind::HexFixed(kind) | LiteralKind::HexBrace(kind) => *kind == ast::HexLiteralKind::X,
        LiteralKind::Special(kind) => *kind != ast::SpecialLiteralKind::Space,
        LiteralKind::Octal => false,
    };
    (!plain).then(|| {
        (format!("the escape `{}`", literal.c.escape_unicode()), "write the character itself, or `\\x{…}`")
    })
}

fn assertion(kind: &ast::AssertionKind) -> Foreign {
    match kind {
        ast::AssertionKind::StartLine
        | ast::AssertionKind::StartText
        | ast::AssertionKind::EndLine
        | ast::AssertionKind::EndText => {
            ("an anchor".to_owned(), "leave out `^` and `$`: a pattern is for the whole text anyway")
        }
        _ => ("a word boundary".to_owned(), "write out what stands between the words: `[a-z]+( [a-z]+)*`"),
    }
}

fn perl_class(class: &ast::ClassPerl) -> Foreign {
    let letter = match class.kind {
        ast::ClassPerlKind::Digit => 'd',
        ast::ClassPerlKind::Space => 's',
        ast::ClassPerlKind::Word => 'w',
    };
    let letter = if class.negated { letter.to_ascii_uppercase() } else { letter };
    (
        format!("`\\{letter}`, which some engines take for all of Unicode and others for ASCII"),
        "write the characters out: `[0-9]`, `[ ]`, `[A-Za-z0-9_]`",
    )
}

fn unicode_class(class: &ast::ClassUnicode) -> Option<Foreign> {
    const CATEGORIES: [char; 6] = ['L', 'M', 'N', 'P', 'S', 'Z'];
    let known = match &class.kind {
        ast::ClassUnicodeKind::OneLetter(letter) => CATEGORIES.contains(letter),
        ast::ClassUnicodeKind::Named(name) => {
            matches!(
                name.as_str(),
                "L" | "Lu" | "Ll" | "Lt" | "Lm" | "Lo" | "M" | "N" | "Nd" | "P" | "S" | "Z" | "Zs"
            )
        }
        ast::ClassUnicodeKind::NamedValue { .. } => false,
    };
    (!known).then(|| {
        (
            "a class of characters that not every engine knows".to_owned(),
            "write `\\p{L}` for letters, `\\p{N}` for digits",
        )
    })
}

fn class_set(set: &ClassSet) -> Option<Foreign> {
    match set {
        ClassSet::Item(item) => class_item(item),
        ClassSet::BinaryOp(_) => {
            Some(("sets of characters that are cut with each other".to_owned(), "write one set: `[a-z0-9]`"))
        }
    }
}

fn class_item(item: &ClassSetItem) -> Option<Foreign> {
    match item {
        ClassSetItem::Empty(_) | ClassSetItem::Ascii(_) => None,
        ClassSetItem::Literal(it) => literal(it),
        ClassSetItem::Range(it) => literal(&it.start).or_else(|| literal(&it.end)),
        ClassSetItem::Unicode(it) => unicode_class(it),
        ClassSetItem::Perl(it) => Some(perl_class(it)),
        ClassSetItem::Bracketed(_) => Some((
            "a set of characters within a set".to_owned(),
            "write one set: `[a-z0-9]`, and `\\[` for a bracket",
        )),
        ClassSetItem::Union(it) => it.items.iter().find_map(class_item),
    }
}

/// Whether an expression takes every text, line breaks perhaps not among them.
fn is_everything(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Capture(it) => is_everything(&it.sub),
        HirKind::Repetition(it) => {
            it.min <= 1 && it.max.is_none() && (is_any(&it.sub) || is_everything(&it.sub))
        }
        HirKind::Alternation(all) => all.iter().any(is_everything),
        HirKind::Concat(all) => {
            all.iter().any(is_everything) && all.iter().all(|it| is_everything(it) || may_be_empty(it))
        }
        _ => false,
    }
}

fn may_be_empty(hir: &Hir) -> bool {
    hir.properties().minimum_len() == Some(0)
}

/// Whether it is one character, whichever.
fn is_any(hir: &Hir) -> bool {
    let HirKind::Class(Class::Unicode(class)) = hir.kind() else {
        return match hir.kind() {
            HirKind::Capture(it) => is_any(&it.sub),
            HirKind::Alternation(all) => all.iter().any(is_any),
            _ => false,
        };
    };
    let mut others = class.clone();
    others.negate();
    others.iter().all(|it| it.start() == '\n' && it.end() == '\n')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn what_engines_read_differently_is_refused() {
        insta::assert_snapshot!(check::<Pattern>(r#"
            [A-Z_][A-Z0-9_]*
            https://github\.com/[A-Za-z0-9-]+/[A-Za-z0-9._-]+
            (nodejs|rust){1,3}
            [[:alpha:]]+
            \p{L}+
            ^[a-z]+$
            a\$
            \d+
            [\w-]+
            a\bb
            (?i)abc
            (?P<name>a)
            (?s:.)
            \p{Greek}+
            [a-z&&[^b]]
            [[a-z]0]
            (a{1,100}){1,100}
            a{2000}
            \u0041
            (?=a)
            a**
            (a*)*
            a{2}{3}
            a{,3}
            \pC
            \<a
            [z-a]
            ""
        "#), @r#"
        [A-Z_][A-Z0-9_]* => [A-Z_][A-Z0-9_]*
        https://github\.com/[A-Za-z0-9-]+/[A-Za-z0-9._-]+ => https://github\.com/[A-Za-z0-9-]+/[A-Za-z0-9._-]+
        (nodejs|rust){1,3} => (nodejs|rust){1,3}
        [[:alpha:]]+ => [[:alpha:]]+
        \p{L}+ => \p{L}+
        ^[a-z]+$ => `^[a-z]+$` has an anchor | leave out `^` and `$`: a pattern is for the whole text anyway | "[a-z]+"
        a\$ => a\$
        \d+ => `\d+` has `\d`, which some engines take for all of Unicode and others for ASCII | write the characters out: `[0-9]`, `[ ]`, `[A-Za-z0-9_]`
        [\w-]+ => `[\w-]+` has `\w`, which some engines take for all of Unicode and others for ASCII | write the characters out: `[0-9]`, `[ ]`, `[A-Za-z0-9_]`
        a\bb => `a\bb` has a word boundary | write out what stands between the words: `[a-z]+( [a-z]+)*`
        (?i)abc => `(?i)abc` has flags in it | write out what is meant: `[Aa]` takes both cases
        (?P<name>a) => `(?P<name>a)` has a group with a name | nothing is taken out of the text: write `(…)`
        (?s:.) => `(?s:.)` has flags in it | write out what is meant: `[Aa]` takes both cases
        \p{Greek}+ => `\p{Greek}+` has a class of characters that not every engine knows | write `\p{L}` for letters, `\p{N}` for digits
        [a-z&&[^b]] => `[a-z&&[^b]]` has sets of characters that are cut with each other | write one set: `[a-z0-9]`
        [[a-z]0] => `[[a-z]0]` has a set of characters within a set | write one set: `[a-z0-9]`, and `\[` for a bracket
        (a{1,100}){1,100} => `(a{1,100}){1,100}` has loops that repeat something 10000 times | say how long the text is by `length=`; a pattern repeats 1000 times at the most
        a{2000} => `a{2000}` has loops that repeat something 2000 times | say how long the text is by `length=`; a pattern repeats 1000 times at the most
        \u0041 => `\u0041` has the escape `\u{41}` | write the character itself, or `\x{…}`
        (?=a) => `(?=a)` is not a regular expression: look-around, including look-ahead and look-behind, is not supported | write a regular expression for the whole text, as a raw string where it has backslashes, as in `"[a-z][a-z0-9-]*"`
        a** => `a**` has two loops around the same thing | write one of them, or put parentheses between
        (a*)* => (a*)*
        a{2}{3} => `a{2}{3}` has two loops around the same thing | write one of them, or put parentheses between
        a{,3} => `a{,3}` is not a regular expression: repetition quantifier expects a valid decimal | write a regular expression for the whole text, as a raw string where it has backslashes, as in `"[a-z][a-z0-9-]*"`
        \pC => `\pC` has a class of characters that not every engine knows | write `\p{L}` for letters, `\p{N}` for digits
        \<a => `\<a` has a word boundary | write out what stands between the words: `[a-z]+( [a-z]+)*`
        [z-a] => `[z-a]` is not a regular expression: invalid character class range, the start must be <= the end | write a regular expression for the whole text, as a raw string where it has backslashes, as in `"[a-z][a-z0-9-]*"`
        "" => a pattern cannot be empty | write a regular expression for the whole text, as a raw string where it has backslashes, as in `"[a-z][a-z0-9-]*"`
        "#);
    }

    #[test]
    fn a_pattern_matches_whole_texts() {
        let pattern = Pattern::parse(Value::String("a|bc")).unwrap();
        let regex = pattern.compiled();
        let answers = ["a", "bc", "ab", "abc", "a\n", ""].map(|it| regex.is_match(it));
        assert_eq!(answers, [true, true, false, false, false, false]);
    }

    /// The largest of each sort are compiled, and what is a little larger is refused unseen.
    #[test]
    fn what_is_read_can_be_compiled() {
        for unit in [r"a", r"[a-z]", r"\p{L}", r"[^a]", r"(a|b|c|é)"] {
            let largest = (1..=1000).rev().find(|it| Pattern::read(&format!("{unit}{{{it}}}")).is_ok());
            let largest = largest.expect("one is small enough");
            let pattern = Pattern::read(&format!("{unit}{{{largest}}}")).expect("it was read");
            assert!(pattern.states() >= 1_900, "{unit} {}", pattern.states());
            assert!(!pattern.compiled().is_match(""));
        }
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<Pattern>(r"[a-z\[\]{}()|*+?.^$0-9-]{0,12}");
    }
}
