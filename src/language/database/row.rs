//! Row rules: which rows of a table a user may see and change.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::database::Database;
use crate::language::database::caller::{Caller, Privilege};
use crate::language::database::column::Column;
use crate::language::database::table::Table;
use crate::language::database::way::NoWay;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::value::postgres::column_type::BaseType;
use crate::language::value::postgres::{ColumnType, Identifier};
use crate::language::word::words;
use crate::source::{Span, Spanned};

/// The table.
pub static KIND: Kind = Kind::new(
    "rows",
    Class::Edge,
    "Which rows a user may see and change, by what the user is to the row. Several lines add up; reading does not permit \
     writing. Without any line nobody may do anything. Enforced by PostgreSQL: row security, forced, for the `application-role`, as \
     `trackside migrate new` writes it; services with a `caller` of their own are beside it. `members` \
     are rows of the database; who is in a `team` of the tree is not known there.",
)
.properties(&[
    Field::optional::<Condition>("read", "Who sees the row.").identity(),
    Field::optional::<Condition>("write", "Who adds, changes and deletes it.").identity(),
    Field::optional::<Identifier>(
        "through",
        "A column that refers to another table: the condition is asked of the row that it refers to.",
    )
    .identity(),
])
.most(16);

/// Who the members of a row are.
pub static MEMBERS: Kind = Kind::new(
    "members",
    Class::Single,
    "What `member` means for a row of this table: whoever another table lists for it.",
)
.arguments(&[Field::required::<Identifier>("table", "The table that lists members.")])
.properties(&[
    Field::required::<Identifier>("key", "Its column that refers to the row."),
    Field::required::<Identifier>("user", "Its column with the id of the user."),
]);

/// What a user is to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// The user whose id is in the column marked `owner`.
    Owner,
    /// A user whom `members` lists.
    Member,
    /// A user whose id is in the list marked `shared`.
    Shared,
    /// Every user, and nobody who has not said which one.
    Everyone,
    /// No user.
    Nobody,
}

words! {
    Condition: "condition of rows",
    Owner = "owner",
    Member = "member",
    Shared = "shared",
    Everyone = "everyone",
    Nobody = "nobody",
}

/// A row rule as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RowRule {
    /// Who sees the row.
    pub read: Option<Condition>,
    /// Who adds, changes and deletes it.
    pub write: Option<Condition>,
    /// The column that refers to the row of which the conditions are asked; the row itself where there is none.
    pub through: Option<Spanned<Identifier>>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Who the members of a row are, as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Members {
    /// The table that lists members.
    pub table: Spanned<Identifier>,
    /// Its column that refers to the row.
    pub key: Spanned<Identifier>,
    /// Its column with the id of the user.
    pub user: Spanned<Identifier>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Reads the row rules of a table.
pub fn resolve(table: &Item<'_>, sink: &mut Diagnostics) -> Vec<RowRule> {
    let rules = table.children(KIND.word).filter_map(|it| {
        let (read, write) = (it.property::<Condition>("read", sink), it.property::<Condition>("write", sink));
        let through = it.property::<Identifier>("through", sink);
        if it.entry("read").is_none() && it.entry("write").is_none() {
            let message = "`rows` says neither who may read nor who may write";
            sink.report(
                Diagnostic::new(Code::MissingField, it.span(), message)
                    .help("write one of them, as in `rows read=\"owner\" write=\"owner\"`"),
            );
            return None;
        }
        let (read, write) = (read.map(|it| it.value), write.map(|it| it.value));
        Some(RowRule { read, write, through, span: it.span() })
    });
    let mut rules: Vec<RowRule> = rules.collect();
    let key = |it: &RowRule| (it.read, it.write, it.through.as_ref().map(|it| it.value.clone()));
    rules.sort_by_key(key);
    rules
}

/// Reads who the members of a row are.
pub fn resolve_members(table: &Item<'_>, sink: &mut Diagnostics) -> Option<Members> {
    let item = table.child(MEMBERS.word)?;
    let table = item.argument::<Identifier>(0, sink);
    let key = item.property::<Identifier>("key", sink);
    let user = item.property::<Identifier>("user", sink);
    Some(Members { table: table?, key: key?, user: user?, span: item.span() })
}

/// Checks the row rules of all tables of a database.
pub fn check(database: &Database, sink: &mut Diagnostics) {
    for table in database.tables.values() {
        check_together(table, sink);
        check_added(database, table, sink);
        for rule in &table.rows {
            check_rule(database, table, rule, sink);
        }
        if let Some(members) = &table.members {
            check_members(database, table, members, sink);
        }
    }
}

/// Reports a table that users read, and to which nothing lets anybody add a row.
fn check_added(database: &Database, table: &Table, sink: &mut Diagnostics) {
    let is_somebody = |it: Option<Condition>| it.is_some_and(|it| it != Condition::Nobody);
    let reads = table.rows.iter().find(|it| is_somebody(it.read));
    let writes = table.rows.iter().any(|it| is_somebody(it.write));
    let adds = |it: &Caller| it.privileges.get(&table.name).is_some_and(|it| it.contains(&Privilege::Insert));
    let Some(reads) = reads.filter(|_| !writes && !database.callers.values().any(adds)) else { return };
    let message = format!("rows of `{}` are read, and nobody can add one", table.name);
    sink.report(
        Diagnostic::new(Code::NobodyAdds, reads.span, message).help(format!(
            "say which user may, as in `rows write=\"owner\"`, or which service, as in `caller \"…\" service=\"…\" {{ insert \"{}\" }}`",
            table.name
        )),
    );
}

/// A condition of a rule, in one of its two places.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Access {
    Read,
    Write,
}

