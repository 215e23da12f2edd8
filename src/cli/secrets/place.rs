//! Which secret a command line means, and what of the tree changes.

use std::fs::File;
use std::path::Path;

use anyhow::Context as _;
use jiff::civil::Date;

use crate::Outcome;
use crate::cli::folder::{below, open};
use crate::cli::replace;
use crate::cli::secrets::keys::{self, Signer};
use crate::cli::terminal::Terminal;
use crate::diagnostic::code::Code;
use crate::diagnostic::visible::visible;
use crate::diagnostic::{Diagnostic, Severity, counted, suggest};
use crate::envelope::label::Place;
use crate::language::Selection;
use crate::language::secret::sealed::Declared;
use crate::secret::change::Changes;
use crate::secret::value::Value;
use crate::tree::Tree;
use crate::tree::path::TreePath;

/// One secret.
#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// The secret: `project/name`, or its name alone where it stands at the top; `recipient:address` for somebody's share of a key.
    #[arg(value_name = "SECRET")]
    pub(super) secret: String,
    /// The environment that declares it, where several do.
    #[arg(long, value_name = "NAME")]
    pub(super) env: Option<String>,
}

/// A tree, and all that is sealed in it.
pub(super) struct Opened {
    pub(super) tree: Tree,
    pub(super) outcome: Outcome,
}

/// Compiles a tree for one environment.
pub(super) fn compile(dir: &Path, env: Option<&str>) -> anyhow::Result<Opened> {
    let tree = open(dir)?;
    let selection = Selection { environment: env.map(str::to_owned), date: None };
    let outcome = crate::compile(&tree, &selection)?;
    Ok(Opened { tree, outcome })
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
        let (name, holder) = match self.secret.split_once(':') {
            Some((name, holder)) => (name, Some(holder)),
            None => (&*self.secret, None),
        };
        let (project, name) = match name.split_once('/') {
            Some((project, name)) => (Some(project), name),
            None => (None, name),
        };
        let places = &outcome.sealed.places;
        let of_name = |it: &&Place| {
            it.project.as_deref() == project && it.name == name && it.holder.as_deref() == holder
        };
        let found: Vec<&Place> = places.keys().filter(of_name).collect();
        // The one that an environment declares, or else that of the base, where it holds there.
        let of_environment = |it: &&Place| self.env.is_none() || it.environment == self.env;
        let mut fitting: Vec<&Place> = found.iter().copied().filter(of_environment).collect();
        if let (true, Some(environment)) = (fitting.is_empty(), &self.env) {
            let holds = |it: &&Place| {
                it.environment.is_none()
                    && places[*it].environments.iter().any(|it| it.as_str() == environment)
            };
            fitting = found.iter().copied().filter(holds).collect();
        }
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
    Place { environment: None, ..place.clone() }.to_string()
}

fn environments(places: &[&Place]) -> String {
    let names =
        places.iter().map(|it| it.environment.as_ref().map_or("the base".to_owned(), |it| format!("`{it}`")));
    names.collect::<Vec<_>>().join(" and ")
}

/// What is about to be sealed.
pub(super) struct Sealing<'a> {
    pub(super) changes: Changes<'a>,
    /// What to say of it afterwards, a line each.
    pub(super) said: Vec<String>,
    opened: &'a Opened,
    signers: Vec<Signer>,
}

impl<'a> Sealing<'a> {
    /// Finds who signs for these, before anybody is asked for a value.
    pub(super) fn begin(
        opened: &'a Opened,
        secrets: &[(&Place, &Declared)],
        terminal: &Terminal,
    ) -> anyhow::Result<Self> {
        let sealing = Self::begin_any(opened, !secrets.is_empty(), terminal)?;
        for (place, declared) in secrets {
            sealing.check_writer(place, declared)?;
        }
        Ok(sealing)
    }

    /// The same where it is not known yet what is to be signed, or whether anything is.
    pub(super) fn begin_any(opened: &'a Opened, signs: bool, terminal: &Terminal) -> anyhow::Result<Self> {
        Self::check_tree(opened, signs)?;
        let changes = Changes::of(&opened.tree, &opened.outcome)?;
        let signers = if signs { keys::signers(terminal)? } else { Vec::new() };
        Ok(Self { changes, said: Vec::new(), opened, signers })
    }

