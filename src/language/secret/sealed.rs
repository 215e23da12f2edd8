//! Whether what is sealed is what the tree says: an age file shows neither whose value it is nor to whom it is sealed, so the
//! lock file tells ([`crate::envelope::lock`]). No key is needed to hold the three against each other.
//!
//! A secret of the base is one value in all environments, sealed to the recipients of all of them, so what is declared is
//! gathered from every environment first.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::envelope::label::Place;
use crate::envelope::lock::{self, Entry, Lock};
use crate::language::Platform;
use crate::language::item;
use crate::language::name::Name;
use crate::language::person::Person;
use crate::language::recipient::{Holder, Recipient, Threshold};
use crate::language::secret::principal::Principal;
use crate::language::secret::{Sealed, Secret};
use crate::language::value::age_key::AgeKey;
use crate::language::value::text::Email;
use crate::language::value::time::{DAY, Date};
use crate::source::{SourceMap, Span};
use crate::tree::digest::Digest;

/// Reports the first of those secrets that nothing in an environment can open.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    let of_projects = platform.projects.values().flat_map(|it| it.secrets.values());
    let sealed = platform.secrets.values().chain(of_projects);
    let sealed = sealed.filter(|it| !matches!(it.sealed, Sealed::Vault(_) | Sealed::Nothing { .. }));
    if platform.recipients.is_empty()
        && let Some(first) = sealed.min_by_key(|it| it.span)
    {
        sink.report(without_recipient(platform, first));
    }
}

fn without_recipient(platform: &Platform, secret: &Secret) -> Diagnostic {
    let place = match &platform.environment {
        Some(environment) => format!("environment `{environment}`"),
        None => format!("platform `{}`", platform.name),
    };
    let message = format!("secret `{}` is sealed, and {place} has no `recipient` that opens it", secret.name);
    Diagnostic::new(Code::NobodyOpens, secret.span, message).help(
        "declare who does, the controller or a runner, by `recipient \"controller\" key=\"age1…\"`, and seal it for that key",
    )
}

/// All that is sealed in a tree, as declared, gathered from its environments.
#[derive(Debug, Default)]
pub struct AllSealed {
    /// What the platform is called.
    platform: Option<Name>,
    /// The sealed values by where they are declared.
    pub places: BTreeMap<Place, Declared>,
    /// The recipients whose key several people have together, by where their shares would be without their holders.
    pub thresholds: BTreeMap<Place, Recipient>,
    /// The environments that have been looked at; empty for the base of a tree without any.
    environments: BTreeSet<Name>,
    /// How many environments the tree has.
    count: usize,
    /// How many keys all of them are sealed for.
    keys: usize,
    /// The first that is one too many.
    too_many: Option<Span>,
}

/// For how many keys all secrets together may be sealed: few lines could make a team of thousands read thousands of them.
const MOST_KEYS: usize = 500_000;

/// What the tree says of one sealed value.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The secret, as it is in the first environment in which it is.
    pub secret: Secret,
    /// The environments in which it holds; empty in a tree without any.
    pub environments: BTreeSet<Name>,
    /// To which keys it is to be sealed, and whose they are.
    pub keys: BTreeMap<AgeKey, Owner>,
    /// Who may change it: everybody with a key to sign with, where the tree does not say.
    pub writers: BTreeMap<String, Email>,
    /// Whether a key of one of them was refused, which has been reported.
    has_lost_writer: bool,
}

impl Declared {
    fn of(platform: &Platform, secret: Secret) -> Self {
        let writers = writers(platform, &secret);
        let has_lost_writer = who_writes(platform, &secret).any(|it| it.has_lost_key);
        Self { secret, environments: BTreeSet::new(), keys: BTreeMap::new(), writers, has_lost_writer }
    }

    /// Whether an entry of the lock vouches for just these bytes, signed by somebody who may write them.
    pub fn is_vouched_for(&self, entry: Option<&Entry>) -> bool {
        entry.is_some_and(|it| {
            Some(it.digest) == self.digest()
                && it.signer.as_ref().is_ok_and(|key| self.writers.contains_key(key))
        })
    }

