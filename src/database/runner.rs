//! What has run in a database, and what runs next.
//!
//! A database remembers what has run in the table of sqlx, `_sqlx_migrations`, with the SHA-384 digest of each file: `sqlx migrate run` and
//! this may take turns. Only one runner works at a time, by the advisory lock of sqlx; it is tried again and again
//! rather than waited for, because `create index concurrently` waits for everybody who waits.
//!
//! A migration and the note that it has run are one transaction. Where that cannot be, because a statement refuses to stand in one,
//! the statement is recognised by its effect: an index that is there, valid and the one that the migration makes needs no second run; one that is
//! invalid was left by a run that ended, and is dropped and built again.
#![expect(
    clippy::disallowed_methods,
    reason = "how long something takes is told, and decides nothing that is written"
)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha384};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use crate::database::adoption;
use crate::database::connection::{self, Address, Error};
use crate::database::effect::{self, Effect};
use crate::database::version::{Declared, Other};
use crate::render::postgres::difference::Difference;
use crate::render::postgres::history::{Baseline, Up};

/// How often a migration is tried for which a lock, or the server, could not be had.
const TRIES: u32 = 10;

/// How long it is waited between two tries.
const PAUSE: Duration = Duration::from_secs(1);

/// How often it is asked whether another runner is done.
const POLL: Duration = Duration::from_millis(100);

/// A migration, and when it ran here.
#[derive(Clone, Debug)]
pub struct Step {
    /// The file.
    pub up: Up,
    /// When it ran, as the server says it; `None` where it is yet to.
    pub ran: Option<String>,
}

/// What a database remembers does not fit the files.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// The file is not the one that ran.
    #[error(
        "`{0}` was changed after it ran here: put the file back as it was, and write what is to be different as a new migration"
    )]
    Changed(String),
    /// There are migrations that the files do not have.
    #[error(
        "the database is ahead: migration {number} `{title}` ran there, and is not in `{folder}`; take the branch that has it"
    )]
    Ahead {
        /// Its number.
        number: i64,
        /// What it is called there.
        title: String,
        /// Where it would lie.
        folder: String,
    },
    /// A later one ran before it.
    #[error(
        "`{missing}` has not run here, and `{ran}`, which comes after it, has: give the one that has not the next number"
    )]
    Order {
        /// What has not run.
        missing: String,
        /// What has.
        ran: String,
    },
    /// Another tool began it, and did not end it.
    #[error(
        "migration {0} `{1}` is noted as begun and failed: see what it has done, then delete its row from `_sqlx_migrations`, or set `success` there"
    )]
    Half(i64, String),
}

/// Why migrations did not all run.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// There is no way, or it ended.
    #[error(transparent)]
    Connection(#[from] Error),
    /// What ran and what is to run do not fit.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// What is to run is written for a newer server.
    #[error("{0}; nothing was done")]
    Older(Other),
    /// Another runner works.
    #[error("another run of migrations is at work here{0}: nothing was done")]
    Busy(String),
    /// The tables that the first migration makes are there.
    #[error(
        "`{0}` makes what this database has already: if it is the one that was adopted, or one like it, `trackside migrate apply --adopt` notes that and runs nothing of it; nothing was done"
    )]
    Adoptable(String),
    /// No table that the first migration makes is there.
    #[error("there is nothing to adopt: no table of `{0}` is in this database; without `--adopt` it is made")]
    NothingToAdopt(String),
    /// Nobody has adopted this database.
    #[error(
        "no database was adopted here: `trackside migrate baseline` writes what is there, and then `--adopt` notes it"
    )]
    NoBaseline,
    /// It is another one than the one that was adopted.
    #[error("this database is not what `{path}` makes: nothing was done")]
    Unlike {
        /// The file.
        path: String,
        /// In what.
        differences: Vec<Difference>,
    },
    /// Something of the same name is in the way of what a migration makes.
    #[error(
        "`{path}` makes index `{index}`, and there is another one of that name: `{found}`; drop it, or call one of the two otherwise"
    )]
    InTheWay {
        /// The file.
        path: String,
        /// The index.
        index: String,
        /// What is there.
        found: String,
    },
}

