//! `trackside secrets status`: how all secrets are, without any key.

use std::collections::BTreeMap;

use crate::cli::check::today;
use crate::cli::exit::Exit;
use crate::cli::secrets::Dir;
use crate::cli::secrets::place::{self, Opened};
use crate::cli::terminal::Terminal;
use crate::diagnostic::visible::visible;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::envelope::lock::Lock;
use crate::source::Span;

/// Say how all secrets are: their version, age, who signed, how many open them, and what is wrong
///
/// No key is needed. What is wrong is what `trackside check` says, which also says where.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Opened { outcome, .. } = place::read(&args.dir.dir)?;
    let none = Lock::default();
    let lock = outcome.lock.as_ref();
    let date = today();
    let mut found = Diagnostics::default();
    outcome.sealed.check(lock, Some(date), &mut found);
    let mut rows =
        vec![["SECRET", "ENVIRONMENT", "VERSION", "AGE", "SIGNED BY", "KEYS", "STATE"].map(str::to_owned)];
    let mut is_wrong = false;
    let mut worst_at: BTreeMap<Span, &Diagnostic> = BTreeMap::new();
    for finding in &found {
        let Some(primary) = &finding.primary else { continue };
        let worst = worst_at.entry(primary.span).or_insert(finding);
        if finding.severity < worst.severity {
            *worst = finding;
        }
    }
    for (place, declared) in &outcome.sealed.places {
        let entry = lock.unwrap_or(&none).entries.get(place);
        let of_entry = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        let worst = worst_at.get(&declared.secret.span).copied();
        is_wrong |= worst.is_some_and(|it| it.severity == Severity::Error) || declared.digest().is_none();
        let state = match (worst, declared.digest()) {
            (_, None) => "never sealed".to_owned(),
            (Some(finding), _) => format!("{}: {}", finding.code, finding.code.row().title),
            (None, Some(_)) if entry.is_none() => "not in the lock".to_owned(),
            (None, Some(_)) => "fine".to_owned(),
        };
        let signer = entry.and_then(|it| it.signer.as_ref().ok()).and_then(|key| declared.writers.get(key));
        let days = entry.and_then(|it| date.0.since(it.sealed).ok()).map(|it| format!("{} d", it.get_days()));
        rows.push([
            place::called(place),
            place.environment.clone().unwrap_or_else(|| "all".to_owned()),
            of_entry(entry.map(|it| it.label.version.to_string())),
            of_entry(days),
            of_entry(signer.map(ToString::to_string)),
            declared.sealed_to().map_or("-".to_owned(), |it| it.to_string()),
            state,
        ]);
    }
    terminal.out.print(&table(&rows))?;
    Ok(Exit::of_findings(is_wrong))
}

fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|it| it[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{:<width$}", visible(cell)));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}