    /// Whether its value is too old, or nearly.
    pub fn is_nearly_stale(&self, entry: Option<&Entry>, date: Date) -> bool {
        entry.is_some_and(
            |it| matches!(self.age(it, date), Some((age, most)) if age > most || (most > NOTICE && age > most - NOTICE)),
        )
    }

    /// How old its value is and may be, in days; `None` where it may be of any age.
    fn age(&self, entry: &Entry, date: Date) -> Option<(i64, i64)> {
        let age = date.0.since(entry.sealed).map_or(0, |it| i64::from(it.get_days()));
        let most = i64::try_from(self.secret.max_age?.0 / DAY).unwrap_or(i64::MAX);
        Some((age, most))
    }

    /// Whether it needs an entry in the lock: where there is a lock, all do.
    pub fn is_to_be_vouched_for(&self, place: &Place, lock: Option<&Lock>) -> bool {
        lock.is_some() || self.secret.is_guarded() || place.holder.is_some()
    }

    /// What tells its sealed bytes from others; `None` where there are none.
    pub fn digest(&self) -> Option<Digest> {
        self.secret.sealed.envelope()
    }

    /// To how many keys it is sealed; `None` where it is not.
    pub fn sealed_to(&self) -> Option<usize> {
        found(&self.secret.sealed).map(|it| it.recipients)
    }
}

/// Whose key something is sealed to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A machine.
    Recipient(Name, Span),
    /// Somebody whom the tree names.
    Person(Email, Span),
}

impl fmt::Display for Owner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recipient(name, _) => write!(formatter, "recipient `{name}`"),
            Self::Person(email, _) => write!(formatter, "`{email}`"),
        }
    }
}

impl Owner {
    fn span(&self) -> Span {
        match self {
            Self::Recipient(_, span) | Self::Person(_, span) => *span,
        }
    }
}

impl AllSealed {
    /// What the platform is called; `None` where too little is declared to know.
    pub fn platform(&self) -> Option<&Name> {
        self.platform.as_ref()
    }

    /// Takes down what is sealed in one environment, or in a tree without any.
    pub fn add(&mut self, platform: &Platform, map: &SourceMap) {
        self.platform.get_or_insert_with(|| platform.name.clone());
        self.environments.extend(platform.environment.clone());
        self.count = platform.environments.len();
        let of_teams: BTreeMap<&Name, usize> = platform
            .teams
            .values()
            .map(|team| {
                let keys = team.members.iter().filter_map(|it| platform.persons.get(&it.email));
                (&team.name, keys.map(|it| it.reads_with.len()).sum())
            })
            .collect();
        let of_projects = platform.projects.values();
        let of_projects =
            of_projects.flat_map(|it| it.secrets.values().map(|secret| (Some(&it.name), secret)));
        for (project, secret) in platform.secrets.values().map(|it| (None, it)).chain(of_projects) {
            if matches!(secret.sealed, Sealed::Vault(_)) {
                continue;
            }
            self.keys += count_keys(platform, secret, &of_teams);
            if self.keys > MOST_KEYS {
                self.too_many.get_or_insert(map.written(secret.span));
                return;
            }
            let place = secret.place(project);
            let declared = self.places.entry(place).or_insert_with(|| {
                Declared::of(platform, Secret { span: map.written(secret.span), ..secret.clone() })
            });
            declared.environments.extend(platform.environment.clone());
            declared.keys.extend(keys(platform, secret));
            declared.secret.is_taken |= secret.is_taken;
        }
        for recipient in platform.recipients.values() {
            let Some(Threshold { holders, .. }) = &recipient.threshold else { continue };
            let place = recipient.place();
            for (email, holder) in holders {
                let place = Place { holder: Some(email.to_string()), ..place.clone() };
                let declared = self
                    .places
                    .entry(place)
                    .or_insert_with(|| Declared::of(platform, share(recipient, email, holder)));
                declared.environments.extend(platform.environment.clone());
                declared.keys.extend(keys_of_holder(platform, email));
            }
            self.thresholds.entry(place).or_insert_with(|| recipient.clone());
        }
    }

    /// Whether every environment has been looked at, so that what is in none of them is nowhere.
    fn is_whole(&self) -> bool {
        self.environments.len() == self.count
    }

