//! Sealing a value for those who may open it, and opening it again.
//!
//! Both start the plugins of age whose recipients and keys are there: programs that are called `age-plugin-…`, found in `PATH`. A
//! plugin sees the key of the one file that it helps with and the environment as it is, and what it asks is asked by [`Dialog`].
//! What it makes of a file is not taken on trust: one that would open for more keys or for fewer than those it is sealed for is
//! not sealed.

use std::collections::BTreeMap;
use std::io::{BufReader, Read as _, Write as _};

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::plugin::{self, IdentityPluginV1, RecipientPluginV1};
use age::stream::StreamReader;
use age::{DecryptError, EncryptError};
use zeroize::Zeroizing;

use crate::envelope;
use crate::envelope::label::{Label, Place, Unlabelled};
use crate::secret::dialog::Dialog;
use crate::secret::key::{BadKey, Identities};

/// The largest value: what Kubernetes takes as a Secret.
pub const LARGEST: usize = 1 << 20;

/// Why nothing could be sealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSealed {
    /// There is nobody who could open it.
    #[error("nobody is declared who could open it: declare a `recipient`")]
    Nobody,
    /// A recipient is one that age cannot seal for.
    #[error("age cannot seal for `{0}`")]
    Recipient(String),
    /// A recipient is one of a plugin that is not there.
    #[error("{0}")]
    NoPlugin(NoPlugin),
    /// A plugin has sealed nothing.
    #[error("a plugin of age has not sealed it: {0}")]
    Plugin(String),
    /// A plugin has asked something, and nobody was there.
    #[error("a plugin of age asks something, and there is no terminal to answer at: {0}")]
    Unasked(String),
    /// Some of its recipients are not to be together with others.
    #[error(
        "some of its recipients are safe from quantum computers and others are not: together, all of it would not be"
    )]
    MixedQuantum,
    /// The same, for a reason of a plugin's.
    #[error("a plugin of age seals for its own recipients alone, and there are others")]
    Mixed,
    /// It would open for other keys than those that are declared.
    #[error("its plugins have sealed it for {found} keys, and {declared} are declared")]
    Count {
        /// For how many it is sealed.
        found: usize,
        /// How many should be able to open it.
        declared: usize,
    },
    /// It is too large.
    #[error("it has more than {} KiB, which is the most that a Secret of Kubernetes holds", LARGEST >> 10)]
    TooLarge,
    /// The system refused.
    #[error("it could not be sealed")]
    Failed,
}

/// A plugin that is not there, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoPlugin(pub String);

impl std::fmt::Display for NoPlugin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(name) = self;
        write!(formatter, "the program `age-plugin-{name}` is not in `PATH`")?;
        match name.as_str() {
            // The command `age` needs none for these keys, so nobody who has them knows of a plugin.
            "pq" => formatter.write_str(
                ": post-quantum keys need it, and `go install filippo.io/age/extra/age-plugin-pq@latest` makes it",
            ),
            _ => formatter.write_str(": install it"),
        }
    }
}

