//! [`Database`](crate::language::database::Database) → the objects that PostgreSQL is to have, and the statements that make them.
//!
//! ```text
//! Database ─declared→ Schema ─change→ [Change] ─statement→ [Statement] → text
//! ```
//!
//! [`schema`] is what a database consists of, in PostgreSQL's own terms: it is what is declared, what the last migration left, and
//! what a catalogue says, so that any two of them can be held against each other. [`declared`] makes it out of the language;
//! [`rows`] says how row rules become policies; [`retention`], [`erasure`], [`hold`] and [`export`] say which functions a scheduler, or
//! whoever answers people, calls, and what each of them gives. [`quote`] is the only place where a name or a value becomes SQL.

pub mod change;
pub mod declared;
pub mod erasure;
pub mod export;
pub mod history;
pub mod hold;
pub mod migration;
pub mod own;
pub mod person;
pub mod quote;
pub mod retention;
pub mod rows;
pub mod schema;
pub mod statement;
