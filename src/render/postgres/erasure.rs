//! The erasure of a person as functions, and the evidence that they leave.
//!
//! | function | gives |
//! |---|---|
//! | `trackside.erase(subject text, batch integer)` | one row: `evidence bigint`, `rows bigint`, `done boolean` |
//! | `trackside.erasures_due(most integer)` | `subject text`, `since timestamptz`: whose wait is over, the longest waiting first |
//!
//! Call `erase` again until `done`, **each call as a transaction of its own** in `read committed`. A call deletes or pseudonymises
//! at most `batch` rows, in the order of the [`steps`], and writes into the evidence what it has done, so the two are committed
//! together or not at all: a run that is killed at any moment is carried on by the next call. Small persons are done in one. Before it says
//! `done` it has looked, in the same transaction, whether any step has rows of the person left, those that came meanwhile included;
//! where there are some, it goes back to them.
//!
//! Of an id that no table knows, nothing is erased and no evidence is written: that of a typing error would look like that of a person.
//! Of somebody who is erased already, and of whom nothing has come since, it changes nothing: it gives `rows = 0`, `done = true`
//! and the evidence that there is. Rows that an application writes of somebody after that are found by the next call, which begins new
//! evidence. Two runs for one person take turns. Rows that somebody else has locked are waited for.
//!
//! What goes along by `on-delete="cascade"` is deleted by steps of its own beforehand, so that it is counted and a call does
//! not become longer than its batch; only of a table that refers to itself rows go along uncounted. A row is pseudonymised when each of its
//! personal columns is what its `erase` says, so nothing is changed twice.
//!
//! The evidence stands in `trackside.erasures` (`id`, `subject`, `asked`, `asked_by`, `finished`,
//! `finished_by`) and `trackside.erasure_steps`
//! (`erasure`, `table_name`, `action`, `rows`, `finished`), which `<application role>_privacy` reads. It keeps the id of the person, which
//! is what shows whom it is about, and no other value of theirs. `finished` is only ever written together with the last look.
//!
//! `erasures_due` names nobody who is erased already, under a legal hold or bound by an obligation. It is there where the erasure says
//! what it waits for. A person has to come up there once: who is erased and written to again is erased again when somebody asks.
//!
//! | SQLSTATE | when |
//! |---|---|
//! | `TS001` | the subject is no id of a person |
//! | `TS002` | the person is under a legal hold |
//! | `TS003` | an obligation of `refuse-while` holds; the sentence names it |
//! | `TS004` | the erasure waits: for the time in its `after`, or until a moment that the sentence names |
//! | `TS005` | a row of somebody else refers to one that is to be deleted; the sentence names its table |
//! | `TS006` | `batch` is not at least one |
//! | `TS008` | no table knows the person, and no erasure of them was ever begun |
//! | `40001`, `40P01`, `55P03` | somebody else was in the way; nothing is changed, the call can be made again |
//!
//! Legal holds and obligations are asked at every call, and the wait when an erasure begins. Where there is no row of the person any
//! more that could say since when it waits, it does not.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::language::database::Database;
use crate::language::database::column::{Column, Erase};
use crate::language::database::key::References;
use crate::language::database::table::Table;
use crate::language::erasure::Erasure;
use crate::language::obligation::Obligation;
use crate::language::value::postgres::Identifier;
use crate::language::value::postgres::column_type::BaseType;
use crate::render::postgres::condition;
use crate::render::postgres::declared::constant;
use crate::render::postgres::hold;
use crate::render::postgres::own::{column, function, identity, now, nullable, offer, table};
use crate::render::postgres::person::{
    Way, ago, check_batch, id_of, interval, is_unknown, place, raise, refuse_unknown,
};
use crate::render::postgres::quote::{ident, literal, qualified};
use crate::render::postgres::rows::Roles;
use crate::render::postgres::schema::{Constraint, Default, ForeignKey, Schema, TableName, Volatility};
use crate::tree::digest::Digest;

