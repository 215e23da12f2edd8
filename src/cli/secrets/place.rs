//! Which secret a command line means, and what of the tree changes.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::Outcome;
use crate::cli::folder::{below, leaves_tree, open};
use crate::cli::replace;
use crate::diagnostic::suggest;
use crate::envelope::label::Place;
use crate::language::Selection;
use crate::language::secret::sealed::Declared;
use crate::tree::Tree;
use crate::tree::path::TreePath;

/// One secret.
#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// The secret: `project/name`, or its name alone where it stands at the top.
    #[arg(value_name = "SECRET")]
    secret: String,
    /// The environment that declares it, where several do.
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
}

/// A tree, and all that is sealed in it.
pub(super) struct Opened {
    pub(super) tree: Tree,
    pub(super) outcome: Outcome,
}

/// Reads a tree in all of its environments. What is wrong with it is no matter here: a secret that was never sealed is.
pub(super) fn read(dir: &Path) -> anyhow::Result<Opened> {
    let tree = open(dir)?;
    let outcome = crate::check(&tree, &Selection::default());
    if outcome.sealed.platform().is_none() {
        anyhow::bail!("the tree declares no platform: `trackside check` says what is wrong with it");
    }
    Ok(Opened { tree, outcome })
}

impl Which {
    /// The secret that is meant.
    pub(super) fn find<'a>(&self, outcome: &'a Outcome) -> anyhow::Result<(&'a Place, &'a Declared)> {
        let (project, name) = match self.secret.split_once('/') {
            Some((project, name)) => (Some(project), name),
            None => (None, &*self.secret),
        };
        let places = &outcome.sealed.places;
        let of_name = |it: &&Place| it.project.as_deref() == project && it.name == name;
        let found: Vec<&Place> = places.keys().filter(of_name).collect();
        let of_environment = |it: &&Place| self.env.is_none() || it.environment == self.env;
        let fitting: Vec<&Place> = found.iter().copied().filter(of_environment).collect();
        match (fitting.as_slice(), found.as_slice()) {
            ([place], _) => Ok(places.get_key_value(*place).expect("it was found there")),
            ([], []) => {
                let known: Vec<String> = places.keys().map(called).collect();
                let meant = suggest::closest(&self.secret, known.iter().map(String::as_str));
                let help = meant.map_or(String::new(), |it| format!(": did you mean `{it}`?"));
                anyhow::bail!("the tree seals no secret `{}`{help}", self.secret)
            }
            ([], _) => anyhow::bail!(
                "secret `{}` is declared in {}, and not in `{}`",
                self.secret,
                environments(&found),
                self.env.as_deref().unwrap_or_default()
            ),
            (several, _) => anyhow::bail!(
                "secret `{}` is declared in {}: say which by `--env`",
                self.secret,
                environments(several)
            ),
        }
    }
}

/// How a secret is called on the command line.
pub(super) fn called(place: &Place) -> String {
    match &place.project {
        Some(project) => format!("{project}/{}", place.name),
        None => place.name.clone(),
    }
}

fn environments(places: &[&Place]) -> String {
    let names =
        places.iter().map(|it| it.environment.as_ref().map_or("the base".to_owned(), |it| format!("`{it}`")));
    names.collect::<Vec<_>>().join(" and ")
}

/// Writes what has changed, one file after the other, the lock last: whoever is stopped in between has every value in its
/// file, and `trackside secrets lock` vouches for it.
pub(super) fn write(dir: &Path, tree: &Tree, files: &[(TreePath, String)]) -> anyhow::Result<()> {
    let known = |path: &TreePath| tree.read_text(path).ok();
    // Whoever sealed something meanwhile meant it, and the lock would forget it.
    if let Some((path, _)) = files.last() {
        let now = std::fs::read_to_string(below(dir, path.as_str())).ok();
        let is_same = now.as_deref() == known(path).as_deref();
        anyhow::ensure!(is_same, "`{path}` was changed meanwhile, so nothing is sealed: try again");
    }
    for (path, text) in files {
        let place = below(dir, path.as_str());
        make_room(&place)?;
        match known(path) {
            Some(before) => replace::replace(&place, &before, text)?,
            None => replace::write(&place, text)?,
        }
    }
    Ok(())
}

/// Makes the folder of a file, which must not lie outside of the tree.
fn make_room(path: &Path) -> anyhow::Result<()> {
    let failed = || format!("could not write `{}`", path.display());
    let there =
        path.ancestors().find(|it| it.symlink_metadata().is_ok()).map_or_else(PathBuf::new, Path::to_owned);
    if !there.as_os_str().is_empty()
        && let Some(real) = leaves_tree(&there).with_context(failed)?
    {
        anyhow::bail!(
            "could not write `{}`: it leaves the tree through a symlink to `{}`",
            path.display(),
            real.display()
        );
    }
    if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).with_context(failed)?;
    }
    Ok(())
}
