//! `trackside secrets exec`: gives values to a program.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::Context as _;
use zeroize::Zeroizing;

use crate::cli::exit::Exit;
use crate::cli::report::{self, Format};
use crate::cli::secrets::place::{self, Opened, Which};
use crate::cli::secrets::{Dir, keys};
use crate::cli::terminal::Terminal;
use crate::diagnostic::suggest;
use crate::language::project::Project;
use crate::language::secret::sealed::Declared;
use crate::language::value::text::SecretKey;
use crate::language::workload::Workload;
use crate::render::kubernetes::env;
use crate::render::kubernetes::secret::Unfilled;
use crate::secret::change::Changes;
use crate::secret::fill::value_of;
use crate::secret::key::Identities;

/// Run a program with values in its environment, or in files that are in memory alone
///
/// `--workload shop/web` gives it the variables that this workload takes of secrets, as the cluster would; `--var` and `--file`
/// name single ones. A file is one of memory (memfd), without a name: its variable holds the path by which the program opens it,
/// and it is gone with the program. The program takes the place of trackside, and gets none of its keys.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The environment, of a tree that has any.
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// Give all variables that this workload takes of sealed secrets.
    #[arg(long, value_name = "PROJECT/NAME")]
    workload: Option<String>,
    /// Give a value as a variable.
    #[arg(long, value_name = "VARIABLE=SECRET[:KEY]", value_parser = taken)]
    var: Vec<Taken>,
    /// Give a value as a file, and its path as a variable.
    #[arg(long, value_name = "VARIABLE=SECRET[:KEY]", value_parser = taken)]
    file: Vec<Taken>,
    #[command(flatten)]
    dir: Dir,
    /// The program and its arguments.
    #[arg(last = true, required = true, value_name = "PROGRAM")]
    program: Vec<OsString>,
}

/// A value and the variable that it is for.
#[derive(Clone, Debug)]
struct Taken {
    variable: String,
    secret: String,
    key: Option<String>,
}

fn taken(text: &str) -> Result<Taken, String> {
    let (variable, secret) = text.split_once('=').ok_or("write it like `TOKEN=shop/token`")?;
    if variable.is_empty() || variable.contains('\0') || secret.is_empty() {
        return Err("write it like `TOKEN=shop/token`".to_owned());
    }
    let (secret, key) = match secret.split_once(':') {
        Some((secret, key)) => (secret, Some(key.to_owned())),
        None => (secret, None),
    };
    Ok(Taken { variable: variable.to_owned(), secret: secret.to_owned(), key })
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { env, workload, var, file, dir: Dir { dir }, program } = args;
    let (program, arguments) = program.split_first().context("there is no program to run")?;
    anyhow::ensure!(
        workload.is_some() || !var.is_empty() || !file.is_empty(),
        "nothing is given to `{}`: name a `--workload`, or values by `--var` and `--file`",
        program.display()
    );
    let opened = match workload {
        None => place::read(dir)?,
        Some(_) => place::compile(dir, env.as_deref())?,
    };
    let changes = Changes::of(&opened.tree, &opened.outcome)?;
    let identities = keys::identities(terminal)?;
    let value = |it: &Taken| -> anyhow::Result<Zeroizing<Vec<u8>>> {
        let Taken { variable: _, secret, key } = it;
        let which = Which { secret: secret.clone(), env: env.clone() };
        let (place, declared) = which.find(&opened.outcome)?;
        let value = changes.value(place, declared, &identities)?;
        let keys = &declared.secret.keys;
        let key: Option<&SecretKey> = match key {
            None if keys.len() == 1 => keys.first(),
            None => None,
            Some(key) => {
                let found = keys.iter().find(|it| it.as_str() == key);
                Some(found.with_context(|| no_key(secret, key, declared))?)
            }
        };
        let found = value.get(key).map(|it| Zeroizing::new(it.to_vec()));
        found
            .with_context(|| format!("secret `{secret}` has several values: say which, as in `{secret}:KEY`"))
    };
    let mut variables: BTreeMap<String, Zeroizing<Vec<u8>>> = BTreeMap::new();
    if let Some(workload) = workload {
        let Some(given) = of_workload(workload, &opened, &changes, &identities)? else {
            let outcome = &opened.outcome;
            terminal.err.print(&report::render(
                Format::Human,
                &outcome.diagnostics,
                &outcome.sources,
                dir,
                &terminal.err,
            ))?;
            return Ok(Exit::Findings);
        };
        variables = given;
    }
    for it in var {
        variables.insert(it.variable.clone(), value(it)?);
    }
    let mut command = Command::new(program);
    command.args(arguments);
    for name in keys::VARIABLES {
        command.env_remove(name);
    }
    for (name, value) in &variables {
        anyhow::ensure!(
            !value.contains(&0),
            "the value for `{name}` has a NUL in it, which no variable holds: give it by `--file`"
        );
        command.env(name, OsString::from_vec(value.to_vec()));
    }
    let mut files = Vec::new();
    for it in file {
        let (held, path) = in_memory(&value(it)?)?;
        files.push(held);
        command.env(&it.variable, path);
    }
    // It comes back only where the program could not be started.
    let error = command.exec();
    Err(error).with_context(|| format!("could not run `{}`", program.display()))
}

