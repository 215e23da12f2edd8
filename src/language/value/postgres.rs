//! What PostgreSQL calls things: identifiers, settings, versions, types of columns and values for them.

pub mod column_type;
pub mod expression;
pub mod literal;
pub mod predicate;
mod reserved;

use std::fmt;
use std::sync::Arc;

use crate::language::value::plain::digits;
use crate::language::value::postgres::column_type::BaseType;
use crate::language::value::refusal::{float, quote};
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

/// The name of a table, column or role: lower-case letters, digits and `_`, at most 63, no key word, so that nobody ever has
/// to quote it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier(Arc<str>);

/// The name of a schema, which is none of PostgreSQL's own and not the one of trackside's functions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaName(Arc<str>);

/// A column of a table of the same database: `users.id`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnPath {
    /// The table.
    pub table: Identifier,
    /// Its column.
    pub column: Identifier,
}

/// A key of a table of the same database, of one column or several: `users.id`, `services(project_id, id)`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyPath {
    /// The table.
    pub table: Identifier,
    /// Its columns, in their order.
    pub columns: Vec<Identifier>,
}

/// A setting of a session that PostgreSQL itself does not know: two identifiers with a dot between them,
/// `app.current_user_id`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Setting(Arc<str>);

/// A major version of PostgreSQL that its developers still mend: `"17"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PostgresVersion(pub u32);

/// The type of a column in its usual spelling: `uuid`, `varchar(200)`, `numeric(12, 2)`, `text[]`, or the name of one that the database
/// declares.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnType {
    /// The type of its values, or of the elements of an array.
    pub base: BaseType,
    /// What stands in parentheses behind it: a length, or a precision and a scale.
    pub modifiers: [Option<u16>; 2],
    /// Whether it is an array.
    pub is_array: bool,
    /// The type by whose name it goes, where the database declares it.
    pub declared: Option<Arc<DeclaredType>>,
}

/// A type that a database declares for itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeclaredType {
    /// What it is called.
    pub name: Identifier,
    /// The values of an enumeration, in their order; none of what is another type with a check.
    pub values: Vec<Label>,
}

/// A value of an enumeration: at most 63 bytes, which is what PostgreSQL has room for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(Arc<str>);

texts!(Identifier, Label, SchemaName, Setting);

/// What PostgreSQL keeps of a name; it cuts off the rest without a word.
const LONGEST: usize = 63;

/// What every table has already.
const SYSTEM_COLUMNS: [&str; 7] = ["cmax", "cmin", "ctid", "oid", "tableoid", "xmax", "xmin"];

impl Identifier {
    /// The name of something that is declared elsewhere. Whether anything may be called so is said there.
    fn of_another(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, LONGEST)?;
        form.only(text, |it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_')?;
        if text.starts_with(|it: char| it.is_ascii_digit()) {
            return Err(form.refuse(format!("{} starts with a digit", quote(text))));
        }
        Ok(Self(Arc::from(text)))
    }

    pub(in crate::language) fn read(text: &str) -> Result<Self, Invalid> {
        let name = Self::of_another(text)?;
        if reserved::WORDS.binary_search(&text).is_ok() {
            return Err(Invalid::new(format!("`{text}` is a key word of SQL"))
                .help("every query would have to quote it: take another name, as in `orders` for `order`"));
        }
        if text.starts_with("pg_") || SYSTEM_COLUMNS.contains(&text) {
            return Err(
                Invalid::new(format!("`{text}` is a name of PostgreSQL's own")).help("take another name")
            );
        }
        Ok(name)
    }
}

impl Parse for Identifier {
    const FORM: Form = Form {
        name: "name in a database",
        expects: "lower-case letters, digits and `_`, no digit first, at most 63 characters",
        example: "\"created_at\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| it.mend(&respelled(text), Self::read))
    }
}

/// `createdAt` and `Created-At` as `created_at`.
fn respelled(text: &str) -> String {
    let mut spelled = String::new();
    let mut after_small = false;
    for it in text.trim().chars().take(2 * LONGEST) {
        if it.is_ascii_uppercase() && after_small {
            spelled.push('_');
        }
        after_small = it.is_ascii_lowercase() || it.is_ascii_digit();
        spelled.push(if matches!(it, '-' | ' ' | '.') { '_' } else { it.to_ascii_lowercase() });
    }
    spelled
}

impl SchemaName {
    /// The schema that every database has.
    pub fn public() -> Self {
        Self(Arc::from("public"))
    }
}

impl Parse for SchemaName {
    const FORM: Form = Form {
        name: "name of a schema",
        expects: "lower-case letters, digits and `_`, no digit first, at most 63 characters",
        example: "\"billing\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        if let Value::String("public") = value {
            return Ok(Self::public());
        }
        let Identifier(text) = Identifier::parse(value)?;
        match &*text {
            "trackside" | "information_schema" => {
                Err(Invalid::new(format!("`{text}` is not for tables of your own")).help("take another name"))
            }
            _ => Ok(Self(text)),
        }
    }
}

