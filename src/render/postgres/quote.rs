//! Names and values as SQL.

use crate::render::postgres::schema::{OWN, PUBLIC, TableName};

/// A name, always in quotes: no word is reserved there, and no letter changes its case.
pub fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The name of a table with that of its schema.
pub fn qualified(name: &TableName) -> String {
    let TableName { schema, table } = name;
    match schema.as_str() {
        PUBLIC | OWN => format!("{schema}.{}", ident(table)),
        other => format!("{}.{}", ident(other), ident(table)),
    }
}

/// Names with commas between them.
pub fn idents<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(ident).collect::<Vec<_>>().join(", ")
}

/// A text as a constant of SQL, whatever `standard_conforming_strings` says: one with a backslash is written as `E'…'`.
pub fn literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    match text.contains('\\') {
        true => format!("E'{}'", doubled.replace('\\', "\\\\")),
        false => format!("'{doubled}'"),
    }
}

/// The text of a function as a constant of SQL, as it stands: between two marks that are nowhere in it.
pub fn body(text: &str) -> String {
    let mut mark = "$body$".to_owned();
    // A `$` at its end would make a mark of the first half of the one behind it.
    while format!("{text}$").contains(&mark) {
        mark = mark.replacen("$b", "$bb", 1);
    }
    format!("{mark}{text}{mark}")
}

/// The longest name that PostgreSQL keeps.
const LONGEST: usize = 63;

/// A name made of others. One that PostgreSQL would cut off ends with a digest of the whole, so that no two become one.
pub fn joined(parts: &[&str]) -> String {
    let name = parts.join("_");
    if name.len() <= LONGEST {
        return name;
    }
    let digest = crate::tree::digest::Digest::of(name.as_bytes()).to_string();
    let kept = name.char_indices().map(|(at, _)| at).take_while(|at| *at <= LONGEST - 9).last().unwrap_or(0);
    format!("{}_{}", &name[..kept], &digest[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_end_where_they_end() {
        assert_eq!(ident("users"), r#""users""#);
        assert_eq!(ident(r#"a"; drop table b; --"#), r#""a""; drop table b; --""#);
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal(r"\' or 1=1"), r"E'\\'' or 1=1'");
    }

    #[test]
    fn texts_of_functions_end_where_they_end() {
        assert_eq!(body("it's \\"), r"$body$it's \$body$");
        assert_eq!(body("a $body$ b"), "$bbody$a $body$ b$bbody$");
        assert_eq!(body("$body"), "$bbody$$body$bbody$");
    }

    #[test]
    fn names_that_are_too_long_stay_apart() {
        let long = "a".repeat(40);
        let one = joined(&[&long, &long, "key"]);
        let other = joined(&[&long, &long, "idx"]);
        assert_eq!((one.len(), one == other), (63, false));
        assert_eq!(joined(&["users", "pkey"]), "users_pkey");
    }
}
