//! What the reader says about texts with mistakes, and what it makes of them.

use std::sync::Arc;

use crate::diagnostic::Diagnostics;
use crate::source::SourceMap;
use crate::syntax::report::shown;
use crate::syntax::{Node, edit, parse};

/// The findings of a text with the place they point at, what may be typed instead, and the text with all fixes made.
fn check(text: &str) -> String {
    let mut sources = SourceMap::default();
    let file = sources.add("a.kdl", text);
    let mut sink = Diagnostics::default();
    parse(file, sources.file(file).text.clone(), &mut sink);
    sink.sort();
    let mut lines = Vec::new();
    for it in &sink {
        let primary = it.primary.as_ref().expect("a syntax error stands somewhere");
        let start = sources.start(primary.span);
        let found = shown(sources.text(primary.span).lines().next().unwrap_or_default());
        lines.push(format!("{} {}:{} `{found}` {}", it.code, start.line, start.column, it.message));
        let related = it.related.iter().map(|it| format!("     {} {}", sources.start(it.span).line, it.text));
        lines.extend(related);
    }
    let fixes: Vec<_> = sink.iter().flat_map(|it| &it.fixes).collect();
    let applied = edit::apply(&sources, fixes.iter().copied());
    assert!(applied.skipped.is_empty(), "fixes of one text do not overlap");
    lines.extend(applied.texts.get(&file).map(|it| format!("=> {}", it.trim_end())));
    lines.join("\n")
}

#[test]
fn every_mistake_of_a_text_is_reported_in_one_run() {
    insta::assert_snapshot!(check("a 1x \"b\n= c\n}\nd /-\ne {\n  f )\n"), @r#"
    TS008 1:3 `1x` `1x` starts like a number but is none
    TS002 1:6 `"b` this string is not closed on its line
    TS001 2:1 `=` `=` cannot stand where the name of a node is expected
    TS005 3:1 `}` this `}` closes nothing
    TS004 5:3 `{` the block of `d` is never closed
    TS001 6:5 `)` `)` cannot stand where an argument or a property is expected
    => a "1x" "b"
    = c
    }
    d /-
    e {
      f )
    "#);
}

