//! The migrations of a database as they lie in a tree, beside `platform.kdl`:
//!
//! ```text
//! migrations/<database>/0001_init.up.sql       what makes the change: sqlx's own format
//! migrations/<database>/0001_init.down.sql     what takes it back, where that loses nothing
//! migrations/<database>/schema.json            what the last of them left, with which the declarations are compared
//! migrations/<database>/baseline.json          what was there before the first of them, where a database was adopted
//! migrations/<database>/migrations.sum         the digest of every file, and of all of them in its first line
//! ```
//!
//! Numbers are 1, 2, 3, so that one that is missing is missed. What `sqlx migrate add` has written before a database was adopted is numbered by
//! the second in which that was, `20240101120000_init.sql`, and may have no way back. It keeps its number and its name, for the database
//! knows both; the next one gets the number behind it, `20240101120001`, and so on. Only there may be gaps: that nothing is missing is
//! known by the sums.
//!
//! A database of a project is called `<project>.<database>`. Two branches that each add a migration both change the first line of the
//! sums, so git asks which comes first, before any database does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::language::database::DatabaseId;
use crate::render::postgres::change::Change;
use crate::render::postgres::migration::{self, Migration};
use crate::render::postgres::schema::{External, Schema};
use crate::tree::Tree;
use crate::tree::digest::Digest;
use crate::tree::path::TreePath;

const FOLDER: &str = "migrations";
const SNAPSHOT: &str = "schema.json";
const SUMS: &str = "migrations.sum";
const BASELINE: &str = "baseline.json";

/// The migrations of a database.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The folder, from that of `platform.kdl`.
    folder: String,
    /// The SQL files by name.
    files: BTreeMap<String, Vec<u8>>,
    /// The text of what was there before the first of them.
    baseline: Option<Vec<u8>>,
    /// The text of what the last of them left.
    snapshot: Option<Vec<u8>>,
    /// What the last of them left.
    pub schema: Schema,
}

/// What a database was when it was adopted, for whoever holds it against the first migration, which makes the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// What the first migration makes.
    pub schema: Schema,
    /// What was there beside it.
    pub beside: BTreeSet<External>,
}

/// The migrations of all databases of a tree, by the names of their folders.
#[derive(Clone, Debug, Default)]
pub struct Histories(pub BTreeMap<String, Result<History, Broken>>);

impl Histories {
    /// Reads them where somebody is to know: not where declarations could not be read, for what is not read differs from everything. What
    /// is wrong with one is said where its database is declared.
    pub fn load_if(is_asked: bool, tree: &Tree) -> Self {
        if !is_asked {
            return Self::default();
        }
        let folders = History::folders(tree).unwrap_or_default();
        Self(folders.into_iter().map(|it| (it.clone(), History::read_folder(tree, &it))).collect())
    }
}

/// A file that makes a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Up {
    /// Its number: from 1, or a second as `20240101120000`.
    pub number: i64,
    /// What it is called, with `_` between words.
    pub title: String,
    /// Where it lies, from the folder of `platform.kdl`.
    pub path: String,
    /// What it says.
    pub sql: String,
}

impl Up {
    /// The name of the file.
    pub fn file(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Whether it is run as it is, and not as a transaction.
    pub fn is_transaction(&self) -> bool {
        !self.sql.starts_with(migration::NO_TRANSACTION)
    }
}

/// Why migrations cannot be relied on. Each names the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A file cannot be read.
    #[error("`{0}` cannot be read")]
    Unreadable(String),
    /// The snapshot is not what trackside writes.
    #[error("`{0}` is no schema as trackside writes it: {1}")]
    Snapshot(String, String),
    /// A file is not called as sqlx calls migrations.
    #[error(
        "`{0}` is not called like `0001_init.up.sql`, nor as sqlx calls migrations by their time, `20240101120000_init.sql`"
    )]
    Name(String),
    /// Two branches have each added a migration.
    #[error("number {0} is that of two migrations, `{1}` and `{2}`: give the later one the next number")]
    Twice(i64, String, String),
    /// A migration is missing.
    #[error("number {0} is missing before `{1}`")]
    Gap(i64, String),
    /// What takes back is there, and what it would take back is not.
    #[error("`{0}` takes back what no migration makes")]
    OnlyDown(String),
    /// A file is not the one whose digest was written down.
    #[error("`{0}` was changed after it was written: a migration that may have run somewhere stays as it is")]
    Changed(String),
    /// The snapshot is not the one whose digest was written down.
    #[error(
        "`{0}` is not what the migrations beside it lead to: take the one that goes with them, and write what you have added anew by `trackside migrate new`"
    )]
    Stale(String),
    /// The sums are gone.
    #[error("`{0}` is missing, and nothing vouches for the migrations beside it: take it from git")]
    NoSums(String),
    /// A migration is gone, and what it has made is in the snapshot still.
    #[error(
        "`{0}` is gone, and `schema.json` knows what it has made: put it back, or `schema.json` as it was before it"
    )]
    Gone(String),
    /// A file has no digest, or a digest no file.
    #[error("`{0}` is not in `migrations.sum`, or only there: `trackside migrate hash` writes it anew")]
    Unlisted(String),
    /// The sums were merged by hand, or by git.
    #[error(
        "`{0}` does not fit itself: `trackside migrate hash` writes it anew, once the migrations are in their order"
    )]
    Sums(String),
}