/// Puts the tables of the evidence and the functions into a schema.
pub fn add(
    database: &Database,
    erasure: &Erasure,
    obligations: &[&Obligation],
    roles: &Roles,
    schema: &mut Schema,
) {
    add_evidence(roles, schema);
    let steps = steps(database, erasure);
    let refusals = Refusals { database, erasure, obligations };
    let left = function(roles, &[("person", "text")], "integer", Volatility::Stable, left(&steps));
    schema.functions.insert("erasure_left".to_owned(), left);
    let arguments = [("subject", "text"), ("batch", "integer")];
    let returns = "table (evidence bigint, rows bigint, done boolean)";
    let body = erase(&steps, &refusals);
    offer(roles, schema, "erase", function(roles, &arguments, returns, Volatility::Volatile, body));
    if let Some(body) = due(&refusals) {
        let returns = "table (subject text, since timestamptz)";
        let due = function(roles, &[("most", "integer")], returns, Volatility::Stable, body);
        offer(roles, schema, "erasures_due", due);
    }
}

fn add_evidence(roles: &Roles, schema: &mut Schema) {
    let columns = vec![
        identity("id"),
        column("subject", "text"),
        // The same as long as it is not finished: no two erasures of one person are.
        nullable("unfinished", "text"),
        now("asked"),
        column("asked_by", "text"),
        nullable("finished", "timestamptz"),
        nullable("finished_by", "text"),
        // Which steps were meant, which of them comes next, and the key behind which it does.
        column("steps", "text"),
        column("step", "bigint"),
        nullable("behind", "jsonb"),
    ];
    let (name, mut erasures) = table(roles, "erasures", columns, &["id"], Some("subject"));
    let unique = Constraint::Unique { columns: vec!["unfinished".to_owned()] };
    erasures.constraints.insert("erasures_unfinished_key".to_owned(), unique);
    let key = Constraint::ForeignKey(ForeignKey {
        columns: vec!["erasure".to_owned()],
        table: name.clone(),
        references: vec!["id".to_owned()],
        on_delete: None,
        on_update: None,
    });
    schema.tables.insert(name, erasures);
    let mut rows = column("rows", "bigint");
    rows.default = Some(Default::Expression("0".to_owned()));
    let columns = vec![
        column("erasure", "bigint"),
        column("table_name", "text"),
        column("action", "text"),
        rows,
        nullable("finished", "timestamptz"),
    ];
    let (name, mut made) = table(roles, "erasure_steps", columns, &["erasure", "table_name", "action"], None);
    made.constraints.insert("erasure_steps_erasure_fkey".to_owned(), key);
    schema.tables.insert(name, made);
}

/// What is done with the rows of the person in a table.
pub struct Step<'d> {
    table: &'d Table,
    way: Way,
    /// The columns that get another value; empty where rows are deleted.
    personal: Vec<&'d Column>,
}

/// The steps of an erasure: the declared ones, before each deletion those of the rows that would go along with it.
pub fn steps<'d>(database: &'d Database, erasure: &Erasure) -> Vec<Step<'d>> {
    let references = References::of(database);
    let mut steps: Vec<Step<'d>> = Vec::new();
    let mut known: BTreeSet<(Identifier, Vec<Identifier>)> = BTreeSet::new();
    for step in &erasure.delete {
        let Some(table) = database.tables.get(&step.table) else { continue };
        let mut found = Vec::new();
        along(&references, table, &step.through, &mut BTreeSet::new(), &mut found);
        for (table, through) in found {
            let has_room = known.len() < MOST_STEPS || table.name == step.table;
            if has_room && known.insert((table.name.clone(), through.clone())) {
                let way = Way::along(database, table, &through, "t");
                steps.extend(way.map(|way| Step { table, way, personal: Vec::new() }));
            }
        }
    }
    for step in &erasure.pseudonymise {
        let Some(table) = database.tables.get(&step.table) else { continue };
        let personal = table.columns.iter().filter(|it| it.personal).collect();
        let way = Way::along(database, table, &step.through, "t");
        steps.extend(way.map(|way| Step { table, way, personal }));
    }
    steps
}

/// More than these PostgreSQL takes along by itself: a tree of references has very many ways.
const MOST_STEPS: usize = 1000;

