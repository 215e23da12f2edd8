//! Keys that a pass phrase keeps shut: private keys of SSH, and files of keys that `age -p` has sealed.
//!
//! The pass phrase is asked for when no other key opens what is sealed, and once: what it opened stays open as long as the
//! program runs. A key of SSH says for whom it is, so it is left alone where nothing is sealed for it.

use std::cell::OnceCell;
use std::io::{BufReader, Read as _};

use age::DecryptError;
use age::armor::ArmoredReader;
use age::secrecy::SecretString;
use age::ssh::EncryptedKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::{Digest as _, Sha256};
use ssh_key::PrivateKey;
use zeroize::Zeroizing;

use crate::envelope;
use crate::secret::dialog::Dialog;
use crate::secret::key::{BadKey, Identities};
use crate::secret::seal::NotOpened;

/// A key, or a file of keys, with a pass phrase.
pub(super) struct Locked {
    /// What it is called when it is asked about: ``the key `…` ``.
    named: String,
    shut: Shut,
    opened: OnceCell<Result<Box<Identities>, NotOpened>>,
}

enum Shut {
    Ssh {
        key: Box<EncryptedKey>,
        /// How the stanzas begin that are for it, where that can be known.
        stanza: Option<String>,
    },
    Age(Vec<u8>),
}

/// How often a pass phrase may be wrong.
const ATTEMPTS: usize = 3;

/// The most work that a pass phrase may take, as a power of two: what `age` accepts.
const MOST_WORK: u8 = 22;

/// The largest file of keys.
const MOST_BYTES: usize = 1 << 20;

impl Locked {
    /// A private key of SSH, and the text that holds it.
    pub(super) fn ssh(named: &str, key: EncryptedKey, text: &str) -> Self {
        let stanza = PrivateKey::from_openssh(text).ok().and_then(|it| stanza(it.public_key()));
        Self::new(named, Shut::Ssh { key: Box::new(key), stanza })
    }

    /// A file of keys; `None` where it is sealed for a key, and not with a pass phrase.
    pub(super) fn age(named: &str, bytes: &[u8]) -> Option<Self> {
        let is_with_phrase = decryptor(bytes)?.is_scrypt();
        is_with_phrase.then(|| Self::new(named, Shut::Age(bytes.to_vec())))
    }

    fn new(named: &str, shut: Shut) -> Self {
        Self { named: named.to_owned(), shut, opened: OnceCell::new() }
    }

    /// Whether it may be worth asking for its pass phrase.
    pub(super) fn may_open(&self, sealed: &[u8]) -> bool {
        match &self.shut {
            Shut::Ssh { stanza: Some(stanza), .. } => envelope::has_stanza(sealed, stanza),
            Shut::Ssh { stanza: None, .. } | Shut::Age(_) => true,
        }
    }

    /// What is behind the pass phrase, which is asked for the first time.
    pub(super) fn unlock(&self, dialog: &Dialog) -> Result<&Identities, NotOpened> {
        match self.opened.get_or_init(|| self.ask(dialog).map(Box::new)) {
            Ok(identities) => Ok(identities),
            Err(problem) => Err(problem.clone()),
        }
    }

    fn ask(&self, dialog: &Dialog) -> Result<Identities, NotOpened> {
        let Self { named, .. } = self;
        let opened = dialog.ask_secret(&format!("pass phrase of {named}"), ATTEMPTS, |phrase| {
            match self.open(phrase) {
                Err(BadKey::PassPhrase) => None,
                opened => Some(opened.map_err(|it| NotOpened::BadKey(named.clone(), it))),
            }
        });
        match (opened, dialog.unasked()) {
            (Some(Some(opened)), _) => opened,
            (Some(None), _) => Err(NotOpened::WrongPhrase(named.clone())),
            (None, Some(_)) => Err(NotOpened::Locked(named.clone())),
            (None, None) => Err(NotOpened::NotTyped(named.clone())),
        }
    }

    /// What is behind a pass phrase; [`BadKey::PassPhrase`] where it is another one.
    fn open(&self, phrase: &str) -> Result<Identities, BadKey> {
        // A copy of just its length, so that none is left behind when it becomes one that cannot grow.
        let phrase = SecretString::from(phrase.to_owned());
        match &self.shut {
            Shut::Ssh { key, .. } => {
                let key = key.decrypt(phrase).map_err(|_| BadKey::PassPhrase)?;
                Ok(Identities::of(Box::new(age::ssh::Identity::from(key))))
            }
            Shut::Age(bytes) => {
                let text = decrypt(bytes, phrase)?;
                let mut identities = Identities::default();
                identities.add_open(&text)?;
                Ok(identities)
            }
        }
    }
}

/// How a stanza of age begins that is for a key of SSH: its type, and the first bytes of its digest.
fn stanza(key: &ssh_key::PublicKey) -> Option<String> {
    let blob = key.to_bytes().ok()?;
    let tag = STANDARD_NO_PAD.encode(&Sha256::digest(&blob)[..4]);
    Some(format!("{} {tag}", key.algorithm().as_str()))
}

fn decryptor(bytes: &[u8]) -> Option<age::Decryptor<ArmoredReader<BufReader<&[u8]>>>> {
    age::Decryptor::new_buffered(ArmoredReader::new(envelope::trimmed(bytes))).ok()
}

fn decrypt(bytes: &[u8], phrase: SecretString) -> Result<Zeroizing<String>, BadKey> {
    let mut identity = age::scrypt::Identity::new(phrase);
    identity.set_max_work_factor(MOST_WORK);
    let content = decryptor(bytes).ok_or(BadKey::Damaged)?;
    let content =
        content.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(|it| match it {
            DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => BadKey::PassPhrase,
            DecryptError::ExcessiveWork { .. } => BadKey::Work,
            _ => BadKey::Damaged,
        })?;
    // All room at once: a text that grows leaves copies of what was in it.
    let mut text = Zeroizing::new(String::with_capacity(MOST_BYTES.min(bytes.len()) + 1));
    content.take(MOST_BYTES as u64).read_to_string(&mut text).map_err(|_| BadKey::Damaged)?;
    Ok(text)
}