impl Parse for Label {
    const FORM: Form = Form {
        name: "value of an enumeration",
        expects: "a text of at most 63 bytes",
        example: "\"shipped\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::FORM.within(text, LONGEST)?;
        if text.len() > LONGEST {
            return Err(Self::FORM.refuse(format!("{} has {} bytes", quote(text), text.len())));
        }
        Self::FORM.only(text, |it| !it.is_control())?;
        Ok(Self(Arc::from(text)))
    }
}

impl ColumnPath {
    fn read(text: &str) -> Result<Self, Invalid> {
        Self::FORM.within(text, 2 * LONGEST + 1)?;
        match text.split_once('.') {
            Some((_, rest)) if rest.contains('.') => {
                Err(Self::FORM.refuse(format!("{} has more parts than a table and its column", quote(text))))
            }
            Some((table, column)) => {
                Ok(Self { table: Identifier::of_another(table)?, column: Identifier::of_another(column)? })
            }
            None => {
                Err(Self::FORM.refuse(format!("{} does not say which column of which table", quote(text))))
            }
        }
    }
}

impl Parse for ColumnPath {
    const FORM: Form =
        Form { name: "column of a table", expects: "a table, a dot and its column", example: "\"users.id\"" };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| {
            // `users(id)`, as SQL writes it.
            let spelled = text.trim().replace('(', ".").replace(')', "");
            let parts: Vec<String> = spelled.split('.').take(3).map(respelled).collect();
            it.mend(&parts.join("."), Self::read)
        })
    }
}

impl fmt::Display for ColumnPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.table, self.column)
    }
}

impl KeyPath {
    /// More than any key has.
    const MOST: usize = 32;

    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, Self::MOST * (LONGEST + 2))?;
        let Some((table, rest)) = text.split_once('(') else {
            let ColumnPath { table, column } = ColumnPath::read(text)?;
            return Ok(Self { table, columns: vec![column] });
        };
        let Some((inside, "")) = rest.split_once(')') else {
            return Err(form.refuse(format!("{} does not end with its `)`", quote(text))));
        };
        let columns: Result<Vec<Identifier>, Invalid> =
            inside.split(',').take(Self::MOST).map(|it| Identifier::of_another(it.trim())).collect();
        Ok(Self { table: Identifier::of_another(table)?, columns: columns? })
    }
}

impl Parse for KeyPath {
    const FORM: Form = Form {
        name: "key of a table",
        expects: "a table and, in parentheses, the columns of its key",
        example: "\"services(project_id, id)\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| {
            let spelled = text.trim().replace(" (", "(").to_ascii_lowercase();
            it.mend(&spelled, Self::read)
        })
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, columns } = self;
        match columns.as_slice() {
            [only] => write!(formatter, "{table}.{only}"),
            several => {
                let several: Vec<&str> = several.iter().map(Identifier::as_str).collect();
                write!(formatter, "{table}({})", several.join(", "))
            }
        }
    }
}

impl Setting {
    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, LONGEST)?;
        form.only(text, |it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_' || it == '.')?;
        let parts: Vec<&str> = text.split('.').collect();
        let is_name = |it: &str| it.starts_with(|it: char| it.is_ascii_lowercase() || it == '_');
        match parts.as_slice() {
            [front, back] if is_name(front) && is_name(back) => Ok(Self(Arc::from(text))),
            [_] => Err(form
                .refuse(format!("{} has no dot, so it would be a setting of PostgreSQL's own", quote(text)))),
            _ => Err(form.refuse(format!("{} is not two names with a dot between them", quote(text)))),
        }
    }
}

impl Parse for Setting {
    const FORM: Form = Form {
        name: "setting",
        expects: "two names in lower case with a dot between them",
        example: "\"app.current_user_id\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        let respelled = || text.trim().replace('-', "_").to_ascii_lowercase();
        Self::read(text).map_err(|it| it.mend(&respelled(), Self::read))
    }
}

impl PostgresVersion {
    /// The oldest major version that is known: the one before has had its last release.
    const OLDEST: u32 = 14;
    /// The newest one.
    const NEWEST: u32 = 18;

    fn read(text: &str) -> Result<Self, Invalid> {
        Self::FORM.within(text, 20)?;
        let Some(number) = digits(text) else {
            return Err(Self::FORM.refuse(format!("{} is not a major version of PostgreSQL", quote(text))));
        };
        let known = (Self::OLDEST..=Self::NEWEST).find(|it| u64::from(*it) == number);
        known.map(Self).ok_or_else(|| {
            Invalid::new(format!("PostgreSQL {} is not supported", quote(text))).help(format!(
                "the supported versions are `{}` to `{}`",
                Self::OLDEST,
                Self::NEWEST
            ))
        })
    }
}

impl Parse for PostgresVersion {
    const FORM: Form = Form {
        name: "PostgreSQL version",
        expects: "a major version of PostgreSQL from `14` to `18`, in quotes",
        example: "\"17\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        // `15.4`, `v15`: the minor version is the server's own affair.
        let major = |text: &str| {
            let bare = text.trim().trim_start_matches('v');
            bare.split_once('.').map_or(bare, |(major, _)| major).to_owned()
        };
        match value {
            Value::Integer(number) => Err(Self::FORM.mismatch(value).mend(&number.to_string(), Self::read)),
            Value::Float(number) => Err(Self::FORM.mismatch(value).mend(&major(&float(number)), Self::read)),
            _ => {
                let text = Self::FORM.text(value)?;
                Self::read(text).map_err(|it| it.mend(&major(text), Self::read))
            }
        }
    }
}

