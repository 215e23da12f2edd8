//! What SQL says of who sees which rows: tables under row-level security, their policies, and what those ask and read.
//!
//! Read are the statements that say it, in the order of the files, whoever wrote them; what a function does inside is not
//! followed. Names are compared as PostgreSQL folds them; a table without a schema is one of `public`.

use std::collections::{BTreeMap, BTreeSet};

use crate::render::postgres::lexer::{self, Token};
use crate::source::{FileId, SourceMap, Span};

/// What some files say.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// By name.
    pub tables: BTreeMap<String, Table>,
    /// Statements that write into a table that had row-level security forced by then.
    pub maintenance: Vec<(String, Span)>,
    /// Columns by table and name, with their type, as tables declare them.
    pub columns: Vec<Column>,
}

/// A table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Where row-level security is enabled, where it is.
    pub enabled: Option<Span>,
    /// Whether it binds the owner of the table as well.
    pub is_forced: bool,
    /// By name.
    pub policies: BTreeMap<String, Policy>,
}

/// A policy of a table.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Where it stands.
    pub span: Span,
    /// `all`, `select`, `insert`, `update` or `delete`.
    pub command: String,
    /// Whether it says which rows may be there afterwards.
    pub has_check: bool,
    /// The tables that it reads itself.
    pub reads: BTreeSet<String>,
    /// The settings of the session that it asks for.
    pub settings: Vec<Setting>,
}

/// A setting of the session that a policy asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Where.
    pub span: Span,
    /// Whether it is nothing, and no error, where nobody has set it.
    pub may_be_missing: bool,
    /// Whether an empty text, which is what is left of a setting behind a transaction, counts as nothing.
    pub may_be_empty: bool,
    /// Whether it is asked for once for a statement, and not once for each row.
    pub is_once: bool,
}

/// A column, as it is declared.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its table.
    pub table: String,
    /// Its name.
    pub name: String,
    /// The first word of its type.
    pub kind: String,
    /// Where.
    pub span: Span,
}

impl Rows {
    /// Reads files in their order.
    pub fn read(files: &[FileId], sources: &SourceMap) -> Self {
        let mut rows = Self::default();
        for file in files {
            // Whoever has taken a role by then is not the owner.
            let mut is_owner = true;
            for statement in lexer::statements(&sources.file(*file).text) {
                let statement = Statement { file: *file, tokens: &statement };
                if statement.begins(&["set", "role"]) || statement.begins(&["set", "local", "role"]) {
                    is_owner = false;
                } else if statement.begins(&["reset", "role"]) {
                    is_owner = true;
                } else {
                    rows.take(&statement, is_owner);
                }
            }
        }
        rows
    }

    fn take(&mut self, statement: &Statement<'_>, is_owner: bool) {
        let words = |words: &[&str]| statement.begins(words);
        if words(&["alter", "table"]) {
            self.alter(statement);
        } else if words(&["create", "policy"]) || words(&["alter", "policy"]) {
            self.policy(statement);
        } else if words(&["drop", "policy"]) {
            let at = if statement.is(2, "if") { 4 } else { 2 };
            let Some((name, rest)) = statement.name(at) else { return };
            let Some((table, _)) = statement.name(rest + 1) else { return };
            self.tables.entry(table).or_default().policies.remove(&name);
        } else if words(&["create"]) {
            self.create(statement);
        } else {
            let at = match statement.tokens.first() {
                Some(it) if it.is("update") => 1,
                Some(it) if it.is("delete") || it.is("insert") => 2,
                _ => return,
            };
            let at = if statement.is(at, "only") { at + 1 } else { at };
            let Some((table, _)) = statement.name(at) else { return };
            let is_forced = |it: &Table| it.enabled.is_some() && it.is_forced;
            if is_owner && self.tables.get(&table).is_some_and(is_forced) {
                self.maintenance.push((table, statement.span()));
            }
        }
    }

