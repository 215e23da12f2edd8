//! Columns: of which type they are, what they refer to, and what their values are to people.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, Edit, Fix};
use crate::language::database::declared_type::Types;
use crate::language::database::foreign_key::{self, Action};
use crate::language::item::{self, Item};
use crate::language::kind::{Class, Field, Kind};
use crate::language::value::postgres::expression::{Expression, Family};
use crate::language::value::postgres::literal::Literal;
use crate::language::value::postgres::{ColumnPath, ColumnType, Identifier};
use crate::language::value::text::Line;
use crate::language::value::{Form, Invalid, Parse};
use crate::source::{Span, Spanned};
use crate::syntax::Value;

/// The table.
pub static KIND: Kind = Kind::new(
    "column",
    Class::Named,
    "A column. It always has a value unless it is `nullable`.",
)
.arguments(&[
    Field::required::<Identifier>("name", "What it is called."),
    Field::required::<ColumnType>("type", "The type of its values."),
])
.properties(&[
    Field::default::<bool>("nullable", "#false", "Whether it may be without a value."),
    Field::default::<bool>("primary-key", "#false", "Whether it alone tells rows apart."),
    Field::default::<bool>("unique", "#false", "Whether no two rows have the same value."),
    Field::optional::<Literal>(
        "default",
        "Its value in a new row that does not say. Of a whole number, `\"identity\"` counts up; of a uuid, `\"random\"` \
         makes one up; of a time, `\"now\"` is the moment of insertion.",
    ),
    Field::optional::<Expression>(
        "generated",
        "What its value is computed from, whenever a row is written: other columns of the row. Nobody writes it, and it tells of a \
         person what these do.",
    ),
    Field::optional::<Identifier>(
        "from",
        "The column that it takes the place of, with another type or meaning of the same values. As long as both are declared, what \
         is written to one is in the other as well, converted; the migration that adds it fills the rows that are there, little by little. \
         Then the other one is taken away, and nothing is lost. Once that has run everywhere, it can be left out.",
    ),
    Field::optional::<ColumnPath>("references", "The column whose values it has: a key of its table."),
    foreign_key::ON_DELETE,
    foreign_key::ON_UPDATE,
    Field::default::<bool>("owner", "#false", "Whether it is the id of the user whose row it is: `owner` in row rules."),
    Field::default::<bool>(
        "shared",
        "#false",
        "Whether it is a list of the ids of users who share the row: `shared` in row rules.",
    ),
    Field::default::<bool>("subject", "#false", "Whether it is the id of the user whose personal data the row holds."),
    Field::default::<bool>("personal", "#false", "Whether its values tell something of a person."),
    Field::optional::<Erase>(
        "erase",
        "What stands in it after the row has been pseudonymised; `\"null\"` for nothing.",
    ),
    Field::default::<bool>("encrypted", "#false", "Whether services encrypt its values by the key of the database."),
    Field::optional::<Line>("comment", "What whoever looks into the database is told of it."),
    Field::optional::<Identifier>(
        "was",
        "What it was called before, so that its migration renames it. Once that has run everywhere, it can be left out.",
    ),
])
.most(500);

/// What stands in a column after its row has been pseudonymised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Erase {
    /// Nothing.
    Null,
    /// The same for everybody.
    Value(Literal),
}

impl Column {
    /// One that is nothing but a name and a type.
    pub fn plain(name: Identifier, column_type: ColumnType, span: Span) -> Self {
        Self {
            name,
            was: None,
            column_type,
            nullable: true,
            unique: false,
            default: None,
            generated: None,
            from: None,
            references: None,
            owner: false,
            shared: false,
            subject: false,
            personal: false,
            erase: None,
            encrypted: false,
            comment: None,
            span,
        }
    }
}

impl Parse for Erase {
    const FORM: Form = Form {
        name: "erased value",
        expects: "`null` for nothing, or the value that everybody gets",
        example: "\"null\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        match value {
            Value::String("null") => Ok(Self::Null),
            Value::Null => Err(Self::FORM.mismatch(value).replacement("\"null\"")),
            other => Literal::parse(other).map(Self::Value),
        }
    }
}