/// A table behind all those whose rows go along with its own, with the ways that lead from these to the same person.
fn along<'d>(
    references: &References<'d>,
    table: &'d Table,
    through: &[Identifier],
    within: &mut BTreeSet<Identifier>,
    found: &mut Vec<(&'d Table, Vec<Identifier>)>,
) {
    if found.len() >= MOST_STEPS || !within.insert(table.name.clone()) {
        return;
    }
    for (child, key) in references.to(&table.name).iter().filter(|(_, it)| it.cascades()) {
        // PostgreSQL takes along what refers by several columns.
        if let [column] = key.columns.as_slice() {
            let through: Vec<Identifier> = std::iter::once(column).chain(through).cloned().collect();
            along(references, child, &through, within, found);
        }
    }
    within.remove(&table.name);
    found.push((table, through.to_vec()));
}

impl Step<'_> {
    fn action(&self) -> &'static str {
        if self.personal.is_empty() { "delete" } else { "pseudonymise" }
    }

    /// The rows of the person that it has not dealt with, as what follows `from`.
    fn rows(&self) -> String {
        let is_left: Vec<String> = self.personal.iter().map(|it| is_left(it)).collect();
        let is_left = match is_left.is_empty() {
            true => String::new(),
            false => format!(" and ({})", is_left.join(" or ")),
        };
        format!("{} as t{} where {}{is_left}", place(self.table), self.way.joins(), self.way.is("person"))
    }

    /// The statements that deal with `room` rows: `taken` are these, `touched` their number.
    fn statements(&self) -> String {
        let (table, rows) = (place(self.table), self.rows());
        if self.personal.is_empty() {
            return format!(
                "            taken := array(select t.ctid from {rows} limit room for update of t);
            delete from {table} as t where t.ctid = any (taken);\n"
            );
        }
        let values: Vec<String> =
            self.personal.iter().map(|it| format!("{} = {}", ident(it.name.as_str()), erased(it))).collect();
        let update = format!("update {table} as t set {} where t.ctid = any (taken);", values.join(", "));
        if self.table.primary_key.is_empty() {
            return format!(
                "            taken := array(select t.ctid from {rows} limit room for update of t);\n            {update}\n"
            );
        }
        let key: Vec<&Column> =
            self.table.primary_key.iter().filter_map(|it| self.table.column(it)).collect();
        let names: Vec<String> = key.iter().map(|it| format!("t.{}", ident(it.name.as_str()))).collect();
        let named: String = names.iter().enumerate().map(|(at, it)| format!(", {it} as k{at}")).collect();
        let order: Vec<String> = (0..key.len()).map(|at| format!("f.k{at}")).collect();
        let last: Vec<String> = order.iter().map(|it| format!("{it} desc")).collect();
        let behind: Vec<String> = key
            .iter()
            .enumerate()
            .map(|(at, it)| format!("(behind->>{at})::{}", it.column_type.sql()))
            .collect();
        let (names, order, last, behind) =
            (names.join(", "), order.join(", "), last.join(", "), behind.join(", "));
        let select = |more: &str| {
            format!(
                "select coalesce(array_agg(f.id), '{{}}'), coalesce((array_agg(jsonb_build_array({order}) order by {last}))[1], behind)
                    into taken, behind
                    from (select t.ctid as id{named} from {rows}{more}
                        order by {names} limit room for update of t) as f;"
            )
        };
        // With the key in the condition, an index that begins with the person leads to the first row that is left.
        let (first, next) =
            (select(""), select(&format!("\n                        and ({names}) > ({behind})")));
        format!(
            "            if behind is null then
                {first}
            else
                {next}
            end if;
            {update}\n"
        )
    }
}

/// What stands in a personal column afterwards.
fn erased(column: &Column) -> String {
    match column.erase.as_ref().map(|it| &it.value) {
        // That each says it has been checked before anything is rendered.
        None | Some(Erase::Null) => "null".to_owned(),
        Some(Erase::Value(value)) => constant(value, &column.column_type.sql()),
    }
}

/// That something else stands there.
fn is_left(column: &Column) -> String {
    let name = format!("t.{}", ident(column.name.as_str()));
    match (column.erase.as_ref().map(|it| &it.value), column.column_type.base) {
        (None | Some(Erase::Null), _) => format!("{name} is not null"),
        // Two of these cannot be compared.
        (Some(_), BaseType::Json) => format!("{name}::text is distinct from {}::text", erased(column)),
        (Some(_), _) => format!("{name} is distinct from {}", erased(column)),
    }
}