    /// Holds what is declared against what is sealed and what the lock says. Without a date nothing is too old.
    pub fn check(&self, lock: Option<&Lock>, date: Option<Date>, sink: &mut Diagnostics) {
        let Some(platform) = &self.platform else { return };
        if let Some(span) = self.too_many {
            let message = format!("all secrets together are sealed for more than {MOST_KEYS} keys");
            sink.report(
                Diagnostic::new(Code::TooMany, span, message)
                    .help("have fewer people read them by themselves: what a workload takes, its pods read"),
            );
            return;
        }
        let none = Lock::default();
        let entries = &lock.unwrap_or(&none).entries;
        if let Some(entry) = entries.values().find(|it| it.label.platform != platform.as_str()) {
            let message = format!("`{}` is that of platform `{}`", lock::PATH, entry.label.platform);
            let diagnostic = match entry.span {
                Some(span) => Diagnostic::new(Code::LockDamaged, span, message),
                None => Diagnostic::nowhere(Code::LockDamaged, message),
            };
            sink.report(diagnostic.help(
                "take it as it was from git; in a platform that gets another name, every value is set anew",
            ));
            return;
        }
        for (place, gone) in lock.iter().flat_map(|it| &it.gone) {
            let Some(entry) = entries.get(place).filter(|it| it.label.version <= *gone) else { continue };
            let message = format!(
                "the lock knows version {} of {}, and that version {gone} of it is gone",
                entry.label.version,
                described(place)
            );
            let diagnostic = match entry.span {
                Some(span) => Diagnostic::new(Code::LockDamaged, span, message),
                None => Diagnostic::nowhere(Code::LockDamaged, message),
            };
            sink.report(
                diagnostic.help("take the lock as it was from git; of two branches, keep the later of both"),
            );
        }
        let by_digest: BTreeMap<Digest, &Place> =
            entries.iter().map(|(place, it)| (it.digest, place)).collect();
        for (place, declared) in &self.places {
            let Some(found) = found(&declared.secret.sealed) else { continue };
            match entries.get(place) {
                Some(entry) => {
                    let copied = by_digest.get(&found.digest).copied().filter(|it| *it != place);
                    self.check_entry(place, declared, found, entry, copied, sink);
                    check_age(declared, entry, date, sink);
                }
                // It may be what could not be read of it.
                None if lock.is_some_and(|it| it.is_damaged) => {}
                // Two names of one value are reported for that.
                None if by_digest.get(&found.digest).is_some_and(|it| self.has(it, found.digest)) => {}
                None if declared.is_to_be_vouched_for(place, lock) => {
                    sink.report(not_in_lock(place, &declared.secret, lock.is_some()));
                }
                None => check_count(declared, found.recipients, sink),
            }
        }
        // Of what holds in several environments only all of them can tell.
        let is_known = |place: &Place| {
            let is_looked_at = |it: &String| self.environments.iter().any(|known| known.as_str() == it);
            self.is_whole() || place.environment.as_ref().is_some_and(is_looked_at)
        };
        // What cannot be read is not gone.
        if sink.fails() {
            return;
        }
        for (place, declared) in self.places.iter().filter(|(place, _)| is_known(place)) {
            let secret = &declared.secret;
            if !secret.is_taken && secret.readers.is_empty() {
                sink.report(unread(place, secret));
            }
        }
        for place in entries.keys().filter(|it| !self.places.contains_key(*it) && is_known(it)) {
            let message = format!("{} is not declared any more", described(place));
            let Some(span) = entries[place].span else { continue };
            sink.report(
                Diagnostic::new(Code::LockLeftover, span, message)
                    .help("`trackside secrets lock` takes the entry out"),
            );
        }
    }