/// Why something could not be opened. None shows anything of what is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOpened {
    /// No key fits.
    #[error("none of the keys at hand opens it")]
    NoKey,
    /// A key is one of a plugin that is not there.
    #[error("none of the other keys at hand opens it, and {0}")]
    NoPlugin(NoPlugin),
    /// A plugin has not opened it.
    #[error("`age-plugin-{name}` has not opened it: {problem}")]
    Plugin {
        /// The name of the plugin.
        name: String,
        /// What it says.
        problem: String,
    },
    /// A plugin has asked something, and nobody was there.
    #[error("`age-plugin-{name}` asks something, and there is no terminal to answer at: {question}")]
    Unasked {
        /// The name of the plugin.
        name: String,
        /// What it asks.
        question: String,
    },
    /// A key has a pass phrase that cannot be asked for.
    #[error(
        "none of the other keys at hand opens it, and {0} has a pass phrase, which only a terminal asks for"
    )]
    Locked(String),
    /// Nobody has typed the pass phrase of a key.
    #[error("no pass phrase of {0} was typed")]
    NotTyped(String),
    /// What was typed is not the pass phrase of a key.
    #[error("that is not the pass phrase of {0}")]
    WrongPhrase(String),
    /// What is behind the pass phrase is no key.
    #[error("{0} cannot be used: {1}")]
    BadKey(String, BadKey),
    /// It is sealed with a pass phrase.
    #[error("it is sealed with a pass phrase, which one person tells another: seal it for keys")]
    PassPhrase,
    /// It is no age file, or was changed.
    #[error("it is damaged: cut off, or changed after it was sealed")]
    Damaged,
    /// It is too large.
    #[error("its value has more than {} KiB, which is the most that a Secret of Kubernetes holds", LARGEST >> 10)]
    TooLarge,
    /// It does not say what it is.
    #[error(transparent)]
    Unlabelled(#[from] Unlabelled),
    /// There are shares of a key that would open it, and too few.
    #[error(
        "none of the keys at hand opens it, and of the {needs} shares that recipient `{recipient}` needs {count} are there"
    )]
    TooFewShares {
        /// The recipient whose key it is.
        recipient: String,
        /// How many shares there are.
        count: usize,
        /// How many it takes.
        needs: u8,
    },
    /// It was sealed as a secret already.
    #[error("it is sealed as {0} already: `trackside secrets show` opens it there")]
    Labelled(String),
    /// It says that it is something else.
    #[error("it says that it is {0}: it was copied from there")]
    Foreign(String),
}

/// A value and what it says it is.
#[derive(Debug)]
pub struct Opened {
    /// What it is.
    pub label: Label,
    /// The value.
    pub value: Zeroizing<Vec<u8>>,
}

/// Seals a value, armored. Every time the bytes are others.
pub fn seal<'r>(
    label: &Label,
    value: &[u8],
    recipients: impl IntoIterator<Item = &'r str>,
) -> Result<String, NotSealed> {
    if value.len() > LARGEST {
        return Err(NotSealed::TooLarge);
    }
    let texts: Vec<&str> = recipients.into_iter().collect();
    let dialog = Dialog::default();
    let recipients = resolve(&texts, &dialog)?;
    if recipients.is_empty() {
        return Err(NotSealed::Nobody);
    }
    let encryptor = age::Encryptor::with_recipients(recipients.iter().map(AsRef::as_ref));
    let encryptor = encryptor.map_err(|it| NotSealed::of(it, &dialog))?;
    let mut sealed = Vec::new();
    let write = || -> std::io::Result<()> {
        let armor = ArmoredWriter::wrap_output(&mut sealed, Format::AsciiArmor)?;
        let mut writer = encryptor.wrap_output(armor)?;
        writer.write_all(label.header().as_bytes())?;
        writer.write_all(value)?;
        writer.finish()?.finish()?;
        Ok(())
    };
    write().map_err(|_| NotSealed::Failed)?;
    match envelope::check(&sealed) {
        Ok(found) if found == texts.len() => String::from_utf8(sealed).map_err(|_| NotSealed::Failed),
        Ok(found) => Err(NotSealed::Count { found, declared: texts.len() }),
        Err(_) => Err(NotSealed::Failed),
    }
}

/// Who is meant by what stands in the tree. All recipients of a plugin are one to age: it is started once for them.
fn resolve(texts: &[&str], dialog: &Dialog) -> Result<Vec<Box<dyn age::Recipient>>, NotSealed> {
    let mut recipients: Vec<Box<dyn age::Recipient>> = Vec::new();
    let mut plugins: BTreeMap<String, Vec<plugin::Recipient>> = BTreeMap::new();
    for text in texts {
        if let Some(native) = native(text) {
            recipients.push(native);
        } else {
            let recipient: plugin::Recipient =
                text.parse().map_err(|_| NotSealed::Recipient((*text).to_owned()))?;
            plugins.entry(recipient.plugin().to_owned()).or_default().push(recipient);
        }
    }
    for (name, of) in plugins {
        let plugin = RecipientPluginV1::new(&name, &of, &[], dialog.clone());
        recipients.push(Box::new(plugin.map_err(|_| NotSealed::NoPlugin(NoPlugin(name)))?));
    }
    Ok(recipients)
}

