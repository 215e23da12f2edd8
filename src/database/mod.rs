//! Databases as they are: what runs migrations in them, and holds them against what is declared.
//!
//! ```text
//! History ─runner→ statements, and `_sqlx_migrations`      what has run, and what is yet to
//! catalogue → Schema ─difference→ what is not as declared   the same type, and the same comparison, as for migrations
//! catalogue ─baseline→ what would be declared               and by adoption, whether a database is the one of which that was written
//! ```
//!
//! Nothing else talks to PostgreSQL. What is to be is decided in [`render::postgres`](crate::render::postgres); here it is done, or
//! said to be missing. One connection does one thing after the other, so functions are asynchronous only because the client is.

pub mod adoption;
pub mod baseline;
pub mod connection;
pub mod catalogue;
pub mod difference;
pub mod privacy;
pub mod runner;
pub mod trial;
pub mod effect;
pub mod version;