/// The function that gives the number of the first step that has rows left; nothing where none has.
fn left(steps: &[Step<'_>]) -> String {
    let mut tests = String::new();
    for (at, step) in steps.iter().enumerate() {
        let rows = step.rows();
        let _ = writeln!(tests, "    if exists (select from {rows}) then\n        return {at};\n    end if;");
    }
    format!("\n#variable_conflict use_variable\nbegin\n{tests}    return null;\nend\n")
}

/// What an erasure refuses for.
struct Refusals<'d> {
    database: &'d Database,
    erasure: &'d Erasure,
    obligations: &'d [&'d Obligation],
}

impl Refusals<'_> {
    /// The rows that bind a person, as what follows `from`, with the obligation that each is of.
    fn owed(&self, alias: &str, person: &str) -> Vec<(&Obligation, String)> {
        let waiting = self.obligations.iter().filter(|it| self.erasure.refuse_while.contains_key(&it.name));
        let mut owed = Vec::new();
        for obligation in waiting {
            let Some(table) = self.database.tables.get(&obligation.table) else { continue };
            for way in Way::all(self.database, table, alias) {
                let (joins, is) = (way.joins(), way.is(person));
                let holds = condition::of_alias(&obligation.predicate, alias);
                owed.push((
                    *obligation,
                    format!("{} as {alias}{joins} where {is} and {holds}", place(table)),
                ));
            }
        }
        owed
    }

    fn statements(&self) -> String {
        let is_held = raise("TS002", "%L is under a legal hold: %s", &["person", "held"]);
        let holds = hold::holds();
        let mut statements = format!(
            "    select string_agg(format('number %s since %s, %s', h.id, to_char(h.since, 'YYYY-MM-DD'), h.reason), '; ' order by h.id)
        into held from {holds} as h where h.subject = person and h.lifted is null;
    if held is not null then
        {is_held}
    end if;\n"
        );
        for (obligation, rows) in self.owed("t", "person") {
            let sentence = "%L is not erased while obligation %s holds of a row of %s";
            let (name, table) = (literal(obligation.name.as_str()), literal(obligation.table.as_str()));
            let refused = raise("TS003", sentence, &["person", &name, &table]);
            let _ = writeln!(
                statements,
                "    if exists (select from {rows}) then\n        {refused}\n    end if;"
            );
        }
        statements
    }

    fn wait(&self) -> String {
        let Some(wait) = &self.erasure.wait else { return String::new() };
        let found = self.database.tables.get(&wait.after.table);
        let way = found.and_then(|it| Way::along(self.database, it, &[], "t"));
        let (Some(table), Some(way)) = (found, way) else { return String::new() };
        let time = format!("t.{}", ident(wait.after.column.as_str()));
        let column = literal(&wait.after.to_string());
        let unasked = raise("TS004", "%L is not to be erased: %s has no time", &["person", &column]);
        let early = raise(
            "TS004",
            "%L is erased only after %s",
            &["person", r#"to_char(until, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"#],
        );
        format!(
            "        select bool_or({time} is null), max({time}) + {} into unasked, until
            from {} as t where {};
        if unasked then
            {unasked}
        elsif until > now() then
            {early}
        end if;\n",
            interval(wait.time),
            place(table),
            way.is("person"),
        )
    }
}

