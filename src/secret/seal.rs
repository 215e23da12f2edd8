//! Sealing a value for those who may open it, and opening it again.

use std::io::{Read as _, Write as _};

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use zeroize::Zeroizing;

use crate::envelope::label::{Label, Place, Unlabelled};
use crate::secret::key::Identities;

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
    /// It is too large.
    #[error("it has more than {} KiB, which is the most that a Secret of Kubernetes holds", LARGEST >> 10)]
    TooLarge,
    /// The system refused.
    #[error("it could not be sealed")]
    Failed,
}

/// Why something could not be opened. None shows anything of what is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOpened {
    /// No key fits.
    #[error("none of the keys at hand opens it")]
    NoKey,
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
    let recipients: Vec<Box<dyn age::Recipient>> =
        recipients.into_iter().map(recipient).collect::<Result<_, _>>()?;
    if recipients.is_empty() {
        return Err(NotSealed::Nobody);
    }
    let encryptor = age::Encryptor::with_recipients(recipients.iter().map(AsRef::as_ref));
    let encryptor = encryptor.map_err(|_| NotSealed::Failed)?;
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
    String::from_utf8(sealed).map_err(|_| NotSealed::Failed)
}

fn recipient(text: &str) -> Result<Box<dyn age::Recipient>, NotSealed> {
    let unknown = || NotSealed::Recipient(text.to_owned());
    if text.starts_with("ssh-") {
        let recipient: age::ssh::Recipient = text.parse().map_err(|_| unknown())?;
        return Ok(Box::new(recipient));
    }
    let recipient: age::x25519::Recipient = text.parse().map_err(|_| unknown())?;
    Ok(Box::new(recipient))
}

/// Opens what is sealed as the secret of a place. What says that it is anything else is refused.
pub fn open(
    sealed: &[u8],
    identities: &Identities,
    platform: &str,
    place: &Place,
) -> Result<Opened, NotOpened> {
    let opened = open_any(sealed, identities)?;
    let Label { platform: of, place: at, version: _ } = &opened.label;
    match (of == platform, at == place) {
        (true, true) => Ok(opened),
        (true, false) => Err(NotOpened::Foreign(at.to_string())),
        (false, _) => Err(NotOpened::Foreign(format!("{at} of platform `{of}`"))),
    }
}

/// Opens what is sealed, whatever it says it is.
pub fn open_any(sealed: &[u8], identities: &Identities) -> Result<Opened, NotOpened> {
    let decryptor = age::Decryptor::new_buffered(ArmoredReader::new(trimmed(sealed)));
    let decryptor = decryptor.map_err(|_| NotOpened::Damaged)?;
    if decryptor.is_scrypt() {
        return Err(NotOpened::PassPhrase);
    }
    let reader = decryptor.decrypt(identities.all()).map_err(|it| match it {
        age::DecryptError::NoMatchingKeys => NotOpened::NoKey,
        _ => NotOpened::Damaged,
    })?;
    // All room at once: a buffer that grows leaves copies of what was in it.
    let most = LARGEST + Label::LONGEST;
    let mut plaintext = Zeroizing::new(Vec::with_capacity(most.min(sealed.len()) + 1));
    reader.take(most as u64 + 1).read_to_end(&mut plaintext).map_err(|_| NotOpened::Damaged)?;
    let (label, value) = Label::split(&plaintext)?;
    if value.len() > LARGEST {
        return Err(NotOpened::TooLarge);
    }
    let value = Zeroizing::new(value.to_vec());
    Ok(Opened { label, value })
}

/// Editors leave a line break at the end of an armored file, and a text in KDL has none.
fn trimmed(sealed: &[u8]) -> &[u8] {
    match sealed.starts_with(b"age-encryption.org/") {
        true => sealed,
        false => sealed.trim_ascii(),
    }
}