    /// Refuses to seal while it is not certain for whom: of a name that nothing has the checker guesses what was meant, and a key that
    /// it cannot read is nobody's.
    fn check_tree(opened: &Opened, signs: bool) -> anyhow::Result<()> {
        if !signs {
            return Ok(());
        }
        let outcome = &opened.outcome;
        // What `split` is yet to make. Nothing is sealed for it before.
        let is_unmade = |it: &Diagnostic| {
            let mut unmade = outcome.sealed.thresholds.values().filter(|it| it.key.is_none());
            let place = it.primary.as_ref().map(|it| it.span);
            it.code == Code::MissingField && unmade.any(|it| Some(it.span) == place)
        };
        let is_of_form = |it: &&Diagnostic| {
            let is_of_file = matches!(it.code, Code::UnreadableFile | Code::PathOutsideTree);
            it.severity == Severity::Error && it.code.id() < "TS200" && !is_of_file && !is_unmade(it)
        };
        match outcome.diagnostics.iter().find(is_of_form) {
            None => Ok(()),
            Some(problem) => anyhow::bail!(
                "nothing is sealed while the tree does not say for whom: {} ({}); `trackside check` says where",
                problem.message,
                problem.code.id()
            ),
        }
    }

    /// Whether one of the keys signs for a secret; if not, why.
    pub(super) fn check_writer(&self, place: &Place, declared: &Declared) -> anyhow::Result<()> {
        let is_ours = self.signers.iter().any(|it| it.may_write(declared));
        anyhow::ensure!(is_ours, "{}", keys::not_a_writer(&self.signers, &called(place), declared));
        Ok(())
    }

    /// Seals another value.
    pub(super) fn set(
        &mut self,
        place: &Place,
        declared: &Declared,
        value: &Value,
        date: Date,
    ) -> anyhow::Result<()> {
        self.changes.set(place, declared, &value.plaintext(), date)?;
        let version = self.changes.lock().entries.get(place).map_or(0, |it| it.label.version);
        let keys = counted(declared.keys.len(), "key");
        self.said.push(format!("version {version} of `{}` is sealed for {keys}", called(place)));
        Ok(())
    }

    /// Signs for what has changed, writes it, and says so.
    pub(super) fn end(self, dir: &Path, terminal: &Terminal) -> anyhow::Result<()> {
        let Self { changes, said, opened, signers } = self;
        let places = &opened.outcome.sealed.places;
        let files = changes.sign(|entry| {
            let declared = places.get(&entry.label.place).context("a secret is declared nowhere")?;
            let signer = signers.iter().find(|it| it.may_write(declared));
            signer.context("there is no key to sign with")?.sign(&entry.statement())
        })?;
        write(dir, &opened.tree, &files)?;
        terminal.err.print(&lines(&said))
    }
}

/// Writes what has changed, one file after the other, the lock last: whoever is stopped in between has every value in its
/// file, and `trackside secrets lock` vouches for it.
fn write(dir: &Path, tree: &Tree, files: &[(TreePath, String)]) -> anyhow::Result<()> {
    // Of two who write at once, the second one sees what the first one has written. Where a folder cannot be locked, that is
    // left to the comparison alone.
    let folder = File::open(dir).context("could not open the folder")?;
    let _held = folder.lock();
    let known = |path: &TreePath| tree.read_text(path).ok();
    // Whoever sealed something meanwhile meant it, and the lock would forget it.
    if let Some((path, _)) = files.last() {
        let now = std::fs::read_to_string(below(dir, path.as_str())).ok();
        let is_same = now.as_deref() == known(path).as_deref();
        anyhow::ensure!(is_same, "`{path}` was changed meanwhile, so nothing is sealed: try again");
    }
    // Nobody else writes these, and whoever did so before us was killed.
    replace::sweep(
        files.iter().filter(|(path, _)| !is_source(path)).map(|(path, _)| below(dir, path.as_str())),
    );
    for (path, text) in files {
        let place = below(dir, path.as_str());
        replace::make_room(&place)?;
        match known(path) {
            Some(before) => replace::replace(&place, &before, text)?,
            None => replace::write(&place, text)?,
        }
    }
    Ok(())
}

/// Whether a file is one that people write, and other verbs as well.
fn is_source(path: &TreePath) -> bool {
    Path::new(path.as_str()).extension().is_some_and(|it| it.eq_ignore_ascii_case("kdl"))
}

/// Lines as a text.
pub(super) fn lines(lines: &[String]) -> String {
    lines.iter().map(|it| format!("{}\n", visible(it))).collect()
}
