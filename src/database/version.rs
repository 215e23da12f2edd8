//! The version of a server, and those that are declared of its database.
//!
//! What is declared says for which version everything is written: what a newer one takes, an older one may refuse, half way through a
//! migration. So nothing is run on an older one. On a newer one all of it works.

use std::fmt;

use sqlx::postgres::PgConnection;

/// The major versions that are declared of a database. Environments may differ, and whoever runs migrations does not say in which that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The lowest.
    pub lowest: u32,
    /// The highest.
    pub highest: u32,
}

/// A server that is not of a declared version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Other {
    /// The major version of the server.
    pub there: u32,
    /// The nearest that is declared.
    pub declared: u32,
}

impl Declared {
    /// That of all of these; `None` where there is none.
    pub fn of(versions: impl IntoIterator<Item = u32>) -> Option<Self> {
        versions.into_iter().fold(None, |all: Option<Self>, it| {
            let all = all.unwrap_or(Self { lowest: it, highest: it });
            Some(Self { lowest: all.lowest.min(it), highest: all.highest.max(it) })
        })
    }

    /// How the server at the other end differs; `None` where it does not.
    pub fn differs(self, connection: &PgConnection) -> Option<Other> {
        self.differs_from(connection.server_version_num()? / 10_000)
    }

    fn differs_from(self, there: u32) -> Option<Other> {
        let declared = there.clamp(self.lowest, self.highest);
        (declared != there).then_some(Other { there, declared })
    }
}

impl Other {
    /// Whether the server is older than what is declared.
    pub fn is_older(self) -> bool {
        self.there < self.declared
    }
}

impl fmt::Display for Other {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { there, declared } = self;
        let (how, help) = match self.is_older() {
            true => ("older", "take a newer server, or declare"),
            false => ("newer", "once it is to stay so, declare"),
        };
        write!(
            formatter,
            "the server is PostgreSQL {there}, {how} than `{declared}`, which is declared: {help} `postgresql \"{there}\"`"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_fits_any_environment_and_differs_from_the_nearest() {
        assert_eq!(Declared::of([]), None);
        let declared = Declared::of([17, 15, 16]).expect("there are some");
        assert_eq!([15, 16, 17].map(|it| declared.differs_from(it)), [None; 3]);
        let told = [14, 18].map(|it| declared.differs_from(it).expect("it differs").to_string());
        insta::assert_snapshot!(told.join("\n"), @r#"
        the server is PostgreSQL 14, older than `15`, which is declared: take a newer server, or declare `postgresql "14"`
        the server is PostgreSQL 18, newer than `17`, which is declared: once it is to stay so, declare `postgresql "18"`
        "#);
    }
}