/// A recipient that takes no plugin. Those of security keys (`age1tag1…`) are sealed for without one, and opened with one.
fn native(text: &str) -> Option<Box<dyn age::Recipient>> {
    fn read<R: age::Recipient + std::str::FromStr + 'static>(text: &str) -> Option<Box<dyn age::Recipient>> {
        text.parse::<R>().ok().map(|it| Box::new(it) as Box<dyn age::Recipient>)
    }
    match text.rsplit_once('1') {
        _ if text.starts_with("ssh-") => read::<age::ssh::Recipient>(text),
        Some(("age", _)) => read::<age::x25519::Recipient>(text),
        Some(("age1tag", _)) => read::<age::tag::Recipient>(text),
        Some(("age1tagpq", _)) => read::<age::tagpq::Recipient>(text),
        _ => None,
    }
}

impl NotSealed {
    fn of(problem: EncryptError, dialog: &Dialog) -> Self {
        match (problem, dialog.unasked()) {
            (EncryptError::Plugin(_) | EncryptError::Io(_), Some(question)) => Self::Unasked(question),
            (EncryptError::Plugin(problems), None) => Self::Plugin(in_a_line(&problems)),
            (EncryptError::Io(problem), None) => Self::Plugin(died(&problem)),
            (EncryptError::IncompatibleRecipients { l_labels, r_labels }, _) => {
                match l_labels.union(&r_labels).any(|it| it == "postquantum") {
                    true => Self::MixedQuantum,
                    false => Self::Mixed,
                }
            }
            _ => Self::Failed,
        }
    }
}

/// What plugins say, without what would change a terminal.
fn in_a_line(problems: &[impl std::fmt::Display]) -> String {
    let lines = problems.iter().map(ToString::to_string);
    let text: String = lines.collect::<Vec<_>>().join("; ");
    let text: String = text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    // age wraps what it fills in in marks of the direction of writing.
    text.replace(['\u{2068}', '\u{2069}'], "")
}

fn died(problem: &std::io::Error) -> String {
    match problem.kind() {
        std::io::ErrorKind::ConnectionAborted | std::io::ErrorKind::BrokenPipe => {
            "it has ended without an answer; `AGEDEBUG=plugin` shows what it says".to_owned()
        }
        _ => problem.to_string(),
    }
}

/// Opens what is sealed as the secret of a place. What says that it is anything else is refused.
pub fn open(
    sealed: &[u8],
    identities: &Identities,
    platform: &str,
    place: &Place,
) -> Result<Opened, NotOpened> {
    let opened = open_any(sealed, identities)?;
    let Label { platform: of, place: at, version: _, value: _ } = &opened.label;
    match (of == platform, at == place) {
        (true, true) => Ok(opened),
        (true, false) => Err(NotOpened::Foreign(at.to_string())),
        (false, _) => Err(NotOpened::Foreign(format!("{at} of platform `{of}`"))),
    }
}

/// Opens what another program has sealed, without a label. What trackside has sealed is refused: it says whose it is.
pub fn open_foreign(sealed: &[u8], identities: &Identities) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
    let plaintext = decrypt(sealed, identities)?;
    match Label::split(&plaintext) {
        Ok((label, _)) => Err(NotOpened::Labelled(label.place.to_string())),
        Err(Unlabelled::Damaged) => Err(Unlabelled::Damaged.into()),
        Err(Unlabelled::Missing) if plaintext.len() > LARGEST => Err(NotOpened::TooLarge),
        Err(Unlabelled::Missing) => Ok(plaintext),
    }
}