    fn alter(&mut self, statement: &Statement<'_>) {
        let mut at = 2;
        while ["if", "exists", "only"].iter().any(|it| statement.is(at, it)) {
            at += 1;
        }
        let Some((table, rest)) = statement.name(at) else { return };
        let security = ["row", "level", "security"];
        let ends = |from: usize| security.iter().zip(from..).all(|(word, at)| statement.is(at, word));
        let span = statement.span();
        let table = self.tables.entry(table).or_default();
        for at in rest..statement.tokens.len() {
            let is = |word: &str, next: usize| statement.is(at, word) && ends(next);
            if is("enable", at + 1) {
                table.enabled = Some(span);
            } else if is("disable", at + 1) {
                table.enabled = None;
            } else if is("force", at + 1) {
                table.is_forced = !(at > rest && statement.is(at - 1, "no"));
            }
        }
    }

    fn policy(&mut self, statement: &Statement<'_>) {
        let Some((name, rest)) = statement.name(2) else { return };
        let Some((table, mut at)) = statement.name(rest + 1) else { return };
        let is_new = statement.is(0, "create");
        let mut policy = match self.tables.get(&table).and_then(|it| it.policies.get(&name)) {
            Some(known) if !is_new => known.clone(),
            _ => Policy {
                span: statement.span(),
                command: "all".to_owned(),
                has_check: false,
                reads: BTreeSet::new(),
                settings: Vec::new(),
            },
        };
        while at < statement.tokens.len() {
            if statement.is(at, "for") {
                policy.command =
                    statement.tokens.get(at + 1).map(|it| it.text.to_lowercase()).unwrap_or_default();
                at += 2;
            } else if statement.is(at, "using") && statement.is(at + 1, "(") {
                at = statement.expression(at + 1, &mut policy);
            } else if statement.is(at, "check") && statement.is(at + 1, "(") {
                policy.has_check = true;
                at = statement.expression(at + 1, &mut policy);
            } else {
                at += 1;
            }
        }
        self.tables.entry(table).or_default().policies.insert(name, policy);
    }

    fn create(&mut self, statement: &Statement<'_>) {
        let Some(at) = (1..4).find(|at| statement.is(*at, "table")) else { return };
        let at = if statement.is(at + 1, "if") { at + 4 } else { at + 1 };
        let Some((table, open)) = statement.name(at) else { return };
        if !statement.is(open, "(") {
            return;
        }
        let mut depth = 0_usize;
        let mut is_first = true;
        for at in open..statement.tokens.len() {
            match statement.tokens[at].text {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                "," if depth == 1 => {
                    is_first = true;
                }
                _ if depth == 1 && is_first => {
                    let token = statement.tokens[at];
                    let kind = statement.tokens.get(at + 1).map(|it| it.text.to_lowercase());
                    if let (Some(name), Some(kind)) = (token.name(), kind) {
                        let span = statement.place(token);
                        self.columns.push(Column { table: table.clone(), name, kind, span });
                    }
                    is_first = false;
                }
                _ => (),
            }
        }
    }
}

/// A statement and the file that it stands in.
struct Statement<'a> {
    file: FileId,
    tokens: &'a [Token<'a>],
}