#[test]
fn a_text_that_touches_a_word_is_its_value() {
    insta::assert_snapshot!(check("a \"P1\" answer-in\"15m\"\nimage\"x\" 5\"y\""), @r#"
    TS012 1:17 `` a space is missing here
    TS012 2:6 `` a space is missing here
    TS012 2:11 `` a space is missing here
    => a "P1" answer-in="15m"
    image "x" 5 "y"
    "#);
}

#[test]
fn habits_from_kdl_1_are_mended() {
    insta::assert_snapshot!(check("a true false null inf -inf nan key=true"), @r#"
    TS009 1:3 `true` `true` is the keyword `#true` in KDL 2
    TS009 1:8 `false` `false` is the keyword `#false` in KDL 2
    TS009 1:14 `null` `null` is the keyword `#null` in KDL 2
    TS009 1:19 `inf` `inf` is the keyword `#inf` in KDL 2
    TS009 1:23 `-inf` `-inf` is the keyword `#-inf` in KDL 2
    TS009 1:28 `nan` `nan` is the keyword `#nan` in KDL 2
    TS009 1:36 `true` `true` is the keyword `#true` in KDL 2
    => a #true #false #null #inf #-inf #nan key=#true
    "#);
    insta::assert_snapshot!(check("a r\"C:\\x\" r#\"say \"hi\"\"# r\"\""), @r##"
    TS010 1:3 `r"C:\x"` this is a raw string as KDL 1 writes it
    TS010 1:11 `r#"say "hi""#` this is a raw string as KDL 1 writes it
    TS010 1:25 `r""` this is a raw string as KDL 1 writes it
    => a #"C:\x"# #"say "hi""# #""#
    "##);
    insta::assert_snapshot!(check("a r\"one\ntwo\"\n"), @r##"
    TS010 1:3 `r"one` this is a raw string as KDL 1 writes it
    => a #"""
    one
    two
    """#
    "##);
    insta::assert_snapshot!(check(r#"a "\/x""#), @r#"
    TS006 1:4 `\/` `\/` is no escape
    => a "/x"
    "#);
    insta::assert_snapshot!(check("true 1\na true=1\n"), @r#"
    TS011 1:1 `true` `true` cannot be the name of a node without quotes
    TS011 2:3 `true` `true` cannot be the name of a property without quotes
    => "true" 1
    a "true"=1
    "#);
    insta::assert_snapshot!(check("/- kdl-version 1\na\n"), @r#"
    TS016 1:1 `/- kdl-version 1` this file says that it is written in KDL 1
    => /- kdl-version 2
    a
    "#);
}

#[test]
fn habits_from_json_yaml_and_toml_are_mended() {
    insta::assert_snapshot!(check("\"a\": \"x\", 1\nb 1, 2\n"), @r#"
    TS012 1:4 `:` KDL separates by spaces, not by `:`
    TS012 1:9 `,` KDL separates by spaces, not by `,`
    TS008 2:3 `1,` `1,` starts like a number but is none
    => "a" "x" 1
    b 1 2
    "#);
    insta::assert_snapshot!(check("a [\"b\", 80, 443]\n"), @r#"
    TS001 1:3 `[` KDL has no lists, so `[` means nothing
    TS012 1:7 `,` KDL separates by spaces, not by `,`
    TS008 1:9 `80,` `80,` starts like a number but is none
    TS001 1:16 `]` KDL has no lists, so `]` means nothing
    => a "b" 80 443
    "#);
    insta::assert_snapshot!(check("a = 1\nb=2\nc x=1 = 2\n"), @r#"
    TS001 1:3 `=` `a` is a node, and takes its value without `=`
    TS001 2:2 `=` `b` is a node, and takes its value without `=`
    TS001 3:7 `=` this `=` has no name of a property before it
    => a 1
    b 2
    c x=1 = 2
    "#);
    insta::assert_snapshot!(check("a #True #yes #none #frob\n"), @r#"
    TS009 1:3 `#True` KDL has no keyword `#True`
    TS009 1:9 `#yes` KDL has no keyword `#yes`
    TS009 1:14 `#none` KDL has no keyword `#none`
    TS009 1:20 `#frob` KDL has no keyword `#frob`
    => a #true #true #null #frob
    "#);
    insta::assert_snapshot!(check(r#"a "\u00e9 \u{110000} \q""#), @r#"
    TS006 1:4 `\u00e9` `\u00e9` is no escape
    TS006 1:11 `\u{110000}` `\u{110000}` is no Unicode scalar value
    TS006 1:22 `\q` `\q` is no escape
    => a "\u{00e9} \u{110000} \q"
    "#);
    insta::assert_snapshot!(check("{ \"a\": 1 }\n"), @r#"
    TS001 1:1 `{` a block needs the name of a node before it
    TS012 1:6 `:` KDL separates by spaces, not by `:`
    => { "a" 1 }
    "#);
}

#[test]
fn a_quote_that_is_missing_is_put_where_it_must_have_been() {
    insta::assert_snapshot!(check("a x=b\" {\n  c d\" \"e\"\n}\nf g\" { h \"i\" }\n"), @r#"
    TS002 1:5 `b"` the string `b` has no quote at its start
    TS002 2:5 `d"` the string `d` has no quote at its start
    TS002 4:3 `g"` the string `g` has no quote at its start
    => a x="b" {
      c "d" "e"
    }
    f "g" { h "i" }
    "#);
    insta::assert_snapshot!(check("a \"b \"c\" d=\"e f=\"g\"\nh \"i j=\"k\" {\n}\n"), @r#"
    TS002 1:3 `"b` this string is not closed on its line
    TS002 1:12 `"e` this string is not closed on its line
    TS002 2:3 `"i` this string is not closed on its line
    => a "b" "c" d="e" f="g"
    h "i" j="k" {
    }
    "#);
    // Nobody can know.
    insta::assert_snapshot!(check("a \"b c d=\"e\"\nf \"g\"h\"\n"), @r#"
    TS012 1:11 `` a space is missing here
    TS012 1:12 `` a space is missing here
    TS002 1:12 `"` this string is not closed on its line
    TS012 2:6 `` a space is missing here
    TS012 2:7 `` a space is missing here
    TS002 2:7 `"` this string is not closed on its line
    "#);
    // Nothing is missing but a space.
    insta::assert_snapshot!(check("a b\"c\" \"d\"e\n"), @r#"
    TS012 1:4 `` a space is missing here
    TS012 1:11 `` a space is missing here
    => a b="c" "d" e
    "#);
}

#[test]
fn what_only_looks_like_a_number_or_word_is_quoted() {
    insta::assert_snapshot!(check("a 64Mi 15m .5 1. -.5 1.2.3.4 0x 0b12 0X1F 1e"), @r#"
    TS008 1:3 `64Mi` `64Mi` starts like a number but is none
    TS008 1:8 `15m` `15m` starts like a number but is none
    TS008 1:12 `.5` `.5` starts like a number but is none
    TS008 1:15 `1.` `1.` starts like a number but is none
    TS008 1:18 `-.5` `-.5` starts like a number but is none
    TS008 1:22 `1.2.3.4` `1.2.3.4` starts like a number but is none
    TS008 1:30 `0x` `0x` starts like a number but is none
    TS008 1:33 `0b12` `0b12` starts like a number but is none
    TS008 1:38 `0X1F` `0X1F` starts like a number but is none
    TS008 1:43 `1e` `1e` starts like a number but is none
    => a "64Mi" "15m" 0.5 1.0 -0.5 "1.2.3.4" 0x 0b12 0x1f "1e"
    "#);
    insta::assert_snapshot!(check("a ghcr.io/acme/web:1 10.0.0.0/16 /users x#y key=a/b"), @r#"
    TS011 1:3 `ghcr.io/acme/web:1` `ghcr.io/acme/web:1` needs quotes, because `/` and `#` mean something else outside them
    TS011 1:22 `10.0.0.0/16` `10.0.0.0/16` needs quotes, because `/` and `#` mean something else outside them
    TS011 1:34 `/users` `/users` needs quotes, because `/` and `#` mean something else outside them
    TS011 1:41 `x#y` `x#y` needs quotes, because `/` and `#` mean something else outside them
    TS011 1:49 `a/b` `a/b` needs quotes, because `/` and `#` mean something else outside them
    => a "ghcr.io/acme/web:1" "10.0.0.0/16" "/users" "x#y" key="a/b"
    "#);
    insta::assert_snapshot!(check("10 {\n}\na 1=2\n"), @r#"
    TS011 1:1 `10` `10` cannot be the name of a node without quotes
    TS011 3:3 `1` `1` cannot be the name of a property without quotes
    => "10" {
    }
    a "1"=2
    "#);
}

#[test]
fn a_missing_brace_is_looked_for_by_its_indentation() {
    insta::assert_snapshot!(check("a {\n    b {\n        c\n    d\n}\n"), @r#"
    TS004 1:3 `{` the block of `a` is never closed
         2 probably this block misses its `}`
         5 because this `}` is not indented like it
    "#);
    insta::assert_snapshot!(check("a {\n    b {\n}\n    }\n}\n"), @r#"
    TS005 5:1 `}` this `}` closes nothing
         2 this block
         3 was closed here, where the indentation differs
    "#);
    // What has lost its `{` gets it back; a `}` is never taken out.
    insta::assert_snapshot!(check("a \"x\"\n    b 1\n    c { d 2 }\n}\n"), @r#"
    TS005 4:1 `}` this `}` closes nothing
    => a "x" {
        b 1
        c { d 2 }
    }
    "#);
    insta::assert_snapshot!(check("a {\n    b 1\n        c 1\n    }\n}\n"), @r#"
    TS005 5:1 `}` this `}` closes nothing
         1 this block
         4 was closed here, where the indentation differs
    => a {
        b 1 {
            c 1
        }
    }
    "#);
    insta::assert_snapshot!(check("a 1\n}\nb // {\n  c\n}\n"), @r"
    TS005 2:1 `}` this `}` closes nothing
    TS005 5:1 `}` this `}` closes nothing
    ");
    insta::assert_snapshot!(check("a {\n"), @"TS004 1:3 `{` the block of `a` is never closed");
}

#[test]
fn what_is_never_closed_is_shown_where_it_opens() {
    insta::assert_snapshot!(check("a {\n    b \"\"\"\n        text\n    c 1\n}\n"), @r#"
    TS002 2:7 `"""` this string is never closed
         4 it was probably meant to end before this line
    "#);
    insta::assert_snapshot!(check("a /* one /* two */\nb {\n"), @r#"
    TS003 1:3 `/*` this comment is never closed
         1 the last `/*` that is not closed
    "#);
    insta::assert_snapshot!(check("a #\"x\nb \"\\\n c\nd\n"), @r#"
    TS002 1:3 `#"x` this string is not closed on its line
    TS002 2:3 `"\` this string is not closed on its line
    "#);
}

#[test]
fn lines_of_a_text_must_be_laid_out_alike() {
    insta::assert_snapshot!(check("a \"\"\"one\"\"\" #\"\"\"two\"\"\"#\n"), @r##"
    TS007 1:3 `"""` a newline must follow the opening `"""`
    TS007 1:13 `#"""` a newline must follow the opening `"""`
    => a "one" #"two"#
    "##);
    insta::assert_snapshot!(check("a \"\"\"\n    b\n  c\n    \"\"\"\n"), @r#"
    TS007 3:1 `  ` this line is not indented like the closing `"""`
         4 every line starts with the spaces and tabs that stand before this
    "#);
    insta::assert_snapshot!(check("a \"\"\"\n    b\"\"\"\n"), @r#"TS007 2:6 `"""` the closing `"""` must stand on a line of its own"#);
}

#[test]
fn things_need_a_space_between_them_and_an_order() {
    insta::assert_snapshot!(check("a\"b\" \"c\"d 1\"x\"\n"), @r#"
    TS012 1:2 `` a space is missing here
    TS012 1:9 `` a space is missing here
    TS012 1:12 `` a space is missing here
    => a "b" "c" d 1 "x"
    "#);
    insta::assert_snapshot!(check("a {} 1 2\nb {} {}\nc {} /- 1\n"), @r#"
    TS001 1:6 `1` `1` stands behind the block of `a`
    TS001 2:6 `{` `b` has a block already
    TS001 3:9 `1` `1` stands behind the block of `c`
    "#);
    insta::assert_snapshot!(check("a () (b (c)d=1 (e)\n"), @r#"
    TS013 1:3 `(` an annotation is one name between parentheses
    TS013 1:6 `(b ` this annotation is not closed
    TS013 1:9 `(c)` the annotation of a property stands before its value
    TS013 1:16 `(e)` an annotation stands before a value, and here is none
    => a () (b d=(c)1 (e)
    "#);
    insta::assert_snapshot!(check("/- /- a\nb /-\nc x=/-1\n/-"), @r#"
    TS014 1:4 `/-` one `/-` is enough
    TS014 3:5 `/-` the value of `x` cannot be left out alone
    TS014 4:1 `/-` nothing follows this `/-` that could be left out
    => /-  a
    b /-
    c x=/-1
    "#);
    insta::assert_snapshot!(check("a b= \nc;;d\n"), @r#"
    TS001 1:3 `b= ` the property `b` has no value
    TS001 2:3 `;` this `;` ends nothing
    => a b= 
    c;d
    "#);
}

#[test]
fn code_points_that_show_something_else_are_refused_everywhere() {
    insta::assert_snapshot!(check("a \"\u{202e}x\" // \u{200f}\n\u{feff}b \u{0}\n"), @r#"
    TS015 1:4 `\u{202e}` the code point U+202E (invisible, it turns the direction of writing) may not stand in a text
    TS015 1:11 `\u{200f}` the code point U+200F (invisible, it turns the direction of writing) may not stand in a text
    TS015 2:1 `\u{feff}` the code point U+FEFF (a byte order mark, which only the start of a file may have) may not stand in a text
    TS015 2:4 `\u{0}` the code point U+0000 (a control character) may not stand in a text
    => a "\u{202e}x" // 
    b
    "#);
}

/// The tree, one line for each node, to see that spans fit their text.
fn outline(text: &str) -> String {
    let mut sink = Diagnostics::default();
    let mut sources = SourceMap::default();
    let file = sources.add("a.kdl", text);
    let document = parse(file, Arc::from(text), &mut sink);
    let mut lines = Vec::new();
    document.nodes().for_each(|node| outline_node(node, &sources, 0, &mut lines));
    lines.join("\n")
}

fn outline_node(node: Node<'_>, sources: &SourceMap, depth: usize, lines: &mut Vec<String>) {
    let entries: Vec<String> = node
        .entries()
        .map(|it| {
            let name = it.name().map(|it| format!("{}=", it.value)).unwrap_or_default();
            let annotation = it.annotation().map(|it| format!("({})", it.value)).unwrap_or_default();
            let (span, value) = (sources.text(it.span()), sources.text(it.value_span()));
            format!("[{span}] {name}{annotation}{:?} [{value}]", it.value())
        })
        .collect();
    let annotation = node.annotation().map(|it| format!("({})", it.value)).unwrap_or_default();
    let block = node.block_span().map(|it| format!(" block [{}]", sources.text(it))).unwrap_or_default();
    let (span, head) = (sources.text(node.span()), sources.text(node.head_span()));
    lines.push(format!(
        "{}{annotation}{} [{}] head [{head}] whole [{span}]{block} {}",
        "  ".repeat(depth),
        node.name(),
        sources.text(node.name_span()),
        entries.join(", "),
    ));
    node.children().for_each(|child| outline_node(child, sources, depth + 1, lines));
}

#[test]
fn spans_cover_what_they_name() {
    insta::assert_snapshot!(outline(r##"(t)"n" 1 k = (u)"\t" /-x #"r"# { c; /-d; e { f } } /- { g }; h"##), @r##"
    (t)n ["n"] head [(t)"n" 1 k = (u)"\t" /-x #"r"#] whole [(t)"n" 1 k = (u)"\t" /-x #"r"# { c; /-d; e { f } }] block [{ c; /-d; e { f } }] [1] Integer(1) [1], [k = (u)"\t"] k=(u)String("\t") ["\t"], [#"r"#] String("r") [#"r"#]
      c [c] head [c] whole [c] 
      e [e] head [e] whole [e { f }] block [{ f }] 
        f [f] head [f] whole [f] 
    h [h] head [h] whole [h]
    "##);
    insta::assert_snapshot!(outline("a 170141183460469231731687303715884105728 -0x8_0 1.5e3 #null #-inf\n"), @r#"a [a] head [a 170141183460469231731687303715884105728 -0x8_0 1.5e3 #null #-inf] whole [a 170141183460469231731687303715884105728 -0x8_0 1.5e3 #null #-inf] [170141183460469231731687303715884105728] BigInteger("170141183460469231731687303715884105728") [170141183460469231731687303715884105728], [-0x8_0] Integer(-128) [-0x8_0], [1.5e3] Float(1500.0) [1.5e3], [#null] Null [#null], [#-inf] Float(-inf) [#-inf]"#);
}

#[test]
fn what_stands_behind_a_block_that_is_nested_too_deep_still_belongs_to_its_node() {
    let (open, close) = ("a {\n".repeat(64), "}\n".repeat(64));
    for block in ["b { c }", "b /-{ c }", "b {} /-{ c }", "b /-{} /-{ c }", "b /-{} { c }"] {
        assert_eq!(deepest(&format!("{open}{block} /-{{ d }}\n{close}e\n")), "b, then e", "{block}");
    }
    assert_eq!(deepest(&format!("{open}/-b {{}} /-{{")), ", then a");
}

/// The names of the innermost nodes and the last one of the top.
fn deepest(text: &str) -> String {
    let mut sink = Diagnostics::default();
    let document = parse(crate::source::FileId(0), text.into(), &mut sink);
    let last = document.nodes().last().expect("there is one").name().to_string();
    let mut nodes: Vec<Node<'_>> = document.nodes().collect();
    while let Some(children) = nodes.first().filter(|it| it.name() == "a").map(|it| it.children().collect()) {
        nodes = children;
    }
    let names: Vec<_> = nodes.iter().map(|it| it.name().to_string()).collect();
    format!("{}, then {last}", names.join(" "))
}
