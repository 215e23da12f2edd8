//! [`Database`](crate::language::database::Database) → the objects that PostgreSQL is to have, and the statements that make them.
//!
//! ```text
//! Database ─declared→ Schema ─change→ [Change] ─statement→ [Statement] → text
//! ```
//!
//! [`schema`] is what a database consists of, in PostgreSQL's own terms: it is what is declared, what the last migration left, and
//! what a catalogue says, so that any two of them can be held against each other. [`declared`] makes it out of the language;
//! [`rows`] says how row rules become policies; [`copied`] how a column takes the place of another; [`retention`], [`erasure`],
//! [`hold`] and [`export`] say which functions a scheduler, or whoever answers people, calls, and what each of them gives. [`baseline`] is
//! the way back: what would be declared of a database that is there; [`deparse`] reads its expressions. [`condition`] is what a row must
//! be like; [`quote`] is the only place where a name or a value becomes SQL.

pub mod baseline;
pub mod block;
pub mod cast;
pub mod change;
pub mod check;
pub mod condition;
pub mod copied;
pub mod declared;
pub mod deparse;
pub mod difference;
pub mod erasure;
pub mod export;
pub mod history;
pub mod hold;
pub mod lexer;
pub mod lint;
pub mod migration;
pub mod name;
pub mod own;
pub mod person;
pub mod quote;
pub mod rename;
pub mod retention;
pub mod rows;
pub mod schema;
pub mod statement;
pub mod subject;
pub mod told;

use std::collections::BTreeMap;

use crate::language::Platform;
use crate::language::database::DatabaseId;
use crate::render::File;
use crate::render::postgres::history::Histories;

/// The migrations of all databases by their path in the folder `migrations/`.
pub fn files(platform: &Platform, histories: &Histories) -> BTreeMap<String, File> {
    let mut files = BTreeMap::new();
    for (project, database) in platform.all_databases() {
        let id = DatabaseId::declared(project, database);
        let folder = history::folder(&id);
        // That it can be relied on has been checked.
        let Some(Ok(history)) = histories.0.get(&folder) else { continue };
        let made = history
            .all()
            .into_iter()
            .map(|(name, bytes)| (format!("{folder}/{name}"), File { bytes, origins: vec![database.span] }));
        files.extend(made);
    }
    files
}
