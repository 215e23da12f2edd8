//! What the text of a template may say, before the engine sees it.
//!
//! The engine counts steps, not the size of values, so a name that can be bound to twice its own value is a bomb of a few
//! lines. Here nothing that grows is left: no statement but `if` and `for` (a loop's name is bound to a part of what is
//! there already), no operator that repeats, none that joins in a loop or a list, and few filters and lists in one tag. What joins does so by a filter
//! of ours, which has a limit.
//!
//! Tags are found without guessing what the engine takes for a text or a comment: a tag holds no brace, a comment no tag,
//! and so the first that closes is the one that closes for the engine too.

/// A template is written by hand.
const MAX_TEXT: usize = 64 << 10;
/// How often one tag may filter, list or slice. Each may hold a copy of a text while the tag is worked out.
const MAX_COPIES: usize = 16;
/// How deep loops stand in each other. Each holds what it goes through.
const MAX_LOOPS: usize = 8;

const STATEMENTS: &[&str] = &["if", "elif", "else", "endif", "for", "endfor"];
/// Words that a list in parentheses may follow without a space.
const KEYWORDS: &[&str] = &["in", "if", "else", "not", "and", "or", "is"];

/// Refuses a text that could make values grow: the line, and what is wrong there.
pub(super) fn check(text: &str) -> Result<(), (u32, String)> {
    let at = |offset: usize, message: String| {
        let line = text[..offset].matches('\n').count() + 1;
        (u32::try_from(line).unwrap_or(u32::MAX), message)
    };
    if text.len() > MAX_TEXT {
        return Err(at(0, format!("it is longer than {} KiB", MAX_TEXT >> 10)));
    }
    // No YAML has one, and with some of them lines are marked.
    let is_control = |it: char| it.is_ascii_control() && !matches!(it, '\t' | '\n' | '\r');
    if let Some(offset) = text.find(is_control) {
        return Err(at(offset, "a control character stands here, which YAML does not allow".to_owned()));
    }
    let mut loops = 0_usize;
    let mut from = 0;
    while let Some(found) = text[from..].find('{') {
        let start = from + found;
        let rest = &text[start + 1..];
        from = match rest.as_bytes().first() {
            Some(b'#') => start + 2 + comment(&rest[1..]).map_err(|it| at(start, it))?,
            Some(opener @ (b'{' | b'%')) => {
                let is_statement = *opener == b'%';
                let inside = tag(&rest[1..], is_statement).map_err(|it| at(start, it))?;
                let word = if is_statement { statement(inside).map_err(|it| at(start, it))? } else { "" };
                expression(inside, word == "for").map_err(|it| at(start, it))?;
                if is_statement {
                    match word {
                        "for" => {
                            iterable(inside).map_err(|it| at(start, it))?;
                            loops += 1;
                        }
                        "endfor" => loops = loops.saturating_sub(1),
                        _ => (),
                    }
                    if loops > MAX_LOOPS {
                        return Err(at(start, format!("loops stand at most {MAX_LOOPS} deep in each other")));
                    }
                }
                start + 2 + inside.len() + if is_statement { 1 } else { 2 }
            }
            _ => start + 1,
        };
    }
    Ok(())
}

/// The length of a comment with its end.
fn comment(rest: &str) -> Result<usize, String> {
    let end = rest.find("#}").ok_or("this comment has no end")?;
    if rest[..end].contains("{{") || rest[..end].contains("{%") {
        return Err("a comment holds no tag: write it with `#`, as YAML has it, or remove it".to_owned());
    }
    Ok(end + 2)
}

/// What stands inside of a tag; that of a statement with the `%` of its end.
fn tag(rest: &str, is_statement: bool) -> Result<&str, String> {
    let end = rest.find(['{', '}']).ok_or("this tag has no end")?;
    let inside = &rest[..end];
    let closes = match is_statement {
        true => inside.ends_with('%') && rest[end..].starts_with('}'),
        false => rest[end..].starts_with("}}"),
    };
    if closes {
        return Ok(inside);
    }
    Err("a tag holds no `{` and no `}` before its end, in a text neither: write mappings as YAML".to_owned())
}

/// Holds an expression to what cannot grow.
fn expression(inside: &str, is_for: bool) -> Result<(), String> {
    // The sign of whitespace control is no operator.
    let inside = inside.strip_prefix(['+', '-']).unwrap_or(inside);
    let inside = inside.strip_suffix('%').unwrap_or(inside);
    let inside = inside.strip_suffix(['+', '-']).unwrap_or(inside);
    let (mut copies, mut joins, mut commas) = (0, 0, 0);
    let mut letters = inside.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' | '\'' => loop {
                match letters.next() {
                    Some('\\') => _ = letters.next(),
                    Some(it) if it == letter => break,
                    Some(_) => (),
                    None => return Err("a text has no end in this tag".to_owned()),
                }
            },
            '+' | '*' => {
                return Err(format!(
                    "`{letter}` is no operator of a template: to put texts together, write `[a, b] | join`"
                ));
            }
            '~' => joins += 1,
            '|' | '[' => copies += 1,
            ',' => commas += 1,
            _ => (),
        }
    }
    // What is joined must not become part of a list that is joined again: each time, its backslashes would double.
    if joins > MAX_COPIES || (joins > 0 && (copies > 0 || commas > 0 || is_for)) {
        return Err("`~` stands alone with names and texts, a few of them: otherwise write `[a, b] | join`"
            .to_owned());
    }
    if copies > MAX_COPIES {
        return Err(format!("a tag has at most {MAX_COPIES} of `|` and `[`"));
    }
    Ok(())
}

