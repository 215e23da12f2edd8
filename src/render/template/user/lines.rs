//! Which line of a template what it gives comes from.
//!
//! The engine does not say. So before it sees a text, a mark with the number of the line is put where the text of each line
//! begins, and what the engine gives is read for them and freed of them. A mark stands between control characters, which
//! YAML does not allow and which values are never written with; and it stands behind whitespace and before something else
//! that is printed, so that `{{-` and `-%}` find the same whitespace to take away. A line of which nothing but the whitespace
//! is printed as it stands has none: what its tags print belongs to the line before.

use std::fmt::Write as _;

const OPEN: char = '\u{1}';
const CLOSE: char = '\u{2}';

/// Puts marks into a template whose tags [`tags`](super::tags) has checked.
pub(super) fn mark(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let (mut line, mut is_marked) = (1_u32, false);
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let tag = tag(rest);
        let is_printed = match tag {
            Some(tag) => tag.starts_with("{{") && !tag.starts_with("{{-"),
            None => !letter.is_whitespace(),
        };
        if is_printed && !is_marked {
            // Writing to a text cannot fail.
            _ = write!(out, "{OPEN}{line}{CLOSE}");
            is_marked = true;
        }
        let (taken, left) = rest.split_at(tag.map_or(letter.len_utf8(), str::len));
        out.push_str(taken);
        let breaks = taken.matches('\n').count();
        if breaks > 0 {
            line += u32::try_from(breaks).expect("a template has less than 4 Gi lines");
            is_marked = false;
        }
        rest = left;
    }
    out
}

/// The tag that a text begins with.
fn tag(text: &str) -> Option<&str> {
    let end = match text.as_bytes() {
        [b'{', b'{', ..] => "}}",
        [b'{', b'%', ..] => "%}",
        [b'{', b'#', ..] => "#}",
        _ => return None,
    };
    let length = text[2..].find(end)? + 2 + end.len();
    Some(&text[..length])
}

/// The lines of a template by the places of what it gives.
#[derive(Debug, Default)]
pub(super) struct Lines(Vec<(u32, u32)>);

impl Lines {
    /// The line of a template that a byte of what it gives comes from.
    pub(super) fn of(&self, at: u32) -> u32 {
        let behind = self.0.partition_point(|it| it.0 <= at);
        behind.checked_sub(1).map_or(1, |it| self.0[it].1)
    }
}

/// Takes the marks out again.
pub(super) fn unmark(text: &str) -> (String, Lines) {
    let mut out = String::with_capacity(text.len());
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(OPEN) {
        out.push_str(before);
        let mark = behind.split_once(CLOSE).and_then(|(line, left)| Some((line.parse().ok()?, left)));
        rest = match mark {
            Some((line, left)) => {
                lines.push((u32::try_from(out.len()).expect("the text has less than 4 GiB"), line));
                left
            }
            None => {
                out.push(OPEN);
                behind
            }
        };
    }
    out.push_str(rest);
    (out, Lines(lines))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::render::template::user::{Budget, Engine};
    use crate::render::yaml::Step;

    /// The lines of what a template gives, each with the line of the template that it comes from.
    fn check(text: &str) -> String {
        let mut engine = Engine::default();
        engine.add("test.yaml.j2", text).expect("it compiles");
        let filled = engine
            .fill(
                "test.yaml.j2",
                &json!({ "name": "a\u{1}7\u{2}b", "list": [1, 2] }),
                &mut Budget::OF_PLATFORM.clone(),
            )
            .expect("it fills");
        let path = |steps: &[&str]| {
            let step = |it: &&str| it.parse().map_or_else(|_| Step::Key((*it).to_owned()), Step::Index);
            steps.iter().map(step).collect::<Vec<_>>()
        };
        let paths = [&["a"][..], &["b"], &["b", "0"], &["b", "1", "c"], &["d"], &["nowhere"]];
        let seen = paths.map(|it| format!("{} {}", it.join("."), filled.line(&path(it))));
        format!("{}\n{}", seen.join(", "), filled.object)
    }

    #[test]
    fn what_is_given_leads_back_to_its_line() {
        let text = "\
# a comment
{% if list %}
a: {{ name }}
{%- endif %}

b:
{%- for it in list %}
  - x: {{ it }}
    {{- '' | safe }}
    c:
      {{ it }}
{%- endfor %}
{{ 'd' | safe }}: {{
  name
}}
";
        insta::assert_snapshot!(check(text), @r#"
        a 3, b 6, b.0 8, b.1.c 10, d 13, nowhere 3
        {"a":"a\u00017\u0002b","b":[{"x":1,"c":1},{"x":2,"c":2}],"d":"a\u00017\u0002b"}
        "#);
    }

    #[test]
    fn marks_change_nothing() {
        let texts = ["", "a", "  a\n\n b", "{#- x -#}\n a: {{- 1 -}}\n"];
        for text in texts {
            assert_eq!(unmark(&mark(text)).0, text);
        }
    }
}
