//! A database held against what is declared of it.

use sqlx::postgres::PgConnection;

use crate::database::catalogue;
use crate::database::connection::Error;
use crate::render::postgres::difference::{self, Difference};
use crate::render::postgres::schema::Schema;

/// Holds a database against what is declared of it.
///
/// # Errors
///
/// The server could not be asked.
pub async fn verify(connection: &mut PgConnection, declared: &Schema) -> Result<Vec<Difference>, Error> {
    let live = catalogue::read(connection, declared).await?;
    let declared = catalogue::read_back(connection, declared).await?;
    Ok(difference::between(live, &declared))
}