/// A column as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a mark that is written by itself")]
pub struct Column {
    /// What it is called.
    pub name: Identifier,
    /// What it was called before.
    pub was: Option<Identifier>,
    /// The type of its values.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Whether it may be without a value.
    pub nullable: bool,
    /// Whether no two rows have the same value, by itself.
    pub unique: bool,
    /// Its value in a new row that does not say.
    pub default: Option<Default>,
    /// What its value is computed from.
    pub generated: Option<Expression>,
    /// The column that it takes the place of.
    pub from: Option<Identifier>,
    /// The column whose values it has.
    pub references: Option<Reference>,
    /// Whether it is the id of the user whose row it is.
    pub owner: bool,
    /// Whether it is a list of the ids of users who share the row.
    pub shared: bool,
    /// Whether it is the id of the user whose personal data the row holds.
    pub subject: bool,
    /// Whether its values tell something of a person.
    pub personal: bool,
    /// What stands in it after the row has been pseudonymised.
    pub erase: Option<Spanned<Erase>>,
    /// Whether services encrypt its values.
    pub encrypted: bool,
    /// What whoever looks into the database is told of it.
    pub comment: Option<Line>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// The value of a column in a new row that does not say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Default {
    /// The next number of the table.
    Identity,
    /// A uuid that nobody can guess.
    Random,
    /// The moment of insertion.
    Now,
    /// The same for every row.
    Value(Literal),
}

/// The column whose values another has.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Reference {
    /// The column, as `table.column`.
    pub to: ColumnPath,
    /// What becomes of the row when the one that it refers to is deleted; refused where there is none.
    pub on_delete: Option<Action>,
    /// What becomes of it when the value there changes; refused where there is none.
    pub on_update: Option<Action>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Reads a column.
pub fn resolve(item: &Item<'_>, types: &Types, sink: &mut Diagnostics) -> Option<Column> {
    let name = item.argument::<Identifier>(0, sink);
    let column_type = resolve_type(item, types, sink);
    let is =
        |word: &str, sink: &mut Diagnostics| item.property::<bool>(word, sink).is_some_and(|it| it.value);
    let written = item.property::<Literal>("default", sink);
    let default = match (&written, &column_type) {
        (Some(written), Some(column_type)) => resolve_default(written, &column_type.value, sink),
        _ => None,
    };
    let column = Column {
        nullable: is("nullable", sink),
        unique: is("unique", sink),
        default,
        generated: item.property::<Expression>("generated", sink).map(|it| it.value),
        from: item.property::<Identifier>("from", sink).map(|it| it.value),
        references: resolve_reference(item, sink),
        owner: is("owner", sink),
        shared: is("shared", sink),
        subject: is("subject", sink),
        personal: is("personal", sink),
        erase: item.property::<Erase>("erase", sink),
        encrypted: is("encrypted", sink),
        was: item.property::<Identifier>("was", sink).map(|it| it.value),
        comment: item.property::<Line>("comment", sink).map(|it| it.value),
        // One whose name was refused has been reported; nothing can refer to it.
        name: name?.value,
        // With a mistake in its type it still is a column.
        column_type: column_type.as_ref().map_or_else(item::stand_in, |it| it.value.clone()),
        span: item.span(),
    };
    is("primary-key", sink);
    if column_type.is_some() {
        check(&column, item, sink);
    }
    Some(column)
}

/// The type of a column: one that the database declares, or one that every PostgreSQL has.
fn resolve_type(item: &Item<'_>, types: &Types, sink: &mut Diagnostics) -> Option<Spanned<ColumnType>> {
    let entry = item.entries(1).next()?;
    if let Value::String(text) = entry.value() {
        let (name, is_array) = text.strip_suffix("[]").map_or((text, false), |it| (it, true));
        let declared = Identifier::read(name).ok().and_then(|it| types.get(&it));
        match declared {
            Some(it) if !(is_array && it.is_array) => {
                let column_type = ColumnType { is_array: is_array || it.is_array, ..it.clone() };
                return Some(Spanned::new(column_type, entry.value_span()));
            }
            Some(_) => {
                let message = format!("`{name}` is a list already");
                sink.report(
                    Diagnostic::new(Code::InvalidValue, entry.value_span(), message)
                        .replace(entry.value_span(), format!("\"{name}\"")),
                );
                return None;
            }
            None => {}
        }
    }
    item.argument::<ColumnType>(1, sink)
}

