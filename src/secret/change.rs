//! What becomes of the files of a tree when a value is sealed: its age file, or the text that its envelope stands in, and the
//! lock file.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::Outcome;
use crate::diagnostic::{Edit, Fix};
use crate::envelope;
use crate::envelope::label::{Label, Place};
use crate::envelope::lock::{self, Entry, Lock, Signature};
use crate::language::recipient::{Recipient, Threshold};
use crate::language::secret::Sealed;
use crate::language::secret::sealed::Declared;
use crate::language::value::age_key::AgeKey;
use crate::secret::key::{Identities, NewIdentity};
use crate::secret::seal::{self, NotOpened, NotSealed, Opened};
use crate::secret::share::Share;
use crate::secret::value::{NotAsDeclared, Value};
use crate::source::Span;
use crate::syntax::edit;
use crate::tree::digest::Digest;
use crate::tree::path::{InvalidPath, TreePath};
use crate::tree::{Tree, Unreadable};

/// Why a tree could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The value could not be sealed.
    #[error("secret {0}")]
    NotSealed(String, #[source] NotSealed),
    /// What is sealed could not be opened.
    #[error("secret {0}")]
    NotOpened(String, #[source] NotOpened),
    /// What is sealed could not be read.
    #[error("secret {0}")]
    Unreadable(String, #[source] Unreadable),
    /// It has not been sealed.
    #[error(
        "secret {0} has no value that can be opened: `trackside check` says why, and `trackside secrets set` gives it one"
    )]
    NeverSealed(String),
    /// Its value is not sealed in the tree.
    #[error("secret {0} lies in a vault, and not in the tree")]
    InVault(String),
    /// It comes of a component, whose text is that of others as well.
    #[error("secret {0} is sealed in the body of a component: give it a `file`, by a parameter")]
    InComponent(String),
    /// The text around it is not what it was.
    #[error("the text that secret {0} is sealed in cannot be changed")]
    Text(String),
    /// Its bytes are not those that somebody signed for.
    #[error("nobody vouches for what is sealed as {0}: `trackside check` says why")]
    NotVouchedFor(String),
    /// It is older than what the lock knows.
    #[error("what is sealed as {0} is version {1}, and the lock knows version {2}: it was put back")]
    RolledBack(String, u32, u32),
    /// It is a part of a key.
    #[error("{0} is a share of a key: `trackside secrets split` makes all of them anew")]
    IsShare(String),
    /// Its fields are others than the tree says.
    #[error("the value of {0} is not what the tree says it is")]
    NotAsDeclared(String, #[source] NotAsDeclared),
    /// A key has to be split among more people than can be.
    #[error("a key can be split among 255 people, not among {0}")]
    TooManyHolders(usize),
    /// Something of the lock cannot be read, and would be lost.
    #[error("`{}` is damaged: `trackside check` says where", lock::PATH)]
    LockDamaged,
    /// The tree says too little.
    #[error("the tree declares no platform")]
    NoPlatform,
    /// A path of the tree cannot be written.
    #[error(transparent)]
    Path(#[from] InvalidPath),
}

/// Changes to the files of a tree, thought out for what it says now.
#[derive(Debug)]
pub struct Changes<'a> {
    tree: &'a Tree,
    outcome: &'a Outcome,
    platform: String,
    lock: Lock,
    files: BTreeMap<TreePath, String>,
    edits: Vec<Fix>,
}

impl<'a> Changes<'a> {
    /// None so far.
    pub fn of(tree: &'a Tree, outcome: &'a Outcome) -> Result<Self, Failure> {
        let platform = outcome.sealed.platform().ok_or(Failure::NoPlatform)?.to_string();
        let lock = outcome.lock.clone().unwrap_or_default();
        let is_other = |it: &Entry| it.label.platform != platform;
        if lock.is_damaged || lock.entries.values().any(is_other) {
            return Err(Failure::LockDamaged);
        }
        Ok(Self { tree, outcome, platform, lock, files: BTreeMap::new(), edits: Vec::new() })
    }

    /// What is known of all that is sealed, with what has changed.
    pub fn lock(&self) -> &Lock {
        &self.lock
    }

    /// Opens the value of a secret. What nobody vouches for is not opened where somebody has to: it would be taken for what
    /// its writers meant.
    pub fn open(
        &self,
        place: &Place,
        declared: &Declared,
        identities: &Identities,
    ) -> Result<Opened, Failure> {
        let entry = self.lock.entries.get(place);
        let is_vouched_for = declared.digest().is_none() || declared.is_vouched_for(entry);
        if !is_vouched_for && declared.is_to_be_vouched_for(place, self.outcome.lock.as_ref()) {
            return Err(Failure::NotVouchedFor(named(place)));
        }
        self.open_any(place, declared, identities)
    }

    /// Opens what nobody may vouch for. What is older than the lock knows stays closed all the same.
    fn open_any(
        &self,
        place: &Place,
        declared: &Declared,
        identities: &Identities,
    ) -> Result<Opened, Failure> {
        let sealed = self.sealed(place, declared)?;
        let opened = seal::open(&sealed, identities, &self.platform, place);
        let opened = opened.map_err(|it| Failure::NotOpened(named(place), it))?;
        match self.lock.entries.get(place).map(|it| it.label.version) {
            Some(known) if opened.label.version < known => {
                Err(Failure::RolledBack(named(place), opened.label.version, known))
            }
            _ => Ok(opened),
        }
    }

    /// Opens a secret and reads what it is.
    pub fn value(
        &self,
        place: &Place,
        declared: &Declared,
        identities: &Identities,
    ) -> Result<Value, Failure> {
        let Opened { label: _, value } = self.open(place, declared, identities)?;
        Value::read(&value, &declared.secret.keys).map_err(|it| Failure::NotAsDeclared(named(place), it))
    }

    /// Opens the shares that these keys open: where they are enough, what is sealed for them together opens too.
    pub fn join(&self, identities: &mut Identities) {
        let of_holders = self.outcome.sealed.places.iter().filter(|(place, _)| place.holder.is_some());
        for (place, declared) in of_holders {
            let opened = self.open(place, declared, identities).ok();
            let share =
                opened.as_ref().and_then(|it| std::str::from_utf8(&it.value).ok()).and_then(Share::read);
            if let Some(share) = share {
                identities.add_share(share);
            }
        }
    }

    /// Makes a key that people have together, seals its shares for them, and writes its public half where the recipient is
    /// declared. Of one that was made before, nothing opens what is sealed from then on.
    pub fn split(
        &mut self,
        recipient: &Recipient,
        threshold: &Threshold,
        today: Date,
    ) -> Result<(), Failure> {
        let Threshold { needs, holders } = threshold;
        let count = u8::try_from(holders.len()).map_err(|_| Failure::TooManyHolders(holders.len()))?;
        let needs = u8::try_from(*needs).unwrap_or(count);
        let (public, shares) = NewIdentity::generate_split(needs, count);
        for (email, share) in holders.keys().zip(shares) {
            let place = Place { holder: Some(email.to_string()), ..recipient.place() };
            let declared = self.outcome.sealed.places.get(&place);
            let declared = declared.ok_or_else(|| Failure::NeverSealed(named(&place)))?;
            let version = self.next_version(&place);
            self.seal(&place, declared, share.line().as_bytes(), version, today)?;
        }
        match &recipient.key {
            Some(key) => self.replace(recipient.name.as_str(), key.span, |_, _| format!("\"{public}\"")),
            None => self.replace(recipient.name.as_str(), recipient.name_span, |name, _| {
                format!("{name} key=\"{public}\"")
            }),
        }
    }

    fn next_version(&self, place: &Place) -> u32 {
        self.lock.entries.get(place).map_or(1, |it| it.label.version.saturating_add(1))
    }

    /// The bytes of what is sealed.
    fn sealed(&self, place: &Place, declared: &Declared) -> Result<Vec<u8>, Failure> {
        match &declared.secret.sealed {
            Sealed::File { path, .. } => {
                self.tree.read(path).map_err(|it| Failure::Unreadable(named(place), it))
            }
            Sealed::Envelope { text, .. } => Ok(text.as_bytes().to_vec()),
            Sealed::Nothing { .. } => Err(Failure::NeverSealed(named(place))),
            Sealed::Vault(_) => Err(Failure::InVault(named(place))),
        }
    }

    /// Seals another value: the next version of the secret.
    pub fn set(
        &mut self,
        place: &Place,
        declared: &Declared,
        value: &[u8],
        today: Date,
    ) -> Result<(), Failure> {
        if place.holder.is_some() {
            return Err(Failure::IsShare(named(place)));
        }
        let version = self.next_version(place);
        self.seal(place, declared, value, version, today)
    }

    /// Seals the same value for those whom the tree declares now. It is no younger for that.
    pub fn rekey(
        &mut self,
        place: &Place,
        declared: &Declared,
        identities: &Identities,
        today: Date,
    ) -> Result<(), Failure> {
        let Opened { label, value } = self.open(place, declared, identities)?;
        let sealed = self.lock.entries.get(place).map_or(today, |it| it.sealed);
        self.seal(place, declared, &value, label.version, sealed)
    }

    fn seal(
        &mut self,
        place: &Place,
        declared: &Declared,
        value: &[u8],
        version: u32,
        date: Date,
    ) -> Result<(), Failure> {
        let label = Label { platform: self.platform.clone(), place: place.clone(), version };
        let recipients = declared.keys.keys().map(AgeKey::as_str);
        let armored = seal::seal(&label, value, recipients);
        let armored = armored.map_err(|it| Failure::NotSealed(named(place), it))?;
        let entry = unsigned(label, date, envelope::digest(armored.as_bytes()), declared);
        self.lock.entries.insert(place.clone(), entry);
        self.put(place, declared, armored)
    }

    /// Puts what was sealed where the secret is declared.
    fn put(&mut self, place: &Place, declared: &Declared, armored: String) -> Result<(), Failure> {
        let span = match &declared.secret.sealed {
            Sealed::File { path, .. } | Sealed::Nothing { path } => {
                self.files.insert(path.clone(), armored);
                return Ok(());
            }
            Sealed::Vault(_) => return Err(Failure::InVault(named(place))),
            Sealed::Envelope { span, .. } => *span,
        };
        self.replace(&named(place), span, |_, indent| {
            let lines: String = armored.lines().map(|it| format!("{indent}    {it}\n")).collect();
            format!("\"\"\"\n{lines}{indent}    \"\"\"")
        })
    }

    /// Replaces what stands at a place of a text, given that and the indent of its line.
    fn replace(
        &mut self,
        what: &str,
        span: Span,
        new: impl FnOnce(&str, &str) -> String,
    ) -> Result<(), Failure> {
        if span.file.is_expansion() {
            return Err(Failure::InComponent(what.to_owned()));
        }
        let file = self.outcome.sources.file(span.file);
        let (start, end) = (span.start as usize, span.end as usize);
        let written = &file.text[start..end];
        let line = file.text[..start].rfind('\n').map_or(0, |it| it + 1);
        let indent: String = file.text[line..].chars().take_while(|it| matches!(it, ' ' | '\t')).collect();
        let text = new(written, &indent);
        self.edits.push(Fix { title: what.to_owned(), edits: vec![Edit { span, text }] });
        Ok(())
    }

    /// Takes entries out of the lock: those of what is no longer declared.
    pub fn forget(&mut self, gone: &[&Place]) {
        self.lock.entries.retain(|place, _| !gone.contains(&place));
    }

    /// Vouches for what is sealed as it is, where it opens as the secret that it should be.
    pub fn vouch(
        &mut self,
        place: &Place,
        declared: &Declared,
        identities: &Identities,
        today: Date,
    ) -> Result<(), Failure> {
        let Opened { label, value: _ } = self.open_any(place, declared, identities)?;
        let digest = envelope::digest(&self.sealed(place, declared)?);
        let before = self.lock.entries.get(place);
        let is_same = before.is_some_and(|it| it.label.version == label.version);
        let date = before.filter(|_| is_same).map_or(today, |it| it.sealed);
        let entry = unsigned(label, date, digest, declared);
        self.lock.entries.insert(place.clone(), entry);
        Ok(())
    }

    /// Signs the entries that changed, and gives all files with what they say then, the lock file last.
    pub fn sign<E: From<Failure>>(
        mut self,
        sign: impl Fn(&str) -> Result<Signature, E>,
    ) -> Result<Vec<(TreePath, String)>, E> {
        for entry in self.lock.entries.values_mut().filter(|it| it.span.is_none()) {
            entry.signature = sign(&entry.statement())?;
        }
        let applied = edit::apply(&self.outcome.sources, &self.edits);
        if let Some(skipped) = applied.skipped.first() {
            return Err(Failure::Text(skipped.title.clone()).into());
        }
        for (file, text) in applied.texts {
            let path = &self.outcome.sources.file(file).path;
            self.files.insert(TreePath::parse(path).map_err(Failure::Path)?, text);
        }
        let path = TreePath::parse(lock::PATH).expect("a plain name is a path");
        let text = self.lock.text(&self.platform);
        Ok(self.files.into_iter().chain([(path, text)]).collect())
    }
}

/// An entry for what is sealed for whom the tree declares, which nobody has signed yet.
fn unsigned(label: Label, sealed: Date, digest: Digest, declared: &Declared) -> Entry {
    Entry {
        label,
        sealed,
        digest,
        recipients: declared.keys.keys().map(|it| it.as_str().to_owned()).collect(),
        signature: Signature::default(),
        signer: Err(lock::BadSignature::Malformed),
        span: None,
    }
}

/// How people call a secret on the command line: `shop/stripe-key`.
fn named(place: &Place) -> String {
    format!("`{place}`")
}