fn no_key(secret: &str, key: &str, declared: &Declared) -> String {
    let keys = &declared.secret.keys;
    let meant = suggest::closest(key, keys.iter().map(SecretKey::as_str));
    let help = meant.map_or(String::new(), |it| format!(": did you mean `{it}`?"));
    match keys.is_empty() {
        true => format!("secret `{secret}` is one value and has no `{key}`"),
        false => format!("secret `{secret}` has no `{key}`{help}"),
    }
}

/// What a workload takes of secrets, by variable; `None` where the tree has mistakes.
fn of_workload(
    workload: &str,
    opened: &Opened,
    changes: &Changes<'_>,
    identities: &Identities,
) -> anyhow::Result<Option<BTreeMap<String, Zeroizing<Vec<u8>>>>> {
    let Some(compiled) = &opened.outcome.compiled else { return Ok(None) };
    let platform = &compiled.platform;
    let called = |(project, it): &(&Project, &Workload)| format!("{}/{}", project.name, it.name);
    let Some((project, found)) = platform.workloads().find(|it| called(it) == workload) else {
        let known: Vec<String> = platform.workloads().map(|it| called(&it)).collect();
        let meant = suggest::closest(workload, known.iter().map(String::as_str));
        let help = meant.map_or(String::new(), |it| format!(": did you mean `{it}`?"));
        anyhow::bail!("there is no workload `{workload}`{help}");
    };
    let namespace = platform.namespace(&project.name);
    let mut given = BTreeMap::new();
    for variable in env::variables(platform, found) {
        let Some(taken) = variable.value_from.and_then(|it| it.secret_key_ref) else { continue };
        let of_name = |it: &&Unfilled| it.namespace == namespace && it.name.as_str() == taken.name;
        let unfilled = compiled.artifacts.secrets.iter().find(of_name).with_context(|| {
            format!("`{}` comes of secret `{}`, which lies in a vault", variable.name, taken.name)
        })?;
        let declared = &opened.outcome.sealed.places[&unfilled.place];
        let value = changes.value(&unfilled.place, declared, identities)?;
        let value = value_of(unfilled, &value, &taken.key).map(|it| Zeroizing::new(it.to_vec()));
        let value = value.with_context(|| format!("secret `{}` has no `{}`", taken.name, taken.key))?;
        given.insert(variable.name, value);
    }
    Ok(Some(given))
}

/// A file that is in memory alone, and the path by which whoever inherits it opens it.
#[cfg(target_os = "linux")]
fn in_memory(bytes: &[u8]) -> anyhow::Result<(std::os::fd::OwnedFd, String)> {
    use std::io::Write as _;
    use std::os::fd::AsRawFd as _;

    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

    let failed = "could not make a file in memory";
    let file = memfd_create("trackside", MemfdFlags::ALLOW_SEALING).context(failed)?;
    let mut file = std::fs::File::from(file);
    file.write_all(bytes).context(failed)?;
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    fcntl_add_seals(&file, seals).context(failed)?;
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok((file.into(), path))
}

#[cfg(not(target_os = "linux"))]
fn in_memory(_bytes: &[u8]) -> anyhow::Result<(std::os::fd::OwnedFd, String)> {
    anyhow::bail!("files in memory are known to Linux alone: give the value by `--var`")
}