fn resolve_reference(item: &Item<'_>, sink: &mut Diagnostics) -> Option<Reference> {
    let on_delete = item.property::<Action>("on-delete", sink);
    let on_update = item.property::<Action>("on-update", sink);
    let to = item.property::<ColumnPath>("references", sink);
    if item.entry("references").is_none() {
        for (word, does, action) in
            [("on-delete", "be deleted", &on_delete), ("on-update", "change", &on_update)]
        {
            let Some(action) = action else { continue };
            let message = format!("{} refers to nothing that could {does}", item.described());
            sink.report(Diagnostic::new(Code::MissingField, action.span, message).help(format!(
                "say what it refers to, as in `references=\"users.id\"`, or leave `{word}` out"
            )));
        }
    }
    let to = to?;
    let [on_delete, on_update] = [on_delete, on_update].map(|it| it.map(|it| it.value));
    Some(Reference { to: to.value, on_delete, on_update, span: to.span })
}

fn resolve_default(
    written: &Spanned<Literal>,
    column_type: &ColumnType,
    sink: &mut Diagnostics,
) -> Option<Default> {
    use crate::language::value::postgres::column_type::BaseType;
    let word = match &written.value {
        Literal::Text(text) => &**text,
        _ => "",
    };
    match word {
        "identity" if column_type.is_integer() => return Some(Default::Identity),
        "random" if column_type.base == BaseType::Uuid && !column_type.is_array => {
            return Some(Default::Random);
        }
        "now" if column_type.is_time() => return Some(Default::Now),
        _ if column_type.holds(&written.value) => return Some(Default::Value(written.value.clone())),
        _ => {}
    }
    let message = format!("`{}` is no value of the type `{column_type}`", shown(&written.value));
    let diagnostic = Diagnostic::new(Code::ColumnValue, written.span, message);
    let spelled = word.to_ascii_lowercase();
    let meant = match spelled.trim_end_matches("()") {
        "now" | "current_timestamp" | "current_date" if column_type.is_time() => Some("now"),
        "gen_random_uuid" | "uuid_generate_v4" if column_type.base == BaseType::Uuid => Some("random"),
        "autoincrement" | "auto_increment" | "serial" if column_type.is_integer() => Some("identity"),
        _ => None,
    };
    sink.report(match meant {
        Some(meant) => diagnostic
            .help(format!("did you mean `\"{meant}\"`? Expressions of SQL are not written here"))
            .replace(written.span, format!("\"{meant}\"")),
        None => {
            diagnostic.help("write a value of the column as it is; expressions of SQL are not written here")
        }
    });
    None
}

/// A value in a sentence, never more than a line.
fn shown(value: &Literal) -> String {
    crate::language::value::refusal::quote(&value.to_string()).trim_matches('`').to_owned()
}

