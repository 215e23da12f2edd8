//! How formatted texts look.

use std::sync::Arc;

use crate::source::FileId;
use crate::syntax::format::format;

fn check(text: &str) -> String {
    let once = format(FileId(0), &Arc::from(text)).expect("the text has no mistakes");
    let twice = format(FileId(0), &Arc::from(&*once)).expect("what was printed has none either");
    assert_eq!(once, twice, "formatting twice changes nothing");
    once
}

#[test]
fn space_becomes_even() {
    insta::assert_snapshot!(check("a   1\tk = 2\u{a0}( t )x;b\r\n\r\n\r\n  c{d;e{f 1}\n}\n\n"), @r#"
    a 1 k=2 (t)x
    b

    c {
        d
        e { f 1 }
    }
    "#);
}

#[test]
fn a_block_stays_on_its_line_or_on_its_lines() {
    insta::assert_snapshot!(check("a {b;c {d}  }\ne {}\nf {\n}\ng { h\n}\n"), @r#"
    a { b; c { d } }
    e {}
    f {}
    g {
        h
    }
    "#);
}

#[test]
fn comments_stay_where_they_are() {
    insta::assert_snapshot!(check("// top\n\n\n\n/* one */ /* two */ a 1 /* in */ 2 // behind\n  // own line\nb { // open\n\n  // first\n  c /* end */\n\n\n  // last\n}// close\n"), @r#"
    // top

    /* one */ /* two */ a 1 /* in */ 2 // behind
    // own line
    b { // open
        // first
        c /* end */

        // last
    } // close
    "#);
}

#[test]
fn a_comment_that_looks_like_an_open_block_ends_its_line() {
    insta::assert_snapshot!(check("a { // \"c\" {\n}\nb { /* { */\n}\n"), @r#"
    a { // "c" {
    }
    b { /* { */
    }
    "#);
}

#[test]
fn comments_that_stood_in_one_column_still_do() {
    insta::assert_snapshot!(check("a 1     // one\nbcd 2   // two\ne 3 // three\n\nf     // four\n"), @r#"
    a 1   // one
    bcd 2 // two
    e 3 // three

    f // four
    "#);
}

#[test]
fn what_is_left_out_stays_left_out() {
    insta::assert_snapshot!(check("/- a 1\n/-\n\nb /-  1 /- k = 2 /- { c\n} { d }\n/- // why\ne\n"), @r#"
    /-a 1
    /-b /-1 /-k=2 /-{
        c
    } { d }
    /- // why
    e
    "#);
    insta::assert_snapshot!(check("/- kdl-version 2\na\n"), @r#"
    /- kdl-version 2
    a
    "#);
    // Nothing becomes a marker that was none: this text says of itself that it is KDL 1 only then.
    insta::assert_snapshot!(check("/- kdl-version 1;\na\n"), @r#"
    /-kdl-version 1
    a
    "#);
    insta::assert_snapshot!(check("/- kdl-version 1\\\n// why\na\n"), @r#"
    /-kdl-version 1
    // why
    a
    "#);
}

#[test]
fn continued_lines_stay_continued() {
    insta::assert_snapshot!(check("a 1 \\\n2 \\ // two\n     3 \\\n\nb \\\n\\\n 1\n"), @r#"
    a 1 \
        2 \ // two
        3

    b \
        1
    "#);
}

#[test]
fn texts_of_several_lines_are_indented_with_their_node() {
    insta::assert_snapshot!(check("a {\n  b \"\"\"\n  one\n   two\n\n  \"\"\"\n  c #\"\"\"\n\tx\n\t\"\"\"#\n}\n"), @r##"
    a {
        b """
            one
             two

            """
        c #"""
            x
            """#
    }
    "##);
    insta::assert_snapshot!(check("a \"\"\"\n  one \\\n two\n  \"\"\"\n"), @r#"
    a """
      one \
     two
      """
    "#);
}

#[test]
fn spellings_stay() {
    insta::assert_snapshot!(check("a 0xFF 1_000 1.50e+3 \"x\\u{e9}\" #\"y\"# \"plain\" #-inf\n"), @r##"a 0xFF 1_000 1.50e+3 "x\u{e9}" #"y"# "plain" #-inf"##);
}
