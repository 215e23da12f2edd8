//! What a scheduler and whoever answers people ask of a database: deleting what is over, erasing a person, handing over what there is.
//!
//! All of it is done by functions that the migrations have made, each call a transaction of its own (see
//! [`retention`](crate::render::postgres::retention), [`erasure`](crate::render::postgres::erasure),
//! [`hold`](crate::render::postgres::hold) and [`export`](crate::render::postgres::export)). Here they are called again and again until they are done, and once more where
//! another transaction was in the way; whatever ends this, the next call goes on where it ended.

use std::time::Duration;

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use crate::database::connection::{self, Error};

/// How often a call is made again for which somebody was in the way.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(200);

/// The tables of which rows are over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The table.
    pub table_name: String,
    /// The function that deletes its rows, with its schema, in quotes where it needs them.
    pub function_name: String,
    /// How many rows are over and may go.
    pub due: i64,
    /// How many are over and stay, because somebody is owed them or a hold stands.
    pub kept: i64,
}

/// What is over, in the order in which it can be deleted.
///
/// # Errors
///
/// The server refused; without migrations of trackside there are no such functions.
pub async fn due(connection: &mut PgConnection) -> Result<Vec<Due>, Error> {
    let sql = "select table_name, function_name, due, kept from trackside.retention() order by step";
    let rows: Result<Vec<(String, String, i64, i64)>, sqlx::Error> =
        sqlx::query_as(sql).fetch_all(connection).await;
    let due = rows.map_err(|it| Error::failed("could not ask what is over", &it))?.into_iter();
    Ok(due
        .map(|(table_name, function_name, due, kept)| Due { table_name, function_name, due, kept })
        .collect())
}

/// Deletes what is over of a table, and says how many rows that were. `tell` hears of each call.
///
/// # Errors
///
/// The server refused. What is deleted by then stays so.
pub async fn retain(
    connection: &mut PgConnection,
    due: &Due,
    batch: u32,
    tell: &mut (dyn FnMut(i64) + Send),
) -> Result<i64, Error> {
    // The name is quoted by the database that it comes from.
    let sql = format!("select {}($1)", due.function_name);
    let mut all = 0;
    let mut tries = 0;
    loop {
        let asked =
            sqlx::query_scalar(AssertSqlSafe(sql.as_str())).bind(i32::try_from(batch).unwrap_or(i32::MAX));
        let deleted: Result<i64, sqlx::Error> = asked.fetch_one(&mut *connection).await;
        match deleted.map_err(|it| {
            Error::failed(format!("could not delete what is over of `{}`", due.table_name), &it)
        }) {
            Ok(deleted) => {
                tries = 0;
                all += deleted;
                tell(deleted);
                if deleted < i64::from(batch) {
                    return Ok(all);
                }
            }
            Err(error) => again(&mut tries, error).await?,
        }
    }
}

/// What came of an erasure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// The number of its row in `trackside.erasures`.
    pub evidence: i64,
    /// How many rows were deleted or pseudonymised by this run.
    pub rows: i64,
    /// When it was done, as the server says it, where that was before this run.
    pub before: Option<String>,
}

/// Erases a person, as far as it has not been done. `tell` hears of each call.
///
/// # Errors
///
/// A hold or an obligation stands in the way, the wait is not over, the id is none or [nobody's](Error::is_unknown), or the server refused.
pub async fn erase(
    connection: &mut PgConnection,
    subject: &str,
    batch: u32,
    tell: &mut (dyn FnMut(i64) + Send),
) -> Result<Erased, Error> {
    // What stands around the call sees what was there before it.
    let sql = format!(
        "select s.evidence, s.rows, s.done, (select {FINISHED} from trackside.erasures as e where e.id = s.evidence) from trackside.erase($1, $2) as s"
    );
    let mut all = 0;
    let mut tries = 0;
    loop {
        let asked = sqlx::query_as(AssertSqlSafe(sql.as_str()))
            .bind(subject)
            .bind(i32::try_from(batch).unwrap_or(i32::MAX));
        let step: Result<(i64, i64, bool, Option<String>), sqlx::Error> =
            asked.fetch_one(&mut *connection).await;
        match step.map_err(|it| Error::failed("the person is not erased", &it)) {
            Ok((evidence, rows, done, before)) => {
                tries = 0;
                all += rows;
                tell(rows);
                if done {
                    return Ok(Erased { evidence, rows: all, before });
                }
            }
            Err(error) => again(&mut tries, error).await?,
        }
    }
}