impl Access {
    fn verb(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    fn of(self, rule: &RowRule) -> Option<Condition> {
        match self {
            Self::Read => rule.read,
            Self::Write => rule.write,
        }
    }
}

/// Reports lines that contradict each other, or say again what another says.
fn check_together(table: &Table, sink: &mut Diagnostics) {
    for access in [Access::Read, Access::Write] {
        let rules = || table.rows.iter().filter_map(|it| Some((it, access.of(it)?)));
        let verb = access.verb();
        let widest =
            rules().find(|(it, condition)| *condition == Condition::Everyone && it.through.is_none());
        let is_open = |(_, condition): &(&RowRule, Condition)| *condition != Condition::Nobody;
        let open = rules().find(is_open);
        let mut seen: BTreeMap<(Condition, Option<&Identifier>), Span> = BTreeMap::new();
        for (rule, condition) in rules() {
            let through = rule.through.as_ref().map(|it| &it.value);
            let word = condition.word();
            let (message, other, help) = if let Some(first) = seen.insert((condition, through), rule.span) {
                (
                    format!("`{word}` may {verb} rows of `{}` by another line already", table.name),
                    first,
                    "keep one of them",
                )
            } else if let Some((open, who)) = open.filter(|_| condition == Condition::Nobody) {
                let help = "rules add up: leave this line out, or all others";
                let message = format!("nobody may {verb} rows of `{}`, and `{}` may", table.name, who.word());
                (message, open.span, help)
            } else if let Some((widest, _)) =
                widest.filter(|(it, _)| it.span != rule.span && condition != Condition::Nobody)
            {
                let help = "take the narrower line away, or the wider one";
                (format!("everyone may {verb} rows of `{}`, `{word}` as well", table.name), widest.span, help)
            } else {
                continue;
            };
            sink.report(
                Diagnostic::new(Code::RowsContradict, rule.span, message)
                    .related(other, "the other line")
                    .help(help),
            );
        }
    }
}

fn check_rule(database: &Database, table: &Table, rule: &RowRule, sink: &mut Diagnostics) {
    let conditions: BTreeSet<Condition> = rule.read.into_iter().chain(rule.write).collect();
    for condition in conditions {
        let word = condition.word();
        if let (Some(through), Condition::Everyone | Condition::Nobody) = (&rule.through, condition) {
            let message = format!("`{word}` is asked of no row, and `through` leads to one");
            sink.report(
                Diagnostic::new(Code::RowsContradict, through.span, message)
                    .help("leave `through` out, or ask for `owner`, `member` or `shared` there"),
            );
            continue;
        }
        let through = rule.through.as_ref().map(|it| &it.value);
        let Err(why) = database.ways(table, condition, through) else { continue };
        let reference = through.and_then(|it| table.column(it)?.references.as_ref());
        let next = reference.map(|it| &it.to.table);
        let span = rule.through.as_ref().map_or(rule.span, |it| it.span);
        sink.report(match why {
            NoWay::NotSaid(other) if through.is_none() => {
                let message = format!("`{word}` is nobody: table `{other}` does not say who that is");
                Diagnostic::new(Code::RowCondition, rule.span, message).help(how_to_say(condition))
            }
            // What that table asks of others is reported there.
            NoWay::NotSaid(other) if next.is_some_and(|it| *it != other) => continue,
            NoWay::Circle(other) if other != table.name => continue,
            NoWay::NotSaid(other) => {
                let message = format!(
                    "`{word}` is nobody: table `{other}`, where this leads, does not say who that is"
                );
                let diagnostic = Diagnostic::new(Code::RowThrough, span, message).help(how_to_say(condition));
                match database.tables.get(&other) {
                    Some(other) => diagnostic.related(other.span, "declared here"),
                    None => diagnostic,
                }
            }
            NoWay::NoReference(column) => {
                let is_here = through == Some(&column);
                // One that leads into a table with a mistake in it has been reported there.
                let is_reported = is_here && table.column(&column).is_none_or(|it| it.references.is_some());
                if is_reported || !is_here {
                    continue;
                }
                let message = format!("`{column}` refers to no other row, so `through` leads nowhere");
                Diagnostic::new(Code::RowThrough, span, message)
                    .help("say what it refers to, as in `references=\"orders.id\"`, or name another column")
            }
            NoWay::Circle(other) => {
                let message = format!("who `{word}` is, is asked in a circle that comes back to `{other}`");
                Diagnostic::new(Code::RowThrough, span, message).help(how_to_say(condition))
            }
            NoWay::TooMany => {
                let message = format!("who `{word}` is, is asked in more ways than anybody follows");
                Diagnostic::new(Code::RowThrough, span, message)
                    .help("each way is followed for every row: lead there more directly")
            }
        });
    }
}

fn how_to_say(condition: Condition) -> &'static str {
    match condition {
        Condition::Owner => "mark the column with the id of the user `owner=#true`",
        Condition::Shared => "mark the list with the ids of users `shared=#true`",
        Condition::Member => {
            "say who its members are, as in `members \"team_members\" key=\"team_id\" user=\"user_id\"`"
        }
        Condition::Everyone | Condition::Nobody => "leave `through` out",
    }
}