    /// Reports what has gone back to an older version since a lock was as it was before.
    pub fn check_against(&self, lock: Option<&Lock>, before: &Lock, sink: &mut Diagnostics) {
        let none = Lock::default();
        let lock = lock.unwrap_or(&none);
        let gone = |place: &Place| lock.gone.get(place).copied().unwrap_or(0);
        let versions = before.entries.iter().map(|(place, it)| (place, it.label.version));
        let versions = versions.chain(before.gone.iter().map(|(place, version)| (place, *version)));
        for (place, was) in versions {
            let entry = lock.entries.get(place);
            let what = match entry.map(|it| &it.label) {
                None if gone(place) >= was => continue,
                None => format!("has lost its entry in the lock, which was at version {was}"),
                Some(label) if label.version < was => {
                    format!("goes back from version {was} to version {}", label.version)
                }
                Some(label) => match before.entries.get(place).map(|it| &it.label) {
                    Some(known) if known.version == label.version && known.value != label.value => {
                        format!("has another value as version {was}")
                    }
                    Some(known)
                        if known == label
                            && before.entries.get(place).map(|it| it.sealed) != entry.map(|it| it.sealed) =>
                    {
                        format!("counts the age of version {was} from another day")
                    }
                    None if label.version == was => {
                        format!("comes back as version {was}, which it had when it went")
                    }
                    _ => continue,
                },
            };
            let message = format!("{} {what}", described(place));
            let declared = self.places.get(place).map(|it| it.secret.span);
            let span = declared.or(entry.and_then(|it| it.span));
            let diagnostic = match span {
                Some(span) => Diagnostic::new(Code::RolledBack, span, message),
                None => Diagnostic::nowhere(Code::RolledBack, message),
            };
            let entry = entry.and_then(|it| it.span).filter(|it| Some(*it) != span);
            let diagnostic =
                entry.into_iter().fold(diagnostic, |it, span| it.related(span, "its entry in the lock"));
            sink.report(diagnostic.help(match declared.is_some() {
                true => "an older value is sealed again as a new version: `trackside secrets set`",
                false => "`trackside secrets lock` takes entries out and keeps their last versions: take the lock as it was, and let it",
            }));
        }
    }

    fn check_entry(
        &self,
        place: &Place,
        declared: &Declared,
        found: Found,
        entry: &Entry,
        copied: Option<&Place>,
        sink: &mut Diagnostics,
    ) {
        let secret = &declared.secret;
        let related = |it: Diagnostic| match entry.span {
            Some(span) => it.related(span, "its entry in the lock"),
            None => it,
        };
        if entry.digest != found.digest {
            // Two names of one value are reported for that where both are in one environment.
            let is_reported =
                copied.is_some_and(|it| it.environment == place.environment && self.has(it, found.digest));
            match copied {
                Some(_) if is_reported => {}
                Some(other) => sink.report(related(
                    Diagnostic::new(
                        Code::CopiedCiphertext,
                        secret.span,
                        format!("what is sealed as {} is the sealed value of {}", described(place), described(other)),
                    )
                    .help("put back what was there, or seal its own value: a value is its owner's, and says in its envelope which it is"),
                )),
                None => sink.report(related(
                    Diagnostic::new(
                        Code::ForeignCiphertext,
                        secret.span,
                        format!("what is sealed as {} is not what the lock vouches for", described(place)),
                    )
                    .help("put back the file of that version, or seal the value again with `trackside secrets set`"),
                )),
            }
            return;
        }
        match &entry.signer {
            Err(problem) => sink.report(related(vouched_by_nobody(place, secret, &problem.to_string()))),
            // It may be the one that was refused.
            Ok(key) if !declared.writers.contains_key(key) && declared.has_lost_writer => {}
            Ok(key) if !declared.writers.contains_key(key) => {
                let who = "the key that signed it is not that of anybody who may write it";
                sink.report(related(vouched_by_nobody(place, secret, who)));
            }
            Ok(_) => {
                check_recipients(place, declared, found, entry, self.is_whole(), &related, sink);
                self.check_split(place, declared, entry, &related, sink);
            }
        }
    }

    /// Holds the key of a recipient against the one that its holders have in their shares.
    fn check_split(
        &self,
        place: &Place,
        declared: &Declared,
        entry: &Entry,
        related: &dyn Fn(Diagnostic) -> Diagnostic,
        sink: &mut Diagnostics,
    ) {
        let of_recipient = Place { holder: None, ..place.clone() };
        let Some(recipient) = self.thresholds.get(&of_recipient).filter(|_| place.holder.is_some()) else {
            return;
        };
        let (Some(key), Some(threshold)) = (&recipient.key, &recipient.threshold) else { return };
        let split = entry.split.as_ref();
        let is_same = split.is_some_and(|it| it.key == key.value.as_str());
        let needs = split.map_or(0, |it| it.needs);
        let what = match (is_same, needs == threshold.needs) {
            (true, true) => return,
            (false, _) => "is a part of another key than the one that stands there".to_owned(),
            (true, false) => {
                format!("is one of which {} open together, and not {}", needs, threshold.needs)
            }
        };
        let message = format!("{} {what}", described(place));
        let diagnostic = Diagnostic::new(Code::OtherSplit, declared.secret.span, message);
        sink.report(related(diagnostic.related(recipient.span, "the recipient")).help(format!(
            "put back what stood there, or have another key made: `trackside secrets split {} --again`",
            recipient.name
        )));
    }