impl History {
    /// What is there of a database; empty where nothing is.
    pub fn read(tree: &Tree, database: &DatabaseId) -> Result<Self, Broken> {
        Self::read_folder(tree, &folder(database))
    }

    /// What is there in a folder of [`Self::folders`].
    pub fn read_folder(tree: &Tree, name: &str) -> Result<Self, Broken> {
        let history = Self::read_files(tree, name)?;
        let path = history.path(SUMS);
        if history.files.is_empty() {
            return Ok(history);
        }
        let written = text_of(tree, &path).map_err(|_| Broken::NoSums(path.clone()))?;
        if written == history.sums() {
            return Ok(history);
        }
        // Which of them it is, is worth a sentence.
        let (_, listed) = written.split_once('\n').ok_or_else(|| Broken::Sums(path.clone()))?;
        let listed: BTreeMap<&str, &str> = listed.lines().filter_map(|it| it.rsplit_once(' ')).collect();
        for (name, bytes) in history.summed_files() {
            match listed.get(name) {
                None => return Err(Broken::Unlisted(history.path(name))),
                Some(digest) if *digest != Digest::of(bytes).to_string() => {
                    let path = history.path(name);
                    return Err(if name == SNAPSHOT { Broken::Stale(path) } else { Broken::Changed(path) });
                }
                Some(_) => {}
            }
        }
        match listed.keys().find(|it| history.summed_files().all(|(name, _)| name != **it)) {
            Some(gone) => Err(Broken::Unlisted(history.path(gone))),
            None => Err(Broken::Sums(path)),
        }
    }

    /// The databases of which there are migrations, by the names of their folders.
    pub fn folders(tree: &Tree) -> Result<Vec<String>, Broken> {
        let mut folders = BTreeSet::new();
        for name in [SUMS, SNAPSHOT] {
            let pattern = format!("{FOLDER}/*/{name}");
            let found = tree.glob(&pattern).map_err(|_| Broken::Unreadable(pattern))?;
            folders.extend(found.iter().filter_map(|it| Some(it.as_str().split('/').nth(1)?.to_owned())));
        }
        Ok(folders.into_iter().collect())
    }

    /// The same, whatever its sums say.
    pub fn read_unsummed(tree: &Tree, database: &DatabaseId) -> Result<Self, Broken> {
        Self::read_files(tree, &folder(database))
    }

    /// The migrations of a database that has no snapshot, for whoever makes the first one; `None` where there is one.
    pub fn begin(tree: &Tree, database: &DatabaseId) -> Result<Option<Self>, Broken> {
        let history = Self::read_sql(tree, &folder(database))?;
        let is_begun = [SNAPSHOT, SUMS, BASELINE].iter().any(|it| text_of(tree, &history.path(it)).is_ok());
        Ok((!is_begun).then_some(history))
    }

    fn read_files(tree: &Tree, name: &str) -> Result<Self, Broken> {
        let mut history = Self::read_sql(tree, name)?;
        if !history.files.is_empty() {
            history.baseline = text_of(tree, &history.path(BASELINE)).ok().map(String::into_bytes);
            let path = history.path(SNAPSHOT);
            let text = text_of(tree, &path)?;
            history.schema =
                serde_json::from_str(&text).map_err(|it| Broken::Snapshot(path, it.to_string()))?;
            history.snapshot = Some(text.into_bytes());
        }
        Ok(history)
    }

