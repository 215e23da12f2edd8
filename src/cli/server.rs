//! Which database a verb is about, and where it is.
#![expect(
    clippy::disallowed_methods,
    reason = "`PGSSLMODE` is libpq's way to say how a server is made sure of"
)]

use std::future::Future;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::cli::check::today;
use crate::cli::folder::open;
use crate::database::connection::Address;
use crate::database::version::Declared;
use crate::language::database::DatabaseId;
use crate::language::{Platform, Selection};
use crate::render::index;
use crate::render::postgres::history::{self, History};
use crate::tree::Tree;
use crate::tree::path::TreePath;

/// Where a database is.
#[derive(Debug, clap::Args)]
pub(super) struct Url {
    /// Where the database is, as `postgres://user@host:5432/name`; in the environment nobody else sees the password.
    ///
    /// The server has to prove who it is unless `?sslmode=` says less; `&sslrootcert=` names the authority that vouches for it.
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
}

impl Url {
    /// Where the database is.
    pub(super) fn address(&self) -> anyhow::Result<Address> {
        Ok(Address::parse(&self.database_url, std::env::var_os("PGSSLMODE").is_some())?)
    }
}

/// Which database of a tree, and where it is.
#[derive(Debug, clap::Args)]
pub(super) struct Server {
    /// The folder that holds platform.kdl, or what `build` made of it.
    #[arg(value_name = "DIR", default_value = ".")]
    pub(super) dir: PathBuf,
    /// Which database it is, where there are several: `name`, or `project/name`.
    #[arg(long, value_name = "NAME")]
    pub(super) database: Option<String>,
    #[command(flatten)]
    pub(super) url: Url,
}

impl Server {
    /// The tree, and the migrations of the database that is meant.
    pub(super) fn history(&self) -> anyhow::Result<History> {
        let tree = open(&self.dir)?;
        let folder = self.folder(&tree)?;
        Ok(History::read_folder(&tree, &folder)?)
    }

    /// The versions of PostgreSQL that are declared of the database that is meant: in its tree, or in what `build` made of it. Declarations
    /// with mistakes say nothing of it.
    pub(super) fn version(&self) -> anyhow::Result<Option<Declared>> {
        let tree = open(&self.dir)?;
        let folder = self.folder(&tree)?;
        if let Ok(built) = tree.read_text(&TreePath::parse(index::INDEX)?) {
            return Ok(Declared::of(index::postgresql(&built, &folder)));
        }
        let environments = crate::environments(&tree);
        let selections: Vec<Option<String>> = match environments.is_empty() {
            true => vec![None],
            false => environments.into_iter().map(Some).collect(),
        };
        let mut versions = Vec::new();
        for environment in selections {
            let outcome = crate::compile_ahead(&tree, &Selection { environment, date: Some(today()) })?;
            let platform = outcome.compiled.as_ref().map(|it| &it.platform);
            let mut all = platform.into_iter().flat_map(Platform::all_databases);
            let found =
                all.find(|(project, it)| history::folder(&DatabaseId::declared(*project, it)) == folder);
            versions.extend(found.map(|(_, it)| it.version.0));
        }
        Ok(Declared::of(versions))
    }

    /// The name of the folder of the database that is meant.
    pub(super) fn folder(&self, tree: &Tree) -> anyhow::Result<String> {
        let folders = History::folders(tree)?;
        let listed = || {
            folders.iter().map(|it| format!("`{}`", it.replacen('.', "/", 1))).collect::<Vec<_>>().join(", ")
        };
        match (&self.database, folders.as_slice()) {
            (_, []) => anyhow::bail!(
                "there are no migrations in `{}`: `trackside migrate new init` writes the first",
                self.dir.join("migrations").display()
            ),
            (None, [only]) => Ok(only.clone()),
            (None, _) => {
                anyhow::bail!("there are migrations of {}: say by `--database` which are meant", listed())
            }
            (Some(name), _) => folders
                .iter()
                .find(|it| **it == name.replacen('/', ".", 1))
                .or_else(|| {
                    // Without its project, where that is enough to know it.
                    let mut same =
                        folders.iter().filter(|it| it.split_once('.').is_some_and(|it| it.1 == name));
                    same.next().filter(|_| same.next().is_none())
                })
                .cloned()
                .with_context(|| format!("there are no migrations of `{name}`, but of {}", listed())),
        }
    }
}

/// Runs what talks to a server.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.context("could not begin to wait for a server")?.block_on(future))
}