    fn has(&self, place: &Place, digest: Digest) -> bool {
        self.places
            .get(place)
            .and_then(|it| self::found(&it.secret.sealed))
            .is_some_and(|it| it.digest == digest)
    }
}

/// What can be seen of a sealed value from outside.
#[derive(Clone, Copy)]
struct Found {
    digest: Digest,
    recipients: usize,
}

fn found(sealed: &Sealed) -> Option<Found> {
    match sealed {
        Sealed::Envelope { envelope, recipients, .. } | Sealed::File { envelope, recipients, .. } => {
            Some(Found { digest: *envelope, recipients: *recipients })
        }
        Sealed::Nothing { .. } | Sealed::Vault(_) => None,
    }
}

/// A share as a secret: it is sealed, vouched for and held against the lock like any other.
fn share(recipient: &Recipient, email: &Email, holder: &Holder) -> Secret {
    Secret {
        name: recipient.name.clone(),
        offers: BTreeMap::new(),
        keys: BTreeSet::new(),
        readers: [(Principal::Person(email.clone()), holder.span)].into(),
        writers: BTreeMap::new(),
        max_age: None,
        generated: Vec::new(),
        environment: recipient.environment.clone(),
        is_taken: true,
        sealed: holder.sealed.clone(),
        span: holder.span,
    }
}

/// How a secret is called in a sentence.
fn described(place: &Place) -> String {
    let Place { environment, project, name, holder } = place;
    if let Some(holder) = holder {
        return format!("the share of `{holder}` in the key of recipient `{name}`");
    }
    let of_project = project.as_ref().map_or(String::new(), |it| format!(" of project `{it}`"));
    let of_environment = environment.as_ref().map_or(String::new(), |it| format!(" of environment `{it}`"));
    format!("secret `{name}`{of_project}{of_environment}")
}

fn unread(place: &Place, secret: &Secret) -> Diagnostic {
    let message = format!("nobody reads {}", described(place));
    Diagnostic::new(Code::UnreadSecret, secret.span, message)
        .help("take it by a workload, say by `readable-by` which people read it, or remove it, and make its value void where it was used")
}

fn not_in_lock(place: &Place, secret: &Secret, is_locked: bool) -> Diagnostic {
    let message = match is_locked {
        true => format!("`{}` does not know what is sealed as {}", lock::PATH, described(place)),
        false => format!("nobody vouches for {}: there is no `{}`", described(place), lock::PATH),
    };
    Diagnostic::new(Code::NotInLock, secret.span, message)
        .help("seal its value with `trackside secrets set`, which signs for it; anybody can seal something to a public key")
}

fn vouched_by_nobody(place: &Place, secret: &Secret, problem: &str) -> Diagnostic {
    let message = format!("nobody vouches for {}: {problem}", described(place));
    let help = match secret.writers.is_empty() {
        true => "seal the value again, signed with a key that is `signs-with` of a `person`",
        false => "seal the value again, signed with a key of somebody who is `writable-by`",
    };
    secret
        .writers
        .values()
        .take(MOST_SHOWN)
        .fold(Diagnostic::new(Code::NobodyVouches, secret.span, message).help(help), |it, span| {
            it.related(*span, "these may write it")
        })
}