fn erase(steps: &[Step<'_>], refusals: &Refusals<'_>) -> String {
    let (erasures, erasure_steps) = (erasures(), qualified(&TableName::own("erasure_steps")));
    let (is_unknown, unknown) = (is_unknown("person"), refuse_unknown("person"));
    let (check, lock) = (check_batch(), hold::lock());
    let (wait, refuse) = (refusals.wait(), refusals.statements());
    let person = id_of("subject");
    let mut cases = String::new();
    for (at, step) in steps.iter().enumerate() {
        let (table, action) = (literal(step.table.name.as_str()), literal(step.action()));
        let statements = step.statements();
        let _ = write!(
            cases,
            "        when {at} then
            table_name := {table};
            action := {action};
{statements}"
        );
    }
    // Whoever changes the declarations while an erasure is under way has it begin again: what is done is not done twice.
    let digest = literal(&Digest::of(cases.as_bytes()).to_string());
    let count = steps.len();
    let referred =
        raise("TS005", "rows of %s refer to rows of %s of %L, and stay", &["other", "table_name", "person"]);
    let case = match steps.is_empty() {
        true => "        exit;\n".to_owned(),
        false => format!(
            "        begin
        case step
{cases}        end case;
        get diagnostics touched = row_count;
        exception when foreign_key_violation then
            get stacked diagnostics other = table_name;
            {referred}
        end;\n"
        ),
    };
    format!(
        "
#variable_conflict use_variable
declare
    person text := {person};
    held text;
    unasked boolean;
    until timestamptz;
    steps text;
    step integer;
    behind jsonb;
    room integer;
    taken tid[];
    touched bigint;
    table_name text;
    action text;
    other text;
begin
{check}    rows := 0;
    done := false;
{lock}    loop
        select e.id, e.steps, e.step, e.behind into evidence, steps, step, behind
            from {erasures} as e where e.unfinished = person for update;
        exit when found;
        select max(e.id) into evidence from {erasures} as e where e.subject = person;
        if evidence is not null and trackside.erasure_left(person) is null then
            done := true;
            return next;
            return;
        end if;
        if evidence is null and {is_unknown} then
            {unknown}
        end if;
{wait}        insert into {erasures} (subject, unfinished, asked_by, steps, step)
            values (person, person, session_user, {digest}, 0)
            on conflict on constraint erasures_unfinished_key do nothing;
    end loop;
{refuse}    if steps <> {digest} then
        step := 0;
        behind := null;
    end if;
    while step < {count} and rows < batch loop
        room := batch - rows;
{case}        rows := rows + touched;
        insert into {erasure_steps} as s (erasure, table_name, action, rows, finished)
            values (evidence, table_name, action, touched, case when cardinality(taken) < room then clock_timestamp() end)
            on conflict on constraint erasure_steps_pkey do update
            set rows = s.rows + excluded.rows, finished = excluded.finished;
        if cardinality(taken) < room then
            step := step + 1;
            behind := null;
        end if;
    end loop;
    if step >= {count} then
        step := coalesce(trackside.erasure_left(person), {count});
        behind := null;
        done := step >= {count};
    end if;
    update {erasures} as e set
        steps = {digest}, step = step, behind = behind,
        finished = case when done then clock_timestamp() end,
        finished_by = case when done then session_user end,
        unfinished = case when done then null else person end
        where e.id = evidence;
    return next;
end
"
    )
}

/// The table of the evidence.
pub fn erasures() -> String {
    qualified(&TableName::own("erasures"))
}

/// The function that names who is to be erased; none where the erasure does not wait.
fn due(refusals: &Refusals<'_>) -> Option<String> {
    let Refusals { database, erasure, obligations: _ } = refusals;
    let wait = erasure.wait.as_ref()?;
    let table = database.tables.get(&wait.after.table)?;
    let column = table.column(&wait.after.column)?;
    let way = Way::along(database, table, &[], "t")?;
    let (person, is_held) = (way.person(), way.is_held());
    let time = format!("t.{}", ident(column.name.as_str()));
    let is_over = format!("{time} < {}", ago(wait.time, &column.column_type));
    let owed = refusals.owed("o", &person);
    let owed: String =
        owed.iter().map(|(_, rows)| format!("\n            and not exists (select from {rows})")).collect();
    let (table, erasures) = (place(table), erasures());
    Some(format!(
        "
#variable_conflict use_column
begin
    return query select {person}, {time}::timestamptz from {table} as t
        where {is_over} and ({is_held}) is not true
            and not exists (select from {erasures} as e where e.subject = {person} and e.finished is not null){owed}
        order by {time} limit most;
end
"
    ))
}

/// The columns by which a table that is pseudonymised is gone through, in their order: the person, then what tells rows apart.
pub fn search_key(erasure: &Erasure, table: &Table) -> Option<Vec<String>> {
    let step = erasure.pseudonymise.iter().find(|it| it.table == table.name && it.through.is_empty())?;
    let others = table.primary_key.iter().filter(|it| **it != step.subject);
    Some(std::iter::once(&step.subject).chain(others).map(ToString::to_string).collect())
}

/// Whether a person's row is searched by the time in a column.
pub fn waits_after(erasure: &Erasure, table: &Table, column: &Identifier) -> bool {
    erasure.wait.as_ref().is_some_and(|it| it.after.table == table.name && it.after.column == *column)
}