fn check_members(database: &Database, table: &Table, members: &Members, sink: &mut Diagnostics) {
    let Members { table: listing, key, user, span: _ } = members;
    let Some(listing) = database.find_table(listing.as_ref(), sink) else { return };
    listing.find_column(user.as_ref(), sink);
    let Some(column) = listing.find_column(key.as_ref(), sink) else { return };
    let leads = column.references.as_ref().is_some_and(|it| it.to.table == table.name);
    if !leads {
        let message = format!("`{}.{}` refers to no row of `{}`", listing.name, column.name, table.name);
        let example = table.primary_key.first().map_or_else(|| "id".to_owned(), ToString::to_string);
        sink.report(
            Diagnostic::new(Code::MembersKey, key.span, message).related(column.span, "declared here").help(
                format!(
                    "name the column that does, or write `references=\"{}.{example}\"` there",
                    table.name
                ),
            ),
        );
    }
}

/// Checks that all ids of users in a database are of one type: they are compared with the one setting that says who asks.
pub fn check_users(database: &Database, sink: &mut Diagnostics) {
    let mut users: Vec<(&Table, &Column)> = Vec::new();
    for table in database.tables.values() {
        users.extend(
            table.columns.iter().filter(|it| it.owner || it.shared || it.subject).map(|it| (table, it)),
        );
        let members = table.members.as_ref().and_then(|it| {
            let listing = database.tables.get(&it.table.value)?;
            Some((listing, listing.column(&it.user.value)?))
        });
        users.extend(members);
    }
    let element = |column: &Column| column.column_type.element();
    let mut counts: BTreeMap<ColumnType, usize> = BTreeMap::new();
    for (_, column) in &users {
        *counts.entry(element(column)).or_default() += 1;
    }
    // What most of them are is meant by all.
    let Some((usual, _)) =
        counts.into_iter().max_by_key(|(it, count)| (*count, std::cmp::Reverse(it.clone())))
    else {
        return;
    };
    let mut seen = BTreeSet::new();
    for (table, column) in users {
        let own = element(column);
        let is_id = matches!(
            own.base,
            BaseType::Uuid | BaseType::Text | BaseType::VarChar | BaseType::Integer | BaseType::BigInt
        );
        if (own.matches(&usual) && is_id) || !seen.insert((&table.name, &column.name)) {
            continue;
        }
        let (message, help) = match is_id {
            true => (
                format!(
                    "`{}.{}` is the id of a user as `{own}`, and others are `{usual}`",
                    table.name, column.name
                ),
                "one setting says who asks, and all of them are compared with it: give them one type",
            ),
            false => (
                format!("`{}.{}` is `{own}`, and no id of a user", table.name, column.name),
                "ids are `uuid`, `text`, `varchar`, `integer` or `bigint`",
            ),
        };
        sink.report(Diagnostic::new(Code::UserType, column.span, message).help(help));
    }
}
