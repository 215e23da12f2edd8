//! The way to a server, and in plain words why there is none.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgDatabaseError, PgSslMode};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

/// The oldest server of which everything that is rendered is understood.
pub const OLDEST: i32 = 15;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a database is and how to log in there.
#[derive(Clone)]
pub struct Address(PgConnectOptions);

/// What can be wrong with the way to a server, or with the server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was given is no URL of a database.
    #[error(
        "the URL of the database cannot be read: {0}; write it like `postgres://user@host:5432/name`, with `%40` for `@` in a password"
    )]
    Url(String),
    /// There is no way.
    #[error("could not connect to {place}: {reason}")]
    Connect {
        /// The host and port, or the socket.
        place: String,
        /// Why, and what to do.
        reason: String,
    },
    /// The server cannot do what is asked of it.
    #[error("PostgreSQL {0} is too old: trackside writes for {OLDEST} and newer")]
    TooOld(i32),
    /// Nothing can be changed there.
    #[error("{0} is read-only, a standby or set so: migrations run on the primary")]
    ReadOnly(String),
    /// Nothing can be made there, not even for a moment.
    #[error(
        "this is a standby: PostgreSQL reads what is declared on temporary tables, and a standby has none; go to the primary"
    )]
    Standby,
    /// The server refused a statement, or went away.
    #[error("{doing}: {reason}")]
    Failed {
        /// What was being done.
        doing: String,
        /// What the server says.
        reason: String,
        /// The code of the error (PostgreSQL, appendix A); empty where the connection itself failed.
        code: String,
    },
}

impl Error {
    /// What came of a statement.
    pub fn failed(doing: impl Into<String>, error: &sqlx::Error) -> Self {
        let code = code_of(error).unwrap_or_default();
        Self::Failed { doing: doing.into(), reason: reason(error), code }
    }

    /// Whether the connection is gone, and another one may do.
    pub fn is_lost(&self) -> bool {
        match self {
            // Class 08 is about connections, 57P01 to 57P03 about a server that stops or starts.
            Self::Failed { code, .. } => {
                code.is_empty() || code.starts_with("08") || code.starts_with("57P0")
            }
            Self::Connect { .. } => true,
            Self::Url(_) | Self::TooOld(_) | Self::ReadOnly(_) | Self::Standby => false,
        }
    }

    /// Whether nothing can be written there, not even what is temporary.
    pub fn is_read_only(&self) -> bool {
        matches!(self, Self::Failed { code, .. } if code == "25006")
    }

    /// Whether no table knows the person of whom something is asked.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Failed { code, .. } if code == "TS008")
    }

    /// Whether a lock could not be had in time, and may be later.
    pub fn is_locked(&self) -> bool {
        matches!(self, Self::Failed { code, .. } if matches!(code.as_str(), "55P03" | "40P01"))
    }
}

impl Address {
    /// Reads a URL. What it does not say comes from libpq's variables and password file. The server has to prove who it is
    /// (`sslmode=verify-full`) unless the URL or `PGSSLMODE` says otherwise, or it is a socket of this machine.
    ///
    /// # Errors
    ///
    /// What cannot be read. The URL is in no message: there may be a password in it.
    pub fn parse(url: &str, is_mode_set: bool) -> Result<Self, Error> {
        let is_scheme = url.starts_with("postgres://") || url.starts_with("postgresql://");
        if !is_scheme {
            return Err(Error::Url("it does not begin with `postgres://`".to_owned()));
        }
        let options = PgConnectOptions::from_str(url).map_err(|it| {
            Error::Url(match &it {
                sqlx::Error::Configuration(reason) => deepest(reason.as_ref()),
                _ => "a part of it has another form".to_owned(),
            })
        })?;
        let says = |key: &str| url.split(['?', '&']).skip(1).any(|it| it.split('=').next() == Some(key));
        let is_mode_set = is_mode_set || says("sslmode") || says("ssl-mode");
        let address = Self(options.application_name("trackside"));
        Ok(match is_mode_set || address.is_local() {
            true => address,
            false => Self(address.0.ssl_mode(PgSslMode::VerifyFull)),
        })
    }

    /// Whether it is a socket of this machine.
    fn is_local(&self) -> bool {
        self.0.get_socket().is_some() || self.0.get_host().starts_with('/')
    }

    /// Where it leads, without the login.
    pub fn place(&self) -> String {
        match self.0.get_socket() {
            Some(socket) => format!("`{}`", socket.display()),
            None => format!("`{}:{}`", self.0.get_host(), self.0.get_port()),
        }
    }

    /// Connects, and sees to it that nothing of the session depends on how the server is set up.
    ///
    /// # Errors
    ///
    /// Why there is no way, or that the server is too old.
    pub async fn connect(&self) -> Result<PgConnection, Error> {
        let connect = |reason: String| Error::Connect { place: self.place(), reason };
        let connected = tokio::time::timeout(PATIENCE, PgConnection::connect_with(&self.0)).await;
        let mut connection = connected
            .map_err(|_| connect(format!("no answer within {} s", PATIENCE.as_secs())))?
            .map_err(|it| connect(self.refused(&it)))?;
        let version: i32 =
            value(&mut connection, "select current_setting('server_version_num')::int").await?;
        if version / 10_000 < OLDEST {
            return Err(Error::TooOld(version / 10_000));
        }
        // A migration takes as long as it takes; how long it waits for others stands in it.
        run(&mut connection, "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set client_min_messages = warning")
            .await?;
        Ok(connection)
    }