impl fmt::Display for PostgresVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

serialized_as_displayed!(ColumnPath, ColumnType, KeyPath, PostgresVersion);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn names_need_no_quotes_in_any_query() {
        insta::assert_snapshot!(check::<Identifier>(r#"
            users
            _a1
            createdAt
            "Order Items"
            user
            1st
            pg_stats
            ctid
            größe
            "x\"; drop table users; --"
        "#), @r#"
        users => users
        _a1 => _a1
        createdAt => `createdAt` has `A`, which a name in a database cannot have | write lower-case letters, digits and `_`, no digit first, at most 63 characters, as in `"created_at"` | "created_at"
        "Order Items" => `Order Items` has `O`, which a name in a database cannot have | write lower-case letters, digits and `_`, no digit first, at most 63 characters, as in `"created_at"` | "order_items"
        user => `user` is a key word of SQL | every query would have to quote it: take another name, as in `orders` for `order`
        1st => `1st` starts with a digit | write lower-case letters, digits and `_`, no digit first, at most 63 characters, as in `"created_at"`
        pg_stats => `pg_stats` is a name of PostgreSQL's own | take another name
        ctid => `ctid` is a name of PostgreSQL's own | take another name
        größe => `größe` has `ö`, which a name in a database cannot have | write lower-case letters, digits and `_`, no digit first, at most 63 characters, as in `"created_at"`
        "x\"; drop table users; --" => `x"; drop table users; --` has `"`, which a name in a database cannot have | write lower-case letters, digits and `_`, no digit first, at most 63 characters, as in `"created_at"`
        "#);
        assert!(Identifier::read(&"a".repeat(63)).is_ok());
        assert!(Identifier::read(&"a".repeat(64)).is_err());
    }

    #[test]
    fn settings_and_paths_have_one_dot() {
        insta::assert_snapshot!(check::<Setting>(r"
            app.current_user_id
            App.User-Id
            current_user
            a.b.c
            a.1
        "), @r#"
        app.current_user_id => app.current_user_id
        App.User-Id => `App.User-Id` has `A`, which a setting cannot have | write two names in lower case with a dot between them, as in `"app.current_user_id"` | "app.user_id"
        current_user => `current_user` has no dot, so it would be a setting of PostgreSQL's own | write two names in lower case with a dot between them, as in `"app.current_user_id"`
        a.b.c => `a.b.c` is not two names with a dot between them | write two names in lower case with a dot between them, as in `"app.current_user_id"`
        a.1 => `a.1` is not two names with a dot between them | write two names in lower case with a dot between them, as in `"app.current_user_id"`
        "#);
        insta::assert_snapshot!(check::<ColumnPath>(r"
            users.id
            users(id)
            Users.Id
            users
            public.users.id
        "), @r#"
        users.id => users.id
        users(id) => `users(id)` does not say which column of which table | write a table, a dot and its column, as in `"users.id"` | "users.id"
        Users.Id => `Users` has `U`, which a name in a database cannot have | write lower-case letters, digits and `_`, no digit first, at most 63 characters, as in `"created_at"` | "users.id"
        users => `users` does not say which column of which table | write a table, a dot and its column, as in `"users.id"`
        public.users.id => `public.users.id` has more parts than a table and its column | write a table, a dot and its column, as in `"users.id"`
        "#);
    }

    #[test]
    fn versions_are_major() {
        insta::assert_snapshot!(check::<PostgresVersion>(r#"
            "15"
            18
            15.4
            "v16.2"
            13
            latest
        "#), @r#"
        "15" => 15
        18 => expected a PostgreSQL version, found the number `18` | write a major version of PostgreSQL from `14` to `18`, in quotes, as in `"17"` | "18"
        15.4 => expected a PostgreSQL version, found the number `15.4` | write a major version of PostgreSQL from `14` to `18`, in quotes, as in `"17"` | "15"
        "v16.2" => `v16.2` is not a major version of PostgreSQL | write a major version of PostgreSQL from `14` to `18`, in quotes, as in `"17"` | "16"
        13 => expected a PostgreSQL version, found the number `13` | write a major version of PostgreSQL from `14` to `18`, in quotes, as in `"17"`
        latest => `latest` is not a major version of PostgreSQL | write a major version of PostgreSQL from `14` to `18`, in quotes, as in `"17"`
        "#);
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<Identifier>("[a-zA-Z_]{1,3}[a-z0-9_-]{0,61}");
        holds::<ColumnPath>("[a-z_]{1,9}[.(][a-z0-9_]{1,9}\\)?");
        holds::<Setting>("[a-z]{1,9}\\.[a-z0-9_]{1,30}");
        holds::<PostgresVersion>("v?1[0-9](\\.[0-9])?");
    }
}
