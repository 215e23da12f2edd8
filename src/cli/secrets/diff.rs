//! `trackside secrets diff`: says what became of secrets since a revision, without their values.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use crate::cli::exit::Exit;
use crate::cli::repository;
use crate::cli::secrets::place::{self, Opened};
use crate::cli::secrets::{Dir, keys};
use crate::cli::terminal::Terminal;
use crate::diagnostic::Diagnostics;
use crate::diagnostic::visible::visible;
use crate::envelope::label::Place;
use crate::envelope::lock::{self, Entry, Lock};
use crate::language::secret::Sealed;
use crate::language::secret::sealed::Declared;
use crate::secret::change::Changes;
use crate::secret::key::Identities;
use crate::secret::seal;
use crate::secret::value::Value;
use crate::source::SourceMap;

/// Say which secrets changed since a revision, and who can open them since: names and counts, never values
///
/// What the locks say needs no key. With a key at hand that opens both versions, it says as well whether the value is another, and
/// of a secret with `keys` which of them are. It exits with 0 whatever has changed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The revision of git that the tree is held against.
    #[arg(default_value = "HEAD", value_name = "REVISION")]
    revision: String,
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { revision, dir: Dir { dir } } = args;
    let opened = place::read(dir)?;
    let before = repository::read_at(dir, revision, lock::PATH)?;
    let before = before.map(|text| read(&String::from_utf8_lossy(&text))).unwrap_or_default();
    let none = Lock::default();
    let now = opened.outcome.lock.as_ref().unwrap_or(&none);
    let declared = &opened.outcome.sealed.places;
    let changes = Changes::of(&opened.tree, &opened.outcome).ok();
    let identities = keys::at_hand(terminal);
    let places: BTreeSet<&Place> =
        before.entries.keys().chain(now.entries.keys()).chain(declared.keys()).collect();
    let mut text = String::new();
    let mut unchanged = 0;
    for place in places {
        let declared = declared.get(place);
        let compared = Compared { was: before.entries.get(place), is: now.entries.get(place), declared };
        let lines = compared.lines(|| {
            let (changes, declared) = (changes.as_ref()?, declared?);
            values(dir, revision, place, declared, &opened, changes, &identities)
        });
        if lines.is_empty() {
            unchanged += 1;
            continue;
        }
        let _ = writeln!(text, "{}", visible(&place.to_string()));
        for line in lines {
            let _ = writeln!(text, "    {}", visible(&line));
        }
    }
    terminal.out.print(&text)?;
    terminal.err.print(&format!("{unchanged} unchanged since {revision}\n"))?;
    Ok(Exit::Fine)
}

fn read(text: &str) -> Lock {
    let mut map = SourceMap::default();
    let file = map.add(lock::PATH, text);
    Lock::read(file, Arc::from(text), &mut Diagnostics::default())
}

/// One secret, before and now.
struct Compared<'a> {
    was: Option<&'a Entry>,
    is: Option<&'a Entry>,
    declared: Option<&'a Declared>,
}

impl Compared<'_> {
    /// What to say of it, a line each; nothing where nothing has changed.
    fn lines(&self, values: impl FnOnce() -> Option<Values>) -> Vec<String> {
        let Self { was, is, declared } = *self;
        let digest = declared.and_then(Declared::digest);
        let mut lines = Vec::new();
        match (was, is) {
            (None, None) if digest.is_some() => lines.push("sealed, and nobody vouches for it".to_owned()),
            (None, None) => {}
            (None, Some(is)) => lines.push(format!("new: version {}, {}", is.label.version, self.signed(is))),
            (Some(was), None) => {
                lines.push(format!("gone from the lock, where it was at version {}", was.label.version));
            }
            (Some(was), Some(is)) => {
                let (before, now) = (was.label.version, is.label.version);
                if before != now {
                    let way = if now < before { ": it goes back" } else { "" };
                    lines.push(format!("version {before} to {now}{way}, {}", self.signed(is)));
                } else if was.digest != is.digest {
                    lines.push(format!("version {now} sealed anew, {}", self.signed(is)));
                } else if was.signature != is.signature {
                    lines.push(format!("version {now} signed anew, {}", self.signed(is)));
                }
                let of = |from: &Entry, other: &Entry| -> Vec<String> {
                    from.recipients.difference(&other.recipients).map(|it| self.owner(it)).collect()
                };
                lines.extend(of(is, was).into_iter().map(|it| format!("+ {it} can open it")));
                lines.extend(
                    of(was, is)
                        .into_iter()
                        .map(|it| format!("- {it} cannot open it any more, and knows the values before")),
                );
            }
        }
        if let (Some(is), Some(digest)) = (is, digest)
            && is.digest != digest
        {
            lines.push("what is sealed is not what the lock vouches for".to_owned());
        }
        if is.is_some() && declared.is_some_and(|it| it.digest().is_none()) {
            lines.push("its file is not there, or no age file".to_owned());
        }
        if !lines.is_empty() {
            lines.extend(values().map(|it| it.told()));
        }
        lines
    }

    fn signed(&self, entry: &Entry) -> String {
        let writer = entry.signer.as_ref().ok().and_then(|it| self.declared?.writers.get(it));
        match writer {
            Some(writer) => format!("signed by {writer} on {}", entry.sealed),
            None => "signed by nobody who may write it".to_owned(),
        }
    }

    fn owner(&self, key: &str) -> String {
        let owner = self.declared.and_then(|it| it.keys.iter().find(|(it, _)| it.as_str() == key));
        owner.map_or_else(|| format!("key {key}"), |(_, it)| it.to_string().replace('`', ""))
    }
}

/// What can be said of two values without saying either.
enum Values {
    Whole { is_same: bool },
    Fields { changed: Vec<String>, count: usize },
}

impl Values {
    fn told(&self) -> String {
        match self {
            Self::Whole { is_same: true } => "the value is the same".to_owned(),
            Self::Whole { is_same: false } => "the value is another".to_owned(),
            Self::Fields { changed, count } if changed.is_empty() => format!("all {count} keys are the same"),
            Self::Fields { changed, count } => {
                format!("{} of {count} keys changed: {}", changed.len(), changed.join(", "))
            }
        }
    }
}

/// Holds both values against each other, where the keys at hand open them.
fn values(
    dir: &Path,
    revision: &str,
    place: &Place,
    declared: &Declared,
    opened: &Opened,
    changes: &Changes<'_>,
    identities: &Identities,
) -> Option<Values> {
    let Sealed::File { path, .. } = &declared.secret.sealed else { return None };
    let before = repository::read_at(dir, revision, path.as_str()).ok()??;
    let platform = opened.outcome.sealed.platform()?;
    let before = seal::open(&before, identities, platform.as_str(), place).ok()?.value;
    let now = changes.open(place, declared, identities).ok()?.value;
    let keys = &declared.secret.keys;
    match (Value::read(&before, keys), Value::read(&now, keys)) {
        (Ok(Value::Fields(before)), Ok(Value::Fields(now))) => {
            let changed = keys.iter().filter(|&it| before.get(it) != now.get(it));
            Some(Values::Fields { changed: changed.map(ToString::to_string).collect(), count: keys.len() })
        }
        _ => Some(Values::Whole { is_same: before == now }),
    }
}
