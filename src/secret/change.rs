//! What becomes of the files of a tree when a value is sealed: its age file, or the text that its envelope stands in, and the
//! lock file.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::Outcome;
use crate::envelope;
use crate::envelope::label::{Label, Place};
use crate::envelope::lock::{self, Entry, Lock, Signature};
use crate::language::secret::Sealed;
use crate::language::secret::sealed::Declared;
use crate::language::value::age_key::AgeKey;
use crate::secret::key::Identities;
use crate::secret::seal::{self, NotOpened, NotSealed, Opened};
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
}

impl<'a> Changes<'a> {
    /// None so far.
    pub fn of(tree: &'a Tree, outcome: &'a Outcome) -> Result<Self, Failure> {
        let platform = outcome.sealed.platform().ok_or(Failure::NoPlatform)?.to_string();
        let lock = outcome.lock.clone().unwrap_or_default();
        Ok(Self { tree, outcome, platform, lock, files: BTreeMap::new() })
    }

    /// What is known of all that is sealed, with what has changed.
    pub fn lock(&self) -> &Lock {
        &self.lock
    }

    /// Opens the value of a secret.
    pub fn open(
        &self,
        place: &Place,
        declared: &Declared,
        identities: &Identities,
    ) -> Result<Opened, Failure> {
        let sealed = self.sealed(place, declared)?;
        let opened = seal::open(&sealed, identities, &self.platform, place);
        opened.map_err(|it| Failure::NotOpened(named(place), it))
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
        let version = self.lock.entries.get(place).map_or(1, |it| it.label.version.saturating_add(1));
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
        if span.file.is_expansion() {
            return Err(Failure::InComponent(named(place)));
        }
        let file = self.outcome.sources.file(span.file);
        let path = TreePath::parse(&file.path)?;
        let text = self.files.get(&path).map_or(&*file.text, String::as_str);
        // What stands there may have moved, by another change to the same file.
        let written = &file.text[span.start as usize..span.end as usize];
        let mut found = text.match_indices(written);
        let (Some((at, _)), None) = (found.next(), found.next()) else {
            return Err(Failure::Text(named(place)));
        };
        let line = text[..at].rfind('\n').map_or(0, |it| it + 1);
        let indent: String = text[line..].chars().take_while(|it| matches!(it, ' ' | '\t')).collect();
        let lines: String = armored.lines().map(|it| format!("{indent}    {it}\n")).collect();
        let new = format!("\"\"\"\n{lines}{indent}    \"\"\"");
        let text = [&text[..at], &new, &text[at + written.len()..]].concat();
        self.files.insert(path, text);
        Ok(())
    }

    /// Takes the entries of what is no longer declared out of the lock; how many there were.
    pub fn forget_what_is_gone(&mut self) -> usize {
        let before = self.lock.entries.len();
        let declared = &self.outcome.sealed.places;
        self.lock.entries.retain(|place, _| declared.contains_key(place));
        before - self.lock.entries.len()
    }

    /// Vouches for what is sealed as it is, where it opens as the secret that it should be.
    pub fn vouch(
        &mut self,
        place: &Place,
        declared: &Declared,
        identities: &Identities,
        today: Date,
    ) -> Result<(), Failure> {
        let Opened { label, value: _ } = self.open(place, declared, identities)?;
        let digest = envelope::digest(&self.sealed(place, declared)?);
        let before = self.lock.entries.get(place);
        let is_same = before.is_some_and(|it| it.label.version == label.version);
        let date = before.filter(|_| is_same).map_or(today, |it| it.sealed);
        let entry = unsigned(label, date, digest, declared);
        self.lock.entries.insert(place.clone(), entry);
        Ok(())
    }

    /// Signs the entries that changed, and gives all files with what they say then, the lock file last.
    pub fn sign<E>(
        mut self,
        sign: impl Fn(&str) -> Result<Signature, E>,
    ) -> Result<Vec<(TreePath, String)>, E> {
        for entry in self.lock.entries.values_mut().filter(|it| it.span.is_none()) {
            entry.signature = sign(&entry.statement())?;
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