/// What a run does, as it goes.
#[derive(Clone, Copy, Debug)]
pub enum Event<'r> {
    /// A migration begins.
    Begun(&'r Up),
    /// A migration has run.
    Ran(&'r Up, Duration),
    /// It makes what was there before all of them, and was noted without being run.
    Adopted(&'r Up),
    /// What it makes was there already, left by a run that ended before it was noted.
    Recognised(&'r Up),
    /// It is tried again, for this reason.
    Again(&'r str),
    /// The server is newer than what is declared.
    Newer(Other),
}

/// What has run and what has not.
///
/// # Errors
///
/// No way to the database, or what ran there does not fit the files.
pub async fn status(connection: &mut PgConnection, ups: &[Up]) -> Result<Vec<Step>, Stopped> {
    Ok(compared(ups, remembered(connection).await?)?)
}

/// A row of the table of what has run.
struct Remembered {
    title: String,
    checksum: Vec<u8>,
    is_done: bool,
    at: String,
}

async fn remembered(connection: &mut PgConnection) -> Result<BTreeMap<i64, Remembered>, Error> {
    let is_there = "select to_regclass('_sqlx_migrations') is not null";
    if !connection::value::<bool>(connection, is_there).await? {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(i64, String, Vec<u8>, bool, String)> = sqlx::query_as(
        "select version, description, checksum, success, to_char(installed_on at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') from _sqlx_migrations",
    )
    .fetch_all(connection)
    .await
    .map_err(|it| Error::failed("could not read `_sqlx_migrations`", &it))?;
    let remembered = rows.into_iter().map(|(version, title, checksum, is_done, at)| {
        (version, Remembered { title, checksum, is_done, at })
    });
    Ok(remembered.collect())
}

fn compared(ups: &[Up], mut remembered: BTreeMap<i64, Remembered>) -> Result<Vec<Step>, Conflict> {
    let mut missing: Option<&Up> = None;
    let mut steps = Vec::with_capacity(ups.len());
    for up in ups {
        let number = up.number;
        let ran = remembered.remove(&number);
        match (&ran, missing) {
            (Some(it), _) if !it.is_done => return Err(Conflict::Half(number, it.title.clone())),
            (Some(it), _) if it.checksum != checksum(up) => return Err(Conflict::Changed(up.path.clone())),
            (Some(_), Some(missing)) => {
                return Err(Conflict::Order { missing: missing.path.clone(), ran: up.path.clone() });
            }
            (Some(_), None) => {}
            (None, _) => missing = missing.or(Some(up)),
        }
        steps.push(Step { up: up.clone(), ran: ran.map(|it| it.at) });
    }
    match remembered.into_iter().next() {
        Some((number, it)) => {
            let folder = ups.first().and_then(|it| it.path.rsplit_once('/')).map_or("migrations", |it| it.0);
            Err(Conflict::Ahead { number, title: it.title, folder: folder.to_owned() })
        }
        None => Ok(steps),
    }
}

fn checksum(up: &Up) -> Vec<u8> {
    Sha384::digest(up.sql.as_bytes()).to_vec()
}

/// What is to run.
#[derive(Clone, Copy, Debug)]
pub struct Order<'r> {
    /// The migrations.
    pub ups: &'r [Up],
    /// What there was before the first one, which makes it.
    pub baseline: Option<&'r Baseline>,
    /// Whether that is to be noted where it is there.
    pub adopts: bool,
    /// The number of the last one to run, where it is not the last there is.
    pub to: Option<i64>,
    /// The versions of PostgreSQL that they are for, where that is known.
    pub declared: Option<Declared>,
}

/// Runs what has not run, in its order, and says how many that were. A server that goes away
/// is waited for; whatever ends this, it can be run again, and nothing runs twice.
///
/// # Errors
///
/// What stopped it. All before it has run and is noted.
pub async fn apply(
    address: &Address,
    order: Order<'_>,
    patience: Duration,
    tell: &mut (dyn FnMut(Event<'_>) + Send),
) -> Result<usize, Stopped> {
    let (mut count, mut tries, mut before) = (0, 0, 0);
    loop {
        let Err(stopped) = attempt(address, order, patience, &mut count, tell).await else {
            return Ok(count);
        };
        tries = if count > before { 1 } else { tries + 1 };
        before = count;
        match &stopped {
            // The first connection says at once what is wrong with the way.
            Stopped::Connection(Error::Connect { .. }) if tries == 1 && count == 0 => return Err(stopped),
            Stopped::Connection(error) if tries < TRIES && (error.is_lost() || error.is_locked()) => {
                tell(Event::Again(&error.to_string()));
                tokio::time::sleep(PAUSE).await;
            }
            _ => return Err(stopped),
        }
    }
}

/// Runs what has not run over one connection. What is open when it fails is undone when the connection goes.
async fn attempt(
    address: &Address,
    order: Order<'_>,
    patience: Duration,
    count: &mut usize,
    tell: &mut (dyn FnMut(Event<'_>) + Send),
) -> Result<(), Stopped> {
    let Order { ups, baseline, adopts, to, declared } = order;
    let mut connection = address.connect_to_write().await?;
    match declared.and_then(|it| it.differs(&connection)) {
        Some(other) if other.is_older() => return Err(Stopped::Older(other)),
        Some(other) => tell(Event::Newer(other)),
        None => {}
    }
    begin(&mut connection, patience).await?;
    let mut steps = status(&mut connection, ups).await?;
    if let (Some(baseline), Some(first)) = (baseline, steps.first_mut())
        && first.ran.is_none()
        && adopt(&mut connection, &first.up, baseline, adopts, tell).await?
    {
        first.ran = Some(String::new());
        *count += 1;
    }
    if baseline.is_none() && adopts {
        return Err(Stopped::NoBaseline);
    }
    let pending = steps.iter().filter(|it| it.ran.is_none()).map(|it| &it.up);
    for up in pending.filter(|it| to.is_none_or(|to| it.number <= to)) {
        run(&mut connection, up, tell).await?;
        *count += 1;
    }
    // What is not closed in order ends all the same, and its lock with it.
    let _closed = connection.close().await;
    Ok(())
}

/// Notes the migration that makes what is there, where it is just that; whether it did. In an empty database it is one like the others.
async fn adopt(
    connection: &mut PgConnection,
    up: &Up,
    baseline: &Baseline,
    adopts: bool,
    tell: &mut (dyn FnMut(Event<'_>) + Send),
) -> Result<bool, Stopped> {
    let path = || up.path.clone();
    match (adoption::count(connection, baseline).await?, adopts) {
        (0, false) => return Ok(false),
        (0, true) => return Err(Stopped::NothingToAdopt(path())),
        (_, false) => return Err(Stopped::Adoptable(path())),
        (_, true) => {}
    }
    let differences = adoption::verify(connection, baseline).await?;
    if !differences.is_empty() {
        return Err(Stopped::Unlike { path: path(), differences });
    }
    let noted = note(connection, up, Duration::ZERO).await;
    noted.map_err(|it| Error::failed(format!("`{}` could not be noted", up.path), &it))?;
    tell(Event::Adopted(up));
    Ok(true)
}

/// Becomes the one runner, and makes the table of what has run.
async fn begin(connection: &mut PgConnection, patience: Duration) -> Result<(), Stopped> {
    let database: String = connection::value(connection, "select current_database()::text").await?;
    let key = lock_key(&database);
    let asked = Instant::now();
    loop {
        let is_held: bool = sqlx::query_scalar("select pg_try_advisory_lock($1)")
            .bind(key)
            .fetch_one(&mut *connection)
            .await
            .map_err(|it| Error::failed("could not ask for the lock of migrations", &it))?;
        if is_held {
            break;
        }
        if asked.elapsed() >= patience {
            return Err(Stopped::Busy(holder(connection, key).await));
        }
        tokio::time::sleep(POLL).await;
    }
    // Two that make it at once collide even with `if not exists`; only the one with the lock gets here. sqlx's own words.
    connection::run(
        connection,
        "create table if not exists _sqlx_migrations (version bigint primary key, description text not null, installed_on timestamptz not null default now(), success boolean not null, checksum bytea not null, execution_time bigint not null)",
    )
    .await?;
    Ok(())
}

/// The key of the advisory lock, as sqlx makes it.
fn lock_key(database: &str) -> i64 {
    0x3d32_ad9e_i64.wrapping_mul(i64::from(crc32fast::hash(database.as_bytes())))
}

/// Who has the lock, in words.
async fn holder(connection: &mut PgConnection, key: i64) -> String {
    let found: Result<Option<(i32, String, String)>, _> = sqlx::query_as(
        "select a.pid, coalesce(a.application_name, ''), coalesce(a.usename::text, '') from pg_locks l join pg_stat_activity a on a.pid = l.pid where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and (l.classid::bigint << 32 | l.objid::bigint) = $1 limit 1",
    )
    .bind(key)
    .fetch_optional(connection)
    .await;
    match found {
        Ok(Some((pid, application, user))) => {
            let application = if application.is_empty() { "a client" } else { &application };
            format!(", {application} of `{user}` with process {pid}")
        }
        _ => String::new(),
    }
}

async fn run(
    connection: &mut PgConnection,
    up: &Up,
    tell: &mut (dyn FnMut(Event<'_>) + Send),
) -> Result<(), Stopped> {
    let begun = Instant::now();
    tell(Event::Begun(up));
    let failed =
        |it: sqlx::Error| Error::failed(format!("`{}` failed and was not noted as run", up.path), &it);
    if up.is_transaction() {
        let mut transaction = connection.begin().await.map_err(failed)?;
        transaction.execute(sqlx::raw_sql(AssertSqlSafe(up.sql.as_str()))).await.map_err(failed)?;
        note(&mut transaction, up, begun.elapsed()).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        tell(Event::Ran(up, begun.elapsed()));
        return Ok(());
    }
    let effect = Effect::of(&up.sql);
    if let Some(effect) = &effect {
        match effect::found(connection, effect).await? {
            effect::Found::Nothing => {}
            effect::Found::Done => {
                note(connection, up, begun.elapsed()).await.map_err(failed)?;
                tell(Event::Recognised(up));
                return Ok(());
            }
            effect::Found::Leftover => {
                let drop = effect.undone();
                connection.execute(sqlx::raw_sql(AssertSqlSafe(drop))).await.map_err(failed)?;
            }
            effect::Found::Other(found) => {
                return Err(Stopped::InTheWay { path: up.path.clone(), index: effect.index.clone(), found });
            }
        }
    }
    connection.execute(sqlx::raw_sql(AssertSqlSafe(up.sql.as_str()))).await.map_err(failed)?;
    note(connection, up, begun.elapsed()).await.map_err(failed)?;
    tell(Event::Ran(up, begun.elapsed()));
    Ok(())
}

/// Notes that a migration has run, in the words of sqlx.
async fn note(connection: &mut PgConnection, up: &Up, took: Duration) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values ($1, $2, true, $3, $4)",
    )
    .bind(up.number)
    .bind(up.title.replace('_', " "))
    .bind(checksum(up))
    .bind(i64::try_from(took.as_nanos()).unwrap_or(i64::MAX))
    .execute(connection)
    .await
    .map(drop)
}