fn check_recipients(
    place: &Place,
    declared: &Declared,
    found: Found,
    entry: &Entry,
    is_whole: bool,
    related: &dyn Fn(Diagnostic) -> Diagnostic,
    sink: &mut Diagnostics,
) {
    let secret = &declared.secret;
    let missing: Vec<&Owner> = declared
        .keys
        .iter()
        .filter(|(key, _)| !entry.recipients.contains(key.as_str()))
        .map(|(_, it)| it)
        .collect();
    let wanted: BTreeSet<&str> = declared.keys.keys().map(AgeKey::as_str).collect();
    // In another environment, others may open what the base declares.
    let is_all = is_whole || place.environment.is_some();
    let surplus: Vec<&str> =
        entry.recipients.iter().map(String::as_str).filter(|it| is_all && !wanted.contains(it)).collect();
    let message = match (missing.as_slice(), surplus.as_slice()) {
        ([], []) if found.recipients != entry.recipients.len() => format!(
            "{} is sealed to {}, and the lock says to {}",
            described(place),
            keys_in_words(found.recipients),
            entry.recipients.len()
        ),
        ([], []) => return,
        ([], surplus) => {
            let shown = item::listed(surplus.iter().map(|it| shortened(it)));
            format!("{} is sealed to {shown} as well, which the tree does not declare", described(place))
        }
        (missing, _) => {
            let names: BTreeSet<String> = missing.iter().map(ToString::to_string).collect();
            let names: Vec<String> = names.into_iter().collect();
            format!("{} is not sealed to {}", described(place), names.join(", "))
        }
    };
    let diagnostic = related(Diagnostic::new(Code::WrongRecipients, secret.span, message));
    let diagnostic = missing
        .iter()
        .take(MOST_SHOWN)
        .fold(diagnostic, |it, owner| it.related(owner.span(), "this is to open it"));
    sink.report(diagnostic.help("`trackside secrets rekey` seals it to those whom the tree declares"));
}

/// Enough of a key to tell it from others.
fn shortened(key: &str) -> &str {
    key.char_indices().nth(24).map_or(key, |(at, _)| &key[..at])
}

fn keys_in_words(count: usize) -> String {
    if count == 1 { "1 key".to_owned() } else { format!("{count} keys") }
}

/// Without a lock, the keys can only be counted.
fn check_count(declared: &Declared, sealed_to: usize, sink: &mut Diagnostics) {
    let wanted = declared.keys.len();
    // Without a recipient nothing is opened, which is reported.
    if sealed_to >= wanted || declared.keys.values().all(|it| matches!(it, Owner::Person(..))) {
        return;
    }
    let message = format!(
        "secret `{}` is sealed to {}, and {wanted} are declared that open it",
        declared.secret.name,
        keys_in_words(sealed_to)
    );
    let diagnostic = Diagnostic::new(Code::SealedToTooFew, declared.secret.span, message);
    let machines = declared.keys.values().filter(|it| matches!(it, Owner::Recipient(..))).take(MOST_SHOWN);
    let diagnostic = machines.fold(diagnostic, |it, machine| it.related(machine.span(), "this opens it"));
    let readers = declared.secret.readers.values().take(MOST_SHOWN);
    let diagnostic = readers.fold(diagnostic, |it, span| it.related(*span, "and so do the keys of these"));
    sink.report(
        diagnostic.help(
            "seal it to all of them with `trackside secrets rekey`, or leave out who is not to open it",
        ),
    );
}

/// How long before a value is too old it is said.
const NOTICE: i64 = 14;

fn check_age(declared: &Declared, entry: &Entry, date: Option<Date>, sink: &mut Diagnostics) {
    let secret = &declared.secret;
    let Some((age, most)) = date.and_then(|it| declared.age(entry, it)) else { return };
    // A day, for the clocks of others.
    if age < -1 {
        let message = format!("secret `{}` is sealed on {}, which is yet to come", secret.name, entry.sealed);
        sink.report(
            Diagnostic::new(Code::StaleSecret, secret.span, message)
                .help("set the value again: its age counts from the day on which it is sealed"),
        );
        return;
    }
    let how = match secret.generated.is_empty() {
        true => "change it where it is used, and seal the new one with `trackside secrets rotate`",
        false => "`trackside secrets rotate --stale` makes another",
    };
    if age > most {
        let message = format!("secret `{}` is {age} days old, and {most} are the most", secret.name);
        sink.report(Diagnostic::new(Code::StaleSecret, secret.span, message).help(how));
    } else if age > most.saturating_sub(NOTICE) && most > NOTICE {
        let message = format!("secret `{}` is too old in {} days", secret.name, most - age + 1);
        let mut diagnostic = Diagnostic::new(Code::StaleSecret, secret.span, message).help(how);
        diagnostic.severity = Severity::Warning;
        sink.report(diagnostic);
    }
}

