//! What becomes of the files of a tree when a value is sealed: its age file, or the text that its envelope stands in, and the
//! lock file.

use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::Outcome;
use crate::diagnostic::{Edit, Fix};
use crate::envelope;
use crate::envelope::label::{Label, Place};
use crate::envelope::lock::{self, Entry, Lock, Signature, Split};
use crate::language::recipient::{Recipient, Threshold};
use crate::language::secret::Sealed;
use crate::language::secret::sealed::Declared;
use crate::language::value::age_key::AgeKey;
use crate::secret::generate;
use crate::secret::key::{Identities, NewIdentity};
use crate::secret::seal::{self, NotOpened, NotSealed, Opened};
use crate::secret::share::Share;
use crate::secret::value::{NotAsDeclared, Value};
use crate::source::Span;
use crate::syntax::edit;
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
    /// It is another value under a number that the lock knows.
    #[error("what is sealed as {0} is another version {1} than the lock knows: set the value again")]
    Swapped(String, u32),
    /// Its entry was changed after it was signed.
    #[error("the entry of {0} in `secrets.lock` was changed after it was signed: take it as it was from git")]
    Forged(String),
    /// It has no further version.
    #[error("{0} has had a million versions: give it another name")]
    Exhausted(String),
    /// It would take the place of something else.
    #[error("`{1}` is no age file, so {0} is not sealed into it: name another `file=`")]
    NotAge(String, String),
    /// It would take the place of another secret.
    #[error("`{1}` is the file of {2} as well, so {0} is not sealed into it: each has a `file=` of its own")]
    SharedFile(String, String, String),
    /// The key of a recipient is another than that of its shares.
    #[error(
        "the key of recipient `{0}` is not the one that its holders have shares of: `trackside check` says where"
    )]
    OtherSplit(String),
    /// It is no share.
    #[error("{0} is no share of a key")]
    NoShare(String),
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
    /// What shares come to, once it was asked for.
    joined: RefCell<Option<Identities>>,
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
        Ok(Self {
            tree,
            outcome,
            platform,
            lock,
            files: BTreeMap::new(),
            edits: Vec::new(),
            joined: RefCell::default(),
        })
    }

    /// What is known of all that is sealed, with what has changed.
    pub fn lock(&self) -> &Lock {
        &self.lock
    }

    /// What the lock knows of a secret. An entry that was changed after it was signed is nobody's word: neither its version nor
    /// its date are taken from it.
    fn known(&self, place: &Place) -> Result<Option<&Entry>, Failure> {
        match self.lock.entries.get(place) {
            Some(entry) if entry.span.is_some() && entry.signer.is_err() => {
                Err(Failure::Forged(named(place)))
            }
            entry => Ok(entry),
        }
    }

    /// The last version that there was, of what is declared or was once; 0 where there was none.
    fn last_version(&self, place: &Place) -> Result<u32, Failure> {
        let gone = self.lock.gone.get(place).copied().unwrap_or(0);
        Ok(self.known(place)?.map_or(0, |it| it.label.version).max(gone))
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
        self.open_unvouched(place, declared, identities)
    }

    /// Opens what nobody may vouch for, to be looked at or vouched for. What is older than the lock knows stays closed all the
    /// same, and so does another value under a number that the lock knows.
    pub fn open_unvouched(
        &self,
        place: &Place,
        declared: &Declared,
        identities: &Identities,
    ) -> Result<Opened, Failure> {
        let sealed = self.sealed(place, declared)?;
        let opened = match seal::open(&sealed, identities, &self.platform, place) {
            Err(NotOpened::NoKey) if place.holder.is_none() => {
                let joined = self.joined(identities);
                seal::open(&sealed, &joined, &self.platform, place).map_err(|it| self.too_few(it, &joined))
            }
            opened => opened,
        };
        let opened = opened.map_err(|it| Failure::NotOpened(named(place), it))?;
        let (last, label) = (self.last_version(place)?, &opened.label);
        if label.version < last {
            return Err(Failure::RolledBack(named(place), label.version, last));
        }
        match self.known(place)? {
            Some(entry) if entry.label.version == label.version && entry.label.value != label.value => {
                Err(Failure::Swapped(named(place), label.version))
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

    /// The keys that the shares come to which these keys open, and those that are at hand: asked for only where no key opens
    /// something by itself.
    fn joined(&self, identities: &Identities) -> Ref<'_, Identities> {
        if self.joined.borrow().is_none() {
            let mut joined = Identities::default();
            identities.all_shares().for_each(|it| joined.add_share(it.clone()));
            let of_holders = self.outcome.sealed.places.iter().filter(|(place, _)| place.holder.is_some());
            for (place, declared) in of_holders {
                let opened = self.open(place, declared, identities).ok();
                let text = opened.as_ref().and_then(|it| std::str::from_utf8(&it.value).ok());
                if let Some(share) = text.and_then(Share::read) {
                    joined.add_share(share);
                }
            }
            *self.joined.borrow_mut() = Some(joined);
        }
        Ref::map(self.joined.borrow(), |it| it.as_ref().expect("it was made"))
    }

    /// Why nothing opens, where there are shares of a key and too few of them.
    fn too_few(&self, problem: NotOpened, joined: &Identities) -> NotOpened {
        let of_key = joined.shares();
        let names = self.outcome.sealed.thresholds.values();
        let mut named = names.filter_map(|it| {
            let (count, needs) = of_key.get(it.key.as_ref()?.value.as_str())?;
            Some((it.name.to_string(), *count, *needs))
        });
        match (problem, named.next()) {
            (NotOpened::NoKey, Some((recipient, count, needs))) if count < usize::from(needs) => {
                NotOpened::TooFewShares { recipient, count, needs }
            }
            (problem, _) => problem,
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
            let label = self.next_label(&place)?;
            self.seal(label, declared, share.line().as_bytes(), today)?;
        }
        match &recipient.key {
            Some(key) => self.replace(recipient.name.as_str(), key.span, |_, _| format!("\"{public}\"")),
            None => self.replace(recipient.name.as_str(), recipient.name_span, |name, _| {
                format!("{name} key=\"{public}\"")
            }),
        }
    }

    /// What the next value of a secret is.
    fn next_label(&self, place: &Place) -> Result<Label, Failure> {
        let version = self.last_version(place)? + 1;
        if version > Label::LATEST {
            return Err(Failure::Exhausted(named(place)));
        }
        let value = generate::value_id().map_err(|_| Failure::NotSealed(named(place), NotSealed::Failed))?;
        Ok(Label { platform: self.platform.clone(), place: place.clone(), version, value })
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
        let label = self.next_label(place)?;
        self.seal(label, declared, value, today)
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
        let sealed = self.known(place)?.map_or(today, |it| it.sealed);
        self.seal(label, declared, &value, sealed)
    }

    fn seal(&mut self, label: Label, declared: &Declared, value: &[u8], date: Date) -> Result<(), Failure> {
        let place = label.place.clone();
        let split = match place.holder {
            None => None,
            Some(_) => {
                let share = std::str::from_utf8(value).ok().and_then(Share::read);
                let share = share.ok_or_else(|| Failure::NoShare(named(&place)))?;
                Some(Split { key: share.of.clone(), needs: u32::from(share.needs) })
            }
        };
        if place.holder.is_none() {
            self.check_splits()?;
        }
        let recipients = declared.keys.keys().map(AgeKey::as_str);
        let armored = seal::seal(&label, value, recipients);
        let armored = armored.map_err(|it| Failure::NotSealed(named(&place), it))?;
        let entry = Entry {
            label,
            sealed: date,
            digest: envelope::digest(armored.as_bytes()),
            recipients: declared.keys.keys().map(|it| it.as_str().to_owned()).collect(),
            split,
            signature: Signature::default(),
            signer: Err(lock::BadSignature::Malformed),
            span: None,
        };
        self.lock.gone.remove(&place);
        self.lock.entries.insert(place.clone(), entry);
        self.put(&place, declared, armored)
    }

    /// Puts what was sealed where the secret is declared.
    fn put(&mut self, place: &Place, declared: &Declared, armored: String) -> Result<(), Failure> {
        let span = match &declared.secret.sealed {
            Sealed::File { path, .. } | Sealed::Nothing { path } => {
                self.check_place(place, path)?;
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

    /// Refuses to seal for the key of a recipient that is not the one that its holders have shares of: somebody may have put theirs
    /// in its place.
    fn check_splits(&self) -> Result<(), Failure> {
        let none = Lock::default();
        let entries = &self.outcome.lock.as_ref().unwrap_or(&none).entries;
        let sealed = &self.outcome.sealed;
        for (of_recipient, recipient) in &sealed.thresholds {
            let (Some(key), Some(threshold)) = (&recipient.key, &recipient.threshold) else { continue };
            let split = Split { key: key.value.to_string(), needs: threshold.needs };
            for holder in threshold.holders.keys() {
                let place = Place { holder: Some(holder.to_string()), ..of_recipient.clone() };
                let entry = entries.get(&place);
                let is_vouched_for = sealed.places.get(&place).is_some_and(|it| it.is_vouched_for(entry));
                if !is_vouched_for || entry.and_then(|it| it.split.as_ref()) != Some(&split) {
                    return Err(Failure::OtherSplit(recipient.name.to_string()));
                }
            }
        }
        Ok(())
    }

    /// Refuses to seal into a file that is something else, or another secret's: what is there would be lost.
    fn check_place(&self, place: &Place, path: &TreePath) -> Result<(), Failure> {
        let is_other = |(other, it): &(&Place, &Declared)| {
            let theirs = match &it.secret.sealed {
                Sealed::File { path, .. } | Sealed::Nothing { path } => Some(path),
                Sealed::Envelope { .. } | Sealed::Vault(_) => None,
            };
            *other != place && theirs == Some(path)
        };
        if let Some((other, _)) = self.outcome.sealed.places.iter().find(is_other) {
            return Err(Failure::SharedFile(named(place), path.to_string(), named(other)));
        }
        match self.tree.read(path) {
            Ok(bytes) if !bytes.is_empty() && !envelope::begins_like_one(&bytes) => {
                Err(Failure::NotAge(named(place), path.to_string()))
            }
            _ => Ok(()),
        }
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

    /// Takes entries out of the lock: those of what is no longer declared. Their versions stay, so that none of them comes back
    /// with an older one.
    pub fn forget(&mut self, gone: &[&Place]) {
        for place in gone {
            if let Some(entry) = self.lock.entries.remove(*place) {
                let known = self.lock.gone.entry((*place).clone()).or_default();
                *known = entry.label.version.max(*known);
            }
        }
    }

    /// Vouches for what is sealed, where it opens as the secret that it should be: it is sealed anew, for only whoever seals
    /// something knows for whom it is.
    pub fn vouch(
        &mut self,
        place: &Place,
        declared: &Declared,
        identities: &Identities,
        today: Date,
    ) -> Result<(), Failure> {
        let Opened { label, value } = self.open_unvouched(place, declared, identities)?;
        let before = self.known(place)?;
        let is_same = |it: &&Entry| it.label == label;
        let date = before.filter(is_same).map_or(today, |it| it.sealed);
        self.seal(label, declared, &value, date)
    }

    /// Signs the entries that changed, and gives all files with what they say then: sealed values, then the texts of the tree, the
    /// lock file last. Whoever is stopped in between has every value in its file.
    pub fn sign<E: From<Failure>>(
        mut self,
        sign: impl Fn(&Entry) -> Result<Signature, E>,
    ) -> Result<Vec<(TreePath, String)>, E> {
        for entry in self.lock.entries.values_mut().filter(|it| it.span.is_none()) {
            entry.signature = sign(entry)?;
        }
        let applied = edit::apply(&self.outcome.sources, &self.edits);
        if let Some(skipped) = applied.skipped.first() {
            return Err(Failure::Text(skipped.title.clone()).into());
        }
        let mut files: Vec<(TreePath, String)> = self.files.into_iter().collect();
        for (file, text) in applied.texts {
            let path = &self.outcome.sources.file(file).path;
            files.push((TreePath::parse(path).map_err(Failure::Path)?, text));
        }
        let path = TreePath::parse(lock::PATH).expect("a plain name is a path");
        files.push((path, self.lock.text(&self.platform)));
        Ok(files)
    }
}

/// How people call a secret on the command line: `shop/stripe-key`.
fn named(place: &Place) -> String {
    format!("`{place}`")
}