/// Opens what is sealed, whatever it says it is.
pub fn open_any(sealed: &[u8], identities: &Identities) -> Result<Opened, NotOpened> {
    let plaintext = decrypt(sealed, identities)?;
    let (label, value) = Label::split(&plaintext)?;
    if value.len() > LARGEST {
        return Err(NotOpened::TooLarge);
    }
    let value = Zeroizing::new(value.to_vec());
    Ok(Opened { label, value })
}

fn decrypt(sealed: &[u8], identities: &Identities) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
    let reader = unlock(envelope::trimmed(sealed), identities)?;
    // All room at once: a buffer that grows leaves copies of what was in it.
    let most = LARGEST + Label::LONGEST;
    let mut plaintext = Zeroizing::new(Vec::with_capacity(most.min(sealed.len()) + 1));
    reader.take(most as u64 + 1).read_to_end(&mut plaintext).map_err(|_| NotOpened::Damaged)?;
    Ok(plaintext)
}

/// What is in an age file, by the first of the keys that fits: those that need nobody, then those of plugins, then those with a
/// pass phrase.
fn unlock<'s>(sealed: &'s [u8], identities: &Identities) -> Result<Content<'s>, NotOpened> {
    match decryptor(sealed)?.decrypt(identities.own()) {
        Err(DecryptError::NoMatchingKeys) => {}
        Ok(content) => return Ok(content),
        Err(_) => return Err(NotOpened::Damaged),
    }
    let mut problems = Vec::new();
    for (name, of) in identities.plugins() {
        match unlock_by_plugin(sealed, name, of, &identities.dialog) {
            Ok(content) => return Ok(content),
            Err(NotOpened::NoKey) => {}
            Err(problem) => problems.push(problem),
        }
    }
    for locked in identities.locked().filter(|it| it.may_open(sealed)) {
        match locked.unlock(&identities.dialog).and_then(|it| unlock(sealed, it)) {
            Err(NotOpened::NoKey) => {}
            Err(problem) => problems.push(problem),
            Ok(content) => return Ok(content),
        }
    }
    // What was asked last is fresh in mind.
    Err(problems.pop().unwrap_or(NotOpened::NoKey))
}

type Armored<'s> = ArmoredReader<BufReader<&'s [u8]>>;
type Content<'s> = StreamReader<Armored<'s>>;

fn decryptor(sealed: &[u8]) -> Result<age::Decryptor<Armored<'_>>, NotOpened> {
    let decryptor = age::Decryptor::new_buffered(ArmoredReader::new(sealed));
    let decryptor = decryptor.map_err(|_| NotOpened::Damaged)?;
    if decryptor.is_scrypt() { Err(NotOpened::PassPhrase) } else { Ok(decryptor) }
}

fn unlock_by_plugin<'s>(
    sealed: &'s [u8],
    name: &str,
    of: &[plugin::Identity],
    dialog: &Dialog,
) -> Result<Content<'s>, NotOpened> {
    let plugin = IdentityPluginV1::new(name, of, dialog.clone())
        .map_err(|_| NotOpened::NoPlugin(NoPlugin(name.to_owned())))?;
    let content = decryptor(sealed)?.decrypt(std::iter::once(&plugin as &dyn age::Identity));
    let name = name.to_owned();
    content.map_err(|it| match (it, dialog.unasked()) {
        (DecryptError::NoMatchingKeys | DecryptError::Plugin(_) | DecryptError::Io(_), Some(question)) => {
            NotOpened::Unasked { name, question }
        }
        (DecryptError::NoMatchingKeys, None) => NotOpened::NoKey,
        (DecryptError::Plugin(problems), None) => NotOpened::Plugin { name, problem: in_a_line(&problems) },
        (DecryptError::Io(problem), None) => NotOpened::Plugin { name, problem: died(&problem) },
        _ => NotOpened::Damaged,
    })
}