/// Of how many declarations somebody is told who has many.
const MOST_SHOWN: usize = 3;

/// The keys that a secret is to be sealed to.
fn keys(platform: &Platform, secret: &Secret) -> BTreeMap<AgeKey, Owner> {
    let machines = platform.recipients.values();
    let machines = machines
        .filter_map(|it| Some((it.key.as_ref()?.value.clone(), Owner::Recipient(it.name.clone(), it.span))));
    let readers = secret.readers.keys().flat_map(|it| people(platform, it));
    let readers = readers.flat_map(|person| {
        let owner = Owner::Person(person.email.clone(), person.span);
        person.reads_with.iter().map(move |key| (key.clone(), owner.clone()))
    });
    machines.chain(readers).collect()
}

/// At least as many keys as a secret is to be sealed to: one person may be in several teams.
fn count_keys(platform: &Platform, secret: &Secret, of_teams: &BTreeMap<&Name, usize>) -> usize {
    let of_readers = secret.readers.keys().map(|it| match it {
        Principal::Team(team) => of_teams.get(team).copied().unwrap_or(0),
        Principal::Person(email) => platform.persons.get(email).map_or(0, |it| it.reads_with.len()),
    });
    platform.recipients.len() + of_readers.sum::<usize>() + 1
}

/// The keys that a share is to be sealed to: its holder's alone.
fn keys_of_holder(platform: &Platform, holder: &Email) -> BTreeMap<AgeKey, Owner> {
    let person = platform.persons.get(holder);
    let keys = person.into_iter().flat_map(|person| {
        let owner = Owner::Person(person.email.clone(), person.span);
        person.reads_with.iter().map(move |key| (key.clone(), owner.clone()))
    });
    keys.collect()
}

/// The keys whose signature counts, and whose they are.
fn writers(platform: &Platform, secret: &Secret) -> BTreeMap<String, Email> {
    let keys = who_writes(platform, secret)
        .flat_map(|person| person.signs_with.keys().map(move |key| (key, &person.email)));
    keys.map(|(key, email)| (key.as_str().to_owned(), email.clone())).collect()
}

/// Who may write a secret: whoever is in the tree, where it does not say.
fn who_writes<'p>(platform: &'p Platform, secret: &'p Secret) -> impl Iterator<Item = &'p Person> {
    let named = secret.writers.keys().flat_map(|it| people(platform, it));
    named.chain(platform.persons.values().filter(|_| secret.writers.is_empty()))
}

fn people<'p>(platform: &'p Platform, principal: &Principal) -> Vec<&'p Person> {
    match principal {
        Principal::Person(email) => platform.persons.get(email).into_iter().collect(),
        Principal::Team(team) => {
            let members = platform.teams.get(team).into_iter().flat_map(|it| &it.members);
            members.filter_map(|it| platform.persons.get(&it.email)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::language::tests::check_used as check;

    #[test]
    fn a_secret_is_sealed_to_all_who_open_it() {
        insta::assert_snapshot!(check(r#"
            recipient "runner" key="age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"
            person "ana@hello.example" { reads-with "age1kwhhsk7umptf6murxaalr08wywwpud7vakl9akazh8me2ncr7y0qz3v004" }
            project "shop" {
                service "web" { image @web; env "A" secret="a"; env "B" secret="b" }
                secret "a" file="secret.age"
                secret "b" file="secret.age" { readable-by person="ana@hello.example" }
            }
        "#), @"
        TS321 error 5: secret `a` is sealed to 1 key, and 2 are declared that open it
        TS321 error 6: secret `b` is sealed to 1 key, and 3 are declared that open it
        ");
    }

    #[test]
    fn a_sealed_secret_has_somebody_who_opens_it() {
        insta::assert_snapshot!(check(r#"
            environment "test" { (remove)recipient "controller" }
            environment "live" { platform { (override)domain "live.example" } }
            project "shop" {
                service "web" { image @web; env "A" secret="a"; env "B" secret="b" }
                secret "a" file="secret.age"
                secret "b" file="secret.age"
            }
        "#), @"TS320 error 5: secret `a` is sealed, and environment `test` has no `recipient` that opens it [test]");
    }
}