impl Statement<'_> {
    fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|it| it.is(word))
    }

    fn begins(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(at, word)| self.is(at, word))
    }

    fn place(&self, token: Token<'_>) -> Span {
        let number = |it: usize| u32::try_from(it).expect("a text has less than 4 GiB");
        Span::new(self.file, number(token.start), number(token.start + token.text.len()))
    }

    /// All of it, from its first token to its last.
    fn span(&self) -> Span {
        let ends = self.tokens.first().zip(self.tokens.last());
        ends.map(|(first, last)| self.place(*first).to(self.place(*last))).unwrap_or_default()
    }

    /// A name with or without its schema, and where the next token stands.
    fn name(&self, at: usize) -> Option<(String, usize)> {
        let first = self.tokens.get(at)?.name()?;
        if !self.is(at + 1, ".") {
            return Some((first, at + 1));
        }
        let second = self.tokens.get(at + 2)?.name()?;
        let name = if first == "public" { second } else { format!("{first}.{second}") };
        Some((name, at + 3))
    }

    /// Reads what stands in parentheses, and gives where they end.
    fn expression(&self, open: usize, policy: &mut Policy) -> usize {
        // Of each parenthesis that is open, the word in front of it and the word behind it.
        let mut around: Vec<(Option<&str>, Option<&str>)> = Vec::new();
        let mut at = open;
        while let Some(token) = self.tokens.get(at) {
            match token.text {
                "(" => {
                    let before = at.checked_sub(1).and_then(|it| self.tokens.get(it)).map(|it| it.text);
                    around.push((before, self.tokens.get(at + 1).map(|it| it.text)));
                }
                ")" => {
                    around.pop();
                    if around.is_empty() {
                        return at + 1;
                    }
                }
                _ if token.is("from") || token.is("join") => {
                    // `is distinct from` compares, and `extract(… from …)` takes apart.
                    let is_other = at > 0 && self.is(at - 1, "distinct")
                        || around.last().is_some_and(|it| it.0.is_some_and(|it| is_word(it, "extract")));
                    if let Some((table, _)) = self.name(at + 1).filter(|_| !is_other) {
                        policy.reads.insert(table);
                    }
                }
                _ if token.is("current_setting") && self.is(at + 1, "(") => {
                    policy.settings.push(self.setting(at, &around));
                }
                _ => (),
            }
            at += 1;
        }
        at
    }

    fn setting(&self, at: usize, around: &[(Option<&str>, Option<&str>)]) -> Setting {
        let arguments = self.tokens[at + 2..].iter().take_while(|it| it.text != ")");
        let second = arguments.skip_while(|it| it.text != ",").nth(1);
        Setting {
            span: self.place(self.tokens[at]),
            may_be_missing: second.is_some_and(|it| it.is("true")),
            may_be_empty: around.iter().any(|it| it.0.is_some_and(|it| is_word(it, "nullif"))),
            is_once: around.iter().any(|it| it.1.is_some_and(|it| is_word(it, "select"))),
        }
    }
}

fn is_word(text: &str, word: &str) -> bool {
    text.eq_ignore_ascii_case(word)
}

/// Whether a token is a text, for who looks at columns.
pub fn is_text(kind: &str) -> bool {
    matches!(kind, "text" | "varchar" | "character" | "char" | "citext")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str) -> String {
        let mut sources = SourceMap::default();
        let file = sources.add("a.sql", sql);
        let rows = Rows::read(&[file], &sources);
        let tables = rows.tables.iter().map(|(name, table)| {
            let policies = table.policies.iter().map(|(name, it)| {
                let settings = it.settings.iter().map(|it| {
                    format!(
                        "{}{}{}",
                        u8::from(it.may_be_missing),
                        u8::from(it.may_be_empty),
                        u8::from(it.is_once)
                    )
                });
                format!(
                    " {name}:{}{} reads {:?} asks {}",
                    it.command,
                    if it.has_check { "+check" } else { "" },
                    it.reads,
                    settings.collect::<Vec<_>>().join(",")
                )
            });
            format!(
                "{name} {}{}{}",
                if table.enabled.is_some() { "enabled" } else { "open" },
                if table.is_forced { " forced" } else { "" },
                policies.collect::<String>()
            )
        });
        let maintenance = rows.maintenance.iter().map(|it| format!("writes {}", it.0));
        tables.chain(maintenance).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn statements_say_who_sees_what() {
        insta::assert_snapshot!(check(r#"
            alter table if exists only public."Users" enable row level security, force row level security;
            CREATE POLICY own ON public."Users" AS RESTRICTIVE FOR UPDATE TO app USING (id = (select nullif(current_setting('app.id', true), '')::uuid)) WITH CHECK (true);
            create policy p on projects using (owner = current_setting('app.id')::uuid or exists (select 1 from members m join public.teams t on t.id = m.team where a is distinct from b));
            alter table projects enable row level security; alter table projects no force row level security;
            update public."Users" set a = 1; delete from projects;
            do $$ begin update projects set a = 1; end $$;
            drop policy if exists own on "Users"; alter policy p on projects with check (false);
        "#), @r#"
        Users enabled forced
        projects enabled p:all+check reads {"members", "teams"} asks 000
        writes Users
        "#);
    }
}