/// When an erasure `e` was done.
const FINISHED: &str = "to_char(e.finished at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')";

/// Waits before another try, where that may help.
async fn again(tries: &mut u32, error: Error) -> Result<(), Error> {
    *tries += 1;
    // Another transaction was in the way: of serialization, a deadlock, a lock, a row that was referred to meanwhile.
    let is_in_the_way = matches!(&error, Error::Failed { code, .. } if ["40001", "40P01", "55P03", "23503"].contains(&code.as_str()));
    if !is_in_the_way || *tries >= TRIES {
        return Err(error);
    }
    tokio::time::sleep(PAUSE).await;
    Ok(())
}

/// What there is of a person, as JSON lines: first what they mean, then a row in each.
///
/// # Errors
///
/// The id is none or [nobody's](Error::is_unknown), or the server refused.
pub async fn export(connection: &mut PgConnection, subject: &str) -> Result<Vec<String>, Error> {
    let asked =
        sqlx::query_scalar("select * from trackside.export($1)").bind(subject).fetch_all(connection).await;
    asked.map_err(|it| Error::failed("nothing is handed over", &it))
}

/// When a person was erased last, as the server says it, and the number of the evidence; nothing where there is none.
///
/// # Errors
///
/// The id is none, or the server refused.
pub async fn last_erasure(
    connection: &mut PgConnection,
    subject: &str,
) -> Result<Option<(i64, String)>, Error> {
    if !connection::value(connection, "select to_regclass('trackside.erasures') is not null").await? {
        return Ok(None);
    }
    let sql = format!(
        "select e.id, {FINISHED} from trackside.erasures as e where e.subject = trackside.id_of($1) and e.finished is not null order by e.id desc limit 1"
    );
    let asked = sqlx::query_as(AssertSqlSafe(sql)).bind(subject).fetch_optional(connection).await;
    asked.map_err(|it| Error::failed("could not ask whether the person is erased", &it))
}

/// People whose erasure has waited long enough: the id, and since when it could be done.
///
/// # Errors
///
/// The server refused; without a `wait` there is no such function.
pub async fn erasures_due(connection: &mut PgConnection, most: u32) -> Result<Vec<(String, String)>, Error> {
    let sql = "select subject, to_char(since at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') from trackside.erasures_due($1)";
    let asked = sqlx::query_as(sql).bind(i32::try_from(most).unwrap_or(i32::MAX)).fetch_all(connection).await;
    asked.map_err(|it| Error::failed("could not ask whose erasure is due", &it))
}

/// Places a legal hold, and gives its number.
///
/// # Errors
///
/// The id is none, there is no reason, or the server refused.
pub async fn hold(connection: &mut PgConnection, subject: &str, reason: &str) -> Result<i64, Error> {
    let asked = sqlx::query_scalar("select trackside.place_hold($1, $2)").bind(subject).bind(reason);
    asked.fetch_one(connection).await.map_err(|it| Error::failed("no hold is placed", &it))
}

/// Lifts a legal hold; whether there was one to lift.
///
/// # Errors
///
/// The server refused.
pub async fn lift(connection: &mut PgConnection, hold: i64) -> Result<bool, Error> {
    let asked = sqlx::query_scalar("select trackside.lift_hold($1)").bind(hold).fetch_one(connection).await;
    asked.map_err(|it| Error::failed("no hold is lifted", &it))
}