    /// The files of SQL alone.
    fn read_sql(tree: &Tree, name: &str) -> Result<Self, Broken> {
        let mut history = Self { folder: format!("{FOLDER}/{name}"), ..Self::default() };
        let pattern = format!("{}/*.sql", history.folder);
        let found = tree.glob(&pattern).map_err(|_| Broken::Unreadable(pattern))?;
        for path in found {
            let bytes = tree.read(&path).map_err(|_| Broken::Unreadable(path.to_string()))?;
            let name = path.as_str().rsplit('/').next().unwrap_or_default().to_owned();
            history.files.insert(name, bytes);
        }
        history.check_names()?;
        Ok(history)
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    fn check_names(&self) -> Result<(), Broken> {
        let mut ups: BTreeMap<i64, &str> = BTreeMap::new();
        let mut downs: BTreeMap<i64, &str> = BTreeMap::new();
        for name in self.files.keys() {
            let (number, is_up) = parsed(name).ok_or_else(|| Broken::Name(self.path(name)))?;
            let into = if is_up { &mut ups } else { &mut downs };
            if let Some(other) = into.insert(number, name) {
                return Err(Broken::Twice(number, self.path(other), self.path(name)));
            }
        }
        for (expected, (number, name)) in (1..).zip(&ups) {
            if *number != expected && !is_time(*number) {
                return Err(Broken::Gap(expected, self.path(name)));
            }
        }
        let lonely = downs.iter().find(|(number, down)| {
            let stem = |name: &str| name.split('.').next().map(str::to_owned);
            ups.get(number).is_none_or(|up| stem(up) != stem(down))
        });
        lonely.map_or(Ok(()), |(_, name)| Err(Broken::OnlyDown(self.path(name))))
    }

    /// The number of the last one; 0 where there is none.
    fn last(&self) -> i64 {
        self.files.keys().filter_map(|it| parsed(it)).map(|(number, _)| number).max().unwrap_or(0)
    }

    /// What makes the changes, in its order.
    ///
    /// # Errors
    ///
    /// A file that is no text.
    pub fn ups(&self) -> Result<Vec<Up>, Broken> {
        let ups = self.files.iter().filter_map(|(name, bytes)| Some((parsed(name)?, name, bytes)));
        let mut ups: Vec<_> = ups.collect();
        ups.sort();
        let ups = ups.into_iter();
        ups.filter(|((_, is_up), ..)| *is_up)
            .map(|((number, _), name, bytes)| {
                let path = self.path(name);
                let title = name.split('.').next().and_then(|it| it.split_once('_')).map_or("", |it| it.1);
                let sql = String::from_utf8(bytes.clone()).map_err(|_| Broken::Unreadable(path.clone()))?;
                Ok(Up { number, title: title.to_owned(), path, sql })
            })
            .collect()
    }

    /// The migrations that lead from the last one to what is declared; none where nothing has changed. `note` says what stands
    /// above the statements of a change.
    pub fn next(
        &self,
        declared: &Schema,
        name: &str,
        note: &dyn Fn(&Change) -> Option<String>,
    ) -> Vec<Migration> {
        migration::between(&self.schema, declared, self.last() + 1, name, note)
    }

    /// The files that change when these migrations are added, by path, the sums last.
    pub fn with(mut self, migrations: &[Migration], declared: &Schema) -> Vec<(String, String)> {
        let mut changed = Vec::new();
        for it in migrations {
            let down = it.down.as_ref().map(|text| ("down", text));
            for (direction, text) in [("up", &it.up)].into_iter().chain(down) {
                let name = it.file(direction);
                changed.push((self.path(&name), text.clone()));
                self.files.insert(name, text.as_bytes().to_vec());
            }
        }
        let text = pretty(declared);
        self.snapshot = Some(text.clone().into_bytes());
        changed.push((self.path(SNAPSHOT), text));
        changed.push((self.path(SUMS), self.sums()));
        changed
    }

    /// What was there before the first migration, where a database was adopted.
    ///
    /// # Errors
    ///
    /// It is not what trackside writes.
    pub fn baseline(&self) -> Result<Option<Baseline>, Broken> {
        let read = self.baseline.as_ref().map(|it| serde_json::from_slice(it));
        read.transpose().map_err(|it| Broken::Snapshot(self.path(BASELINE), it.to_string()))
    }

    /// Whether there is no migration.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The files with which a database that has been there begins, by path, the sums last: the migration that makes what is adopted, unless
    /// there are migrations that have made it.
    pub fn adopting(mut self, first: Option<&Migration>, baseline: &Baseline) -> Vec<(String, String)> {
        let mut changed = Vec::new();
        if first.is_some() {
            let text = pretty(baseline);
            self.baseline = Some(text.clone().into_bytes());
            changed.push((self.path(BASELINE), text));
        }
        changed.extend(self.with(first.map_or(&[], std::slice::from_ref), &baseline.schema));
        changed
    }

    /// All files by their names.
    pub fn all(&self) -> BTreeMap<String, Vec<u8>> {
        let mut all: BTreeMap<String, Vec<u8>> =
            self.summed_files().map(|(name, bytes)| (name.to_owned(), bytes.clone())).collect();
        all.insert(SUMS.to_owned(), self.sums().into_bytes());
        all
    }

    /// The paths of the files of which the sums that lie there know the digest: under another name too, where one has got another number.
    pub fn listed(&self, tree: &Tree) -> BTreeSet<String> {
        let written = text_of(tree, &self.path(SUMS)).unwrap_or_default();
        let known: BTreeSet<&str> = written.lines().filter_map(|it| Some(it.rsplit_once(' ')?.1)).collect();
        let is_known = |bytes: &[u8]| known.contains(Digest::of(bytes).to_string().as_str());
        let files = self.files.iter().filter(|(_, bytes)| is_known(bytes));
        files.map(|(name, _)| self.path(name)).collect()
    }

    /// The path and the text of the sums of what is there, where `tree` has others.
    ///
    /// # Errors
    ///
    /// A migration is gone of which the snapshot knows.
    pub fn summed(&self, tree: &Tree) -> Result<(String, String), Broken> {
        let path = self.path(SUMS);
        let written = text_of(tree, &path).unwrap_or_default();
        let digests: BTreeMap<String, &str> =
            self.summed_files().map(|(name, bytes)| (Digest::of(bytes).to_string(), name)).collect();
        let listed = || written.lines().filter_map(|it| it.rsplit_once(' '));
        let is_same_snapshot =
            listed().any(|(name, digest)| name == SNAPSHOT && digests.contains_key(digest));
        // One that has got another number is there under another name.
        let gone = listed().find(|(name, digest)| {
            let is_there = self.summed_files().any(|(it, _)| it == *name);
            parsed(name).is_some_and(|it| it.1) && !is_there && !digests.contains_key(*digest)
        });
        match gone.filter(|_| is_same_snapshot) {
            Some((name, _)) => Err(Broken::Gone(self.path(name))),
            None => Ok((path, self.sums())),
        }
    }

    /// The files that have a digest.
    fn summed_files(&self) -> impl Iterator<Item = (&str, &Vec<u8>)> {
        let files = self.files.iter().map(|(name, bytes)| (name.as_str(), bytes));
        let beside = [(BASELINE, &self.baseline), (SNAPSHOT, &self.snapshot)];
        files.chain(beside.into_iter().filter_map(|(name, it)| Some((name, it.as_ref()?))))
    }

    fn sums(&self) -> String {
        let lines: String = self.summed_files().fold(String::new(), |mut text, (name, bytes)| {
            let _ = writeln!(text, "{name} {}", Digest::of(bytes));
            text
        });
        format!("{}\n{lines}", Digest::of(lines.as_bytes()))
    }
}

fn pretty(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("texts and numbers serialize");
    text.push('\n');
    text
}

/// The name of the folder of a database.
pub fn folder(database: &DatabaseId) -> String {
    match &database.project {
        Some(project) => format!("{project}.{}", database.name),
        None => database.name.to_string(),
    }
}

fn text_of(tree: &Tree, path: &str) -> Result<String, Broken> {
    let unreadable = || Broken::Unreadable(path.to_owned());
    let path = TreePath::parse(path).map_err(|_| unreadable())?;
    tree.read_text(&path).map(|it| it.to_string()).map_err(|_| unreadable())
}

/// How many digits a number has, or a second from the year to itself.
const DIGITS: [usize; 2] = [4, 14];

/// Whether a number is that of a second, or behind one.
fn is_time(number: i64) -> bool {
    number >= 10_i64.pow(13)
}

/// The number of a migration and whether it leads up, by the name of its file. sqlx says `up` only where there is a way back.
fn parsed(name: &str) -> Option<(i64, bool)> {
    let stem = name.strip_suffix(".sql")?;
    let (stem, direction) = stem.rsplit_once('.').unwrap_or((stem, ""));
    let (digits, title) = stem.split_once('_')?;
    let number: i64 = digits.bytes().all(|it| it.is_ascii_digit()).then(|| digits.parse().ok()).flatten()?;
    let is_of_title = |it: char| match is_time(number) {
        // sqlx takes whatever it is called.
        true => it.is_ascii_alphanumeric() || matches!(it, '_' | '-'),
        false => it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_',
    };
    let is_name = DIGITS.contains(&digits.len()) && !title.is_empty() && title.chars().all(is_of_title);
    match direction {
        _ if !is_name => None,
        "up" => Some((number, true)),
        "" if is_time(number) => Some((number, true)),
        "down" => Some((number, false)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::name::Name;

    fn database() -> DatabaseId {
        DatabaseId { project: None, name: Name::trusted("shop") }
    }

    /// A tree with one migration, and changes to its files.
    fn tree(change: &[(&str, &str)]) -> Tree {
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        let up = Migration {
            number: 1,
            name: "init".into(),
            up: "select 1;\n".into(),
            down: Some("select 2;\n".into()),
        };
        let history = History { folder: "migrations/shop".into(), ..History::default() };
        files.extend(history.with(&[up], &Schema::default()));
        for (path, text) in change {
            files.insert(format!("migrations/shop/{path}"), (*text).to_owned());
        }
        files.retain(|_, text| text != "gone");
        Tree::memory(files)
    }

    #[test]
    fn what_was_written_is_read_and_what_was_changed_is_named() {
        let read = |change: &[(&str, &str)]| {
            History::read(&tree(change), &database())
                .map_or_else(|it| it.to_string(), |it| it.last().to_string())
        };
        assert_eq!(read(&[]), "1");
        let told: Vec<String> = [
            &[("0001_init.up.sql", "select 3;\n")][..],
            &[("0001_init.up.sql", "gone")],
            &[("0002_more.up.sql", "select 3;\n")],
            &[("0003_more.up.sql", "select 3;\n")],
            &[("0001_other.up.sql", "select 3;\n")],
            &[("2_more.up.sql", "select 3;\n")],
            &[("more.sql", "select 3;\n")],
            &[("20240101120000_Create-users.sql", "select 3;\n")],
            &[("20240101120000.sql", "select 3;\n")],
            &[("2024010112_more.up.sql", "select 3;\n")],
            &[("0002_more.sql", "select 3;\n")],
            &[("0001_init.down.sql", "gone")],
            &[("schema.json", "{}")],
            &[("schema.json", "gone")],
            &[("migrations.sum", "gone")],
            &[("migrations.sum", "<<<<<<< ours\n")],
        ]
        .iter()
        .map(|it| read(it))
        .collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        `migrations/shop/0001_init.up.sql` was changed after it was written: a migration that may have run somewhere stays as it is
        `migrations/shop/0001_init.down.sql` takes back what no migration makes
        `migrations/shop/0002_more.up.sql` is not in `migrations.sum`, or only there: `trackside migrate hash` writes it anew
        number 2 is missing before `migrations/shop/0003_more.up.sql`
        number 1 is that of two migrations, `migrations/shop/0001_init.up.sql` and `migrations/shop/0001_other.up.sql`: give the later one the next number
        `migrations/shop/2_more.up.sql` is not called like `0001_init.up.sql`, nor as sqlx calls migrations by their time, `20240101120000_init.sql`
        `migrations/shop/more.sql` is not called like `0001_init.up.sql`, nor as sqlx calls migrations by their time, `20240101120000_init.sql`
        `migrations/shop/20240101120000_Create-users.sql` is not in `migrations.sum`, or only there: `trackside migrate hash` writes it anew
        `migrations/shop/20240101120000.sql` is not called like `0001_init.up.sql`, nor as sqlx calls migrations by their time, `20240101120000_init.sql`
        `migrations/shop/2024010112_more.up.sql` is not called like `0001_init.up.sql`, nor as sqlx calls migrations by their time, `20240101120000_init.sql`
        `migrations/shop/0002_more.sql` is not called like `0001_init.up.sql`, nor as sqlx calls migrations by their time, `20240101120000_init.sql`
        `migrations/shop/0001_init.down.sql` is not in `migrations.sum`, or only there: `trackside migrate hash` writes it anew
        `migrations/shop/schema.json` is no schema as trackside writes it: missing field `roles` at line 1 column 2
        `migrations/shop/schema.json` cannot be read
        `migrations/shop/migrations.sum` is missing, and nothing vouches for the migrations beside it: take it from git
        `migrations/shop/0001_init.down.sql` is not in `migrations.sum`, or only there: `trackside migrate hash` writes it anew
        "#);
    }
}