/// Reports marks that contradict each other or the type.
fn check(column: &Column, item: &Item<'_>, sink: &mut Diagnostics) {
    let Column { column_type, nullable, shared, owner, subject, erase, encrypted, personal, unique, .. } =
        column;
    let at = |word: &str| item.entry(word).map_or(item.span(), crate::syntax::Entry::span);
    let mut wrong = |word: &str, message: String, help: &str| {
        sink.report(Diagnostic::new(Code::ColumnMark, at(word), message).help(help));
    };
    let name = &column.name;
    if *shared && !column_type.is_array {
        let help = "a row is shared with several users: write `[]` behind the type";
        wrong("shared", format!("`{name}` is marked `shared` and no list"), help);
    }
    for (word, is_marked) in [("owner", *owner), ("subject", *subject)] {
        if is_marked && column_type.is_array {
            let help =
                if word == "owner" { "a list of users is `shared=#true`" } else { "give each its own row" };
            wrong(word, format!("`{name}` is marked `{word}` and a list"), help);
        }
    }
    if *encrypted {
        let marks = [("owner", *owner), ("shared", *shared), ("subject", *subject), ("unique", *unique)];
        for (word, _) in marks.iter().filter(|(_, is_marked)| *is_marked) {
            let help = "nothing can be found by a value that is encrypted: take one of the two away";
            wrong(word, format!("`{name}` is encrypted, and `{word}` at the same time"), help);
        }
        if column.references.is_some() {
            let help = "nothing can be found by a value that is encrypted: take one of the two away";
            wrong("references", format!("`{name}` is encrypted, and refers to another column"), help);
        }
        if !column_type.is_opaque() {
            let help = "`text`, `varchar`, `bytea`, `json` and `jsonb` can be encrypted";
            wrong("encrypted", format!("values of the type `{column_type}` cannot be encrypted"), help);
        }
        if column.default.is_some() {
            let help = "the database has no key to encrypt it with: leave it out";
            wrong("default", format!("`{name}` is encrypted, and has a default in the clear"), help);
        }
    }
    check_made(column, &mut wrong);
    if erase.is_some() && !personal {
        let help = "mark it `personal=#true`, or leave `erase` out";
        wrong("erase", format!("`{name}` says what is left of it after erasure, and is not personal"), help);
    }
    if let Some(erase) = erase.as_ref().filter(|_| *personal) {
        check_erase(column, erase, *nullable, item, sink);
    }
}

/// Reports marks of a column that is computed from others, or takes the place of another, which contradict that.
fn check_made(column: &Column, wrong: &mut impl FnMut(&str, String, &str)) {
    let name = &column.name;
    if column.generated.is_some() {
        let marks = [
            ("default", column.default.is_some()),
            ("from", column.from.is_some()),
            ("references", column.references.is_some()),
            ("owner", column.owner),
            ("shared", column.shared),
            ("subject", column.subject),
            ("personal", column.personal),
            ("encrypted", column.encrypted),
        ];
        for (word, _) in marks.iter().filter(|(_, is_marked)| *is_marked) {
            let help = "what it is follows from the columns that it is computed from: mark these";
            wrong(word, format!("`{name}` is computed, and says `{word}` of itself"), help);
        }
    }
    if column.from.is_some() {
        if column.default.is_some() {
            let help = "nobody could tell its default from what was written to the other one: give it one once that is gone";
            wrong("default", format!("`{name}` has what another column has, and a default"), help);
        }
        if column.encrypted {
            let help =
                "what services encrypt is bound to its column: only they can write it into another one";
            wrong("from", format!("`{name}` is encrypted, and PostgreSQL is to convert it"), help);
        }
    }
}