    /// The same, where something is to be changed.
    ///
    /// # Errors
    ///
    /// The same, and that the server is read-only.
    pub async fn connect_to_write(&self) -> Result<PgConnection, Error> {
        let mut connection = self.connect().await?;
        let read_only =
            "select pg_is_in_recovery() or current_setting('default_transaction_read_only')::bool";
        match value(&mut connection, read_only).await? {
            true => Err(Error::ReadOnly(self.place())),
            false => Ok(connection),
        }
    }

    /// Why a server did not let anybody in.
    fn refused(&self, error: &sqlx::Error) -> String {
        let user = self.0.get_username();
        let help = match code_of(error).as_deref() {
            Some("28P01") => format!("the password of `{user}` is another one, or missing"),
            Some("28000") => format!("`{user}` may not log in from here, or not without TLS"),
            Some("3D000") => "there is no such database: the last part of the URL is its name".to_owned(),
            Some("53300") => "it has no connection left; try again, or raise `max_connections`".to_owned(),
            Some("57P03") => "it is starting or stopping; try again".to_owned(),
            Some("42501") => format!("`{user}` may not connect to this database"),
            Some(_) => String::new(),
            None => match error {
                sqlx::Error::Tls(it) if it.to_string().contains("does not support TLS") => {
                    "where nobody else is on the way, `sslmode=disable` in the URL goes there in the clear".to_owned()
                }
                sqlx::Error::Io(it) if is_of_certificate(it, "UnknownIssuer") => {
                    "nobody known here vouches for it: `sslrootcert=` in the URL names the file of its authority; `sslmode=require` encrypts without asking who it is".to_owned()
                }
                sqlx::Error::Io(it) if is_of_certificate(it, "not valid for name") => {
                    "go there by a name that is in its certificate; `sslmode=verify-ca` takes any that its authority vouches for".to_owned()
                }
                sqlx::Error::Io(it) if it.kind() == std::io::ErrorKind::NotFound => match self.is_local() {
                    true => "nothing listens there".to_owned(),
                    false => "`sslrootcert`, `sslcert` or `sslkey` names it".to_owned(),
                },
                sqlx::Error::Tls(_) | sqlx::Error::Configuration(_) => {
                    "are `sslrootcert`, `sslcert` and `sslkey` files of certificates, and of the key of the second?".to_owned()
                }
                sqlx::Error::Io(it) if it.kind() == std::io::ErrorKind::ConnectionRefused => {
                    "nothing listens there".to_owned()
                }
                _ => String::new(),
            },
        };
        match help.is_empty() {
            true => reason(error),
            false => format!("{} ({help})", reason(error)),
        }
    }
}

/// Whether a certificate was refused, for this reason.
fn is_of_certificate(error: &std::io::Error, reason: &str) -> bool {
    let told = error.to_string();
    told.contains("invalid peer certificate") && told.contains(reason)
}

/// The code of an error that a server reports.
fn code_of(error: &sqlx::Error) -> Option<String> {
    error.as_database_error()?.code().map(std::borrow::Cow::into_owned)
}

/// What a server says, on one line; for a failure of the connection, what the system says.
pub fn reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(it) => {
            let detail = it.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::detail);
            match detail {
                // A detail may show values of rows; names of objects and counts are in other classes.
                Some(detail)
                    if !it.is_unique_violation()
                        && !it.is_check_violation()
                        && !it.is_foreign_key_violation() =>
                {
                    format!("{} ({detail})", it.message())
                }
                _ => it.message().to_owned(),
            }
        }
        sqlx::Error::Io(it) => crate::tree::reason(it),
        sqlx::Error::Tls(it) | sqlx::Error::Configuration(it) => deepest(it.as_ref()),
        other => other.to_string(),
    }
}

/// What is at the bottom of a failure.
fn deepest(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |it| it.source());
    causes
        .last()
        .map(|it| match it.downcast_ref::<sqlx::Error>() {
            Some(sqlx::Error::Configuration(inner)) => inner.to_string(),
            _ => it.to_string(),
        })
        .unwrap_or_default()
}

/// Runs statements that give nothing.
///
/// # Errors
///
/// The first that failed.
pub async fn run(connection: &mut PgConnection, sql: &str) -> Result<(), Error> {
    let done = connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await;
    done.map(drop).map_err(|it| Error::failed("a statement of trackside's own failed", &it))
}

/// The one value that a query gives.
///
/// # Errors
///
/// The query failed.
pub async fn value<T>(connection: &mut PgConnection, sql: &'static str) -> Result<T, Error>
where
    T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    let found = sqlx::query_scalar(sql).fetch_one(connection).await;
    found.map_err(|it| Error::failed("a question of trackside's own failed", &it))
}