/// The word of a statement.
fn statement(inside: &str) -> Result<&str, String> {
    let inside = inside.strip_prefix(['+', '-']).unwrap_or(inside).trim_start();
    let is_name = |it: char| it.is_alphanumeric() || it == '_';
    let word = &inside[..inside.find(|it| !is_name(it)).unwrap_or(inside.len())];
    if !STATEMENTS.contains(&word) {
        return Err(format!(
            "`{word}` is no statement of a template: there are `if`, `elif`, `else`, `endif`, `for` and `endfor`"
        ));
    }
    if inside.split(|it| !is_name(it)).any(|it| it == "recursive") {
        return Err("`recursive` loops are no part of a template".to_owned());
    }
    Ok(word)
}

/// A loop goes through what is there already. One through `[[a, a]]` would bind a name to twice its value after all.
fn iterable(inside: &str) -> Result<(), String> {
    let is_name = |it: char| it.is_alphanumeric() || it == '_';
    // What stands before the first `in` are the names to bind.
    let Some(start) = inside
        .match_indices("in")
        .map(|(it, _)| it)
        .find(|it| !inside[..*it].ends_with(is_name) && !inside[it + 2..].starts_with(is_name))
    else {
        return Err("`for` goes through something: `for name in names`".to_owned());
    };
    let mut word = String::new();
    // Whether each parenthesis that is open holds arguments: commas in these make no list.
    let mut open = Vec::new();
    let (mut makes_list, mut names) = (false, false);
    let mut letters = inside[start + 2..].chars();
    while let Some(letter) = letters.next() {
        if is_name(letter) {
            word.push(letter);
            names |= letter.is_alphabetic() || letter == '_';
            continue;
        }
        match letter {
            '"' | '\'' => {
                while let Some(it) = letters.next().filter(|it| *it != letter) {
                    if it == '\\' {
                        letters.next();
                    }
                }
            }
            '(' => open.push(!word.is_empty() && !KEYWORDS.contains(&&*word)),
            '[' => open.push(false),
            ')' | ']' => _ = open.pop(),
            ',' => makes_list |= open.last() != Some(&true),
            _ => (),
        }
        word.clear();
    }
    if makes_list && names {
        return Err("a loop goes through a list that is there, or one of plain texts and numbers".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn what_cannot_grow_passes() {
        for text in [
            "a: {{ a ~ '-b' }}\nb: [{x: {{ b.c }}}, {y: '*'}] # a + b\n",
            "{#- why: 1 + 1 #}\n{%- if a == '*' -%}\nb: {{- \"+~'\" -}}\n{%+ endif %}\n",
            "{% for k, v in labels | dictsort %}{{ k }}: {{ v | default('\\'') }}\n{% endfor %}",
            "{% for a in [80, '4,3'] %}{{ a }}{% endfor %}{% for a in b | selectattr('c', 'eq', 'd') %}{{ a }}{% endfor %}",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn the_end_of_a_tag_cannot_be_hidden() {
        let texts = [
            "{{ '}}' ~ a }}",
            "{% if '%}' ~ a %}",
            "{{ \"{#\" }}{{ a ~ a }}",
            "{# {{ #}{% set a = 1 %}",
            "{{ {'a': 1} }}",
            "{{ a '",
            "{{ '\\'' ~ a }}",
            "{#",
            "a\n{%set a = 1%}",
            "{%%}",
            "{% for a in b recursive %}",
            "{% for a in [[a, a]] %}",
            "{% for a in a ~ a %}",
            "{{ [a ~ a] ~ a }}",
            "{{ (a ~ a, a) ~ a }}",
            "{{ (a ~ a | list) ~ a }}",
            "{% for a in(a, a) %}",
            "{% for a in b | default([a, a]) %}",
            "{% for a in a, a %}",
            "{% for a in ['\\'', a, a] %}",
            "a: b\n\u{1}3\u{2}",
        ];
        let seen = texts
            .map(|it| check(it).map_or_else(|(line, it)| format!("{line}: {it}"), |()| "passes".to_owned()));
        insta::assert_snapshot!(seen.join("\n"), @"
        1: a text has no end in this tag
        1: a text has no end in this tag
        1: a tag holds no `{` and no `}` before its end, in a text neither: write mappings as YAML
        1: a comment holds no tag: write it with `#`, as YAML has it, or remove it
        1: a tag holds no `{` and no `}` before its end, in a text neither: write mappings as YAML
        1: this tag has no end
        passes
        1: this comment has no end
        2: `set` is no statement of a template: there are `if`, `elif`, `else`, `endif`, `for` and `endfor`
        1: `` is no statement of a template: there are `if`, `elif`, `else`, `endif`, `for` and `endfor`
        1: `recursive` loops are no part of a template
        1: a loop goes through a list that is there, or one of plain texts and numbers
        1: `~` stands alone with names and texts, a few of them: otherwise write `[a, b] | join`
        1: `~` stands alone with names and texts, a few of them: otherwise write `[a, b] | join`
        1: `~` stands alone with names and texts, a few of them: otherwise write `[a, b] | join`
        1: `~` stands alone with names and texts, a few of them: otherwise write `[a, b] | join`
        1: a loop goes through a list that is there, or one of plain texts and numbers
        1: a loop goes through a list that is there, or one of plain texts and numbers
        1: a loop goes through a list that is there, or one of plain texts and numbers
        1: a loop goes through a list that is there, or one of plain texts and numbers
        2: a control character stands here, which YAML does not allow
        ");
    }
}