/// Reports columns that are computed from what is not there, or cannot be, and those that take the place of what is not like them.
pub fn check_among(columns: &[Column], table: &Item<'_>, sink: &mut Diagnostics) {
    let find = |name: &Identifier| columns.iter().find(|it| it.name == *name);
    for column in columns {
        let item = table.children(KIND.word).find(|it| it.span() == column.span);
        let at = |word: &str| {
            item.and_then(|it| it.entry(word)).map_or(column.span, crate::syntax::Entry::value_span)
        };
        let mut report = |word: &str, message: String, help: &str| {
            sink.report(Diagnostic::new(Code::ColumnMark, at(word), message).help(help));
        };
        if let Some(generated) = &column.generated {
            let asked: Vec<&Column> = generated.columns().into_iter().filter_map(find).collect();
            let family = generated.family(&|it| find(it).map(|it| Family::of(&it.column_type)));
            if let Some(it) = asked.iter().find(|it| it.generated.is_some()) {
                let help = "write what that one is computed from";
                report("generated", format!("`{}` is computed itself", it.name), help);
            } else if let Some(it) = asked.iter().find(|it| it.encrypted) {
                let help = "the database cannot look into it: let services write the column";
                report("generated", format!("`{}` is encrypted", it.name), help);
            } else if asked.is_empty() && family.is_ok() {
                report("generated", format!("`{generated}` asks no column"), "write a `default` instead");
            } else {
                let own = Family::of(&column.column_type);
                let message = match family {
                    Err(message) => message,
                    Ok(it) if own.holds(&it) => {
                        let may_be = |it: &Identifier| find(it).is_some_and(|it| it.nullable);
                        if !column.nullable && generated.may_be_missing(&may_be) {
                            let message = format!(
                                "`{generated}` may be nothing, and `{}` always has a value",
                                column.name
                            );
                            let help =
                                "write `nullable=#true`, or what it is then, as in `coalesce(name, '')`";
                            report("generated", message, help);
                        }
                        continue;
                    }
                    Ok(it) => {
                        format!("`{generated}` is {it}, and `{}` is `{}`", column.name, column.column_type)
                    }
                };
                report(
                    "generated",
                    message,
                    "compute a value of the type of the column from columns of its table",
                );
            }
        }
        let Some(from) = &column.from else { continue };
        let Some(other) = find(from) else {
            // Taken away already, unless it has got another name.
            if let Some(moved) = columns.iter().find(|it| it.was.as_ref() == Some(from)) {
                let message = format!("`{from}` is called `{}` from now on", moved.name);
                sink.report(
                    Diagnostic::new(Code::ColumnMark, at("from"), message)
                        .related(moved.span, "declared here")
                        .replace(at("from"), format!("\"{}\"", moved.name)),
                );
            }
            continue;
        };
        let message = if other.name == column.name {
            "it takes its own place".to_owned()
        } else if other.generated.is_some() || other.encrypted || other.from.is_some() {
            format!("`{}` is computed, encrypted or takes the place of another itself", other.name)
        } else if other.personal && !column.personal {
            format!("`{}` tells of a person, and `{}` has the same values", other.name, column.name)
        } else if let Some(twin) = columns.iter().find(|it| it.from == column.from && it.name != column.name)
            && twin.span < column.span
        {
            format!("`{}` takes the place of `{from}` already", twin.name)
        } else if !other.column_type.converts(&column.column_type) {
            format!("no `{}` is ever a `{}`", other.column_type, column.column_type)
        } else if other.nullable && !column.nullable {
            format!("`{}` may be without a value, and `{}` always has one", other.name, column.name)
        } else if column.column_type.is_array != other.column_type.is_array {
            format!("one of `{}` and `{}` is a list", other.name, column.name)
        } else {
            continue;
        };
        report("from", message, "name another column of the table, and mark both alike");
    }
}

fn check_erase(
    column: &Column,
    erase: &Spanned<Erase>,
    nullable: bool,
    item: &Item<'_>,
    sink: &mut Diagnostics,
) {
    let (name, column_type) = (&column.name, &column.column_type);
    match &erase.value {
        Erase::Null if !nullable => {
            let message = format!("`{name}` always has a value, and nothing is to be left of it");
            sink.report(
                Diagnostic::new(Code::ColumnValue, erase.span, message)
                    .help("let it be without one, or say what every erased row gets")
                    .fix(Fix {
                        title: "let it be without a value".to_owned(),
                        edits: vec![Edit {
                            span: item.node().head_span().after(),
                            text: " nullable=#true".to_owned(),
                        }],
                    }),
            );
        }
        Erase::Value(value) if column.encrypted || !column_type.holds(value) => {
            let message = match column.encrypted {
                true => {
                    format!("`{name}` is encrypted, and `{}` would stand there in the clear", shown(value))
                }
                false => format!("`{}` is no value of the type `{column_type}`", shown(value)),
            };
            sink.report(
                Diagnostic::new(Code::ColumnValue, erase.span, message)
                    .help("write a value that the column can have, or `\"null\"`"),
            );
        }
        Erase::Value(_) if column.unique => {
            let message = format!("no two rows have the same `{name}`, and every erased one would");
            sink.report(
                Diagnostic::new(Code::ColumnValue, erase.span, message)
                    .help("write `erase=\"null\"`: without a value, rows do not collide"),
            );
        }
        Erase::Null | Erase::Value(_) => {}
    }
}
