//! Secret keys: those that open what is sealed, and those that sign for it.

use std::collections::BTreeMap;

use age::plugin;
use age::ssh::UnsupportedKey;
use ssh_key::rand_core::OsRng;
use ssh_key::{Algorithm, HashAlg, LineEnding, PrivateKey};
use zeroize::Zeroizing;

use crate::envelope;
use crate::envelope::lock::{self, Signature};
use crate::language::value::bech32;
use crate::secret::dialog::Dialog;
use crate::secret::locked::Locked;
use crate::secret::share::{self, Share};

/// Why a text has no key that could be used. None shows the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// It is something else.
    #[error("it holds no key: a line with `AGE-SECRET-KEY-1…`, or a private key of SSH")]
    None,
    /// A line of it is no key.
    #[error("one of its lines is no key of age")]
    Damaged,
    /// A line of it is no share.
    #[error("one of its lines is no share of a key")]
    DamagedShare,
    /// It is an age file, and no pass phrase opens it.
    #[error("it is sealed for another key, and not with a pass phrase")]
    Sealed,
    /// It has a pass phrase of too much work.
    #[error("its pass phrase takes more work than `age` itself would do")]
    Work,
    /// It is a private key of SSH in a form that is not to be kept.
    #[error(
        "its pass phrase is kept in the old way of OpenSSH: `ssh-keygen -p` with it keeps it in the new one"
    )]
    OldForm,
    /// It is a private key of SSH, encrypted in a way that age does not know.
    #[error(
        "it is encrypted in a way that age does not know: `ssh-keygen -p -Z aes256-ctr` with it changes that"
    )]
    Cipher,
    /// It is a private key of SSH, with a pass phrase.
    #[error("it has a pass phrase")]
    PassPhrase,
    /// It is a private key of SSH that age cannot open anything with.
    #[error("age opens nothing with a key of this type: only with Ed25519 and RSA")]
    Unsupported,
    /// It is no private key of SSH, where one is needed.
    #[error("it is no private key of SSH")]
    NotSsh,
    /// Nothing can be signed with it here.
    #[error(
        "nothing can be signed with a key of this type without its device: name its `.pub` file, and `ssh-keygen` asks for it"
    )]
    CannotSign,
}

/// Keys that open what is sealed to them.
#[derive(Default)]
pub struct Identities {
    own: Vec<Box<dyn age::Identity>>,
    /// Those of plugins, by the name of the plugin.
    plugins: BTreeMap<String, Vec<plugin::Identity>>,
    shares: Vec<Share>,
    /// Those with a pass phrase.
    locked: Vec<Locked>,
    pub(super) dialog: Dialog,
}

impl std::fmt::Debug for Identities {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { own, plugins, shares, locked, dialog: _ } = self;
        formatter
            .debug_struct("Identities")
            .field("own", &own.len())
            .field("plugins", &plugins.keys())
            .field("shares", shares)
            .field("locked", &locked.len())
            .finish()
    }
}

impl Identities {
    /// A key alone.
    pub(super) fn of(key: Box<dyn age::Identity>) -> Self {
        Self { own: vec![key], ..Self::default() }
    }

    /// Takes in the keys of a text: lines with keys of age and its plugins, comments and empty lines, or a private key of SSH.
    pub fn add(&mut self, text: &str) -> Result<(), BadKey> {
        self.add_file("the key", text.as_bytes())
    }

    /// Takes in the keys of a file, which may have a pass phrase. No plugin is started, and nothing is asked before it is needed;
    /// then the file is called as it is here.
    pub fn add_file(&mut self, named: &str, bytes: &[u8]) -> Result<(), BadKey> {
        if envelope::check(bytes).is_ok() {
            self.locked.push(Locked::age(named, bytes).ok_or(BadKey::Sealed)?);
            return Ok(());
        }
        let text = std::str::from_utf8(bytes).map_err(|_| BadKey::None)?;
        if !text.contains("PRIVATE KEY-----") {
            return self.add_open(text);
        }
        match age::ssh::Identity::from_buffer(bytes, None) {
            Ok(age::ssh::Identity::Encrypted(key)) => self.locked.push(Locked::ssh(named, key, text)),
            Ok(identity @ age::ssh::Identity::Unencrypted(_)) => self.own.push(Box::new(identity)),
            Ok(age::ssh::Identity::Unsupported(problem)) => {
                return Err(match problem {
                    UnsupportedKey::EncryptedPem => BadKey::OldForm,
                    UnsupportedKey::EncryptedSsh(_) => BadKey::Cipher,
                    UnsupportedKey::Hardware(_) | UnsupportedKey::Type(_) => BadKey::Unsupported,
                });
            }
            Err(_) => return Err(BadKey::Damaged),
        }
        Ok(())
    }

    /// Takes in lines with keys of age and its plugins.
    pub(super) fn add_open(&mut self, text: &str) -> Result<(), BadKey> {
        let lines = text.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#'));
        let mut is_empty = true;
        for line in lines {
            match line.starts_with(share::PREFIX) {
                true => self.add_share(Share::read(line).ok_or(BadKey::DamagedShare)?),
                false => self.add_line(line).ok_or(BadKey::Damaged)?,
            }
            is_empty = false;
        }
        if is_empty { Err(BadKey::None) } else { Ok(()) }
    }

    /// Takes in a share of a key: the one that completes a key makes that key.
    pub fn add_share(&mut self, share: Share) {
        if self.shares.iter().any(|it| it.of == share.of && it.number() == share.number()) {
            return;
        }
        self.shares.push(share);
        let of = self.shares[self.shares.len() - 1].of.clone();
        let of_key: Vec<&Share> = self.shares.iter().filter(|it| it.of == of).collect();
        let identity = share::join(&of_key, |it| {
            // Whoever changed a share has made another key of it, or none.
            let identity = it.parse::<age::x25519::Identity>().ok()?;
            (identity.to_public().to_string() == of).then_some(identity)
        });
        if let Some(identity) = identity {
            self.own.push(Box::new(identity));
        }
    }

    /// The shares that were given as such.
    pub(super) fn all_shares(&self) -> impl Iterator<Item = &Share> {
        self.shares.iter()
    }

    /// The public keys of which there are shares, and how many there are and are needed.
    pub fn shares(&self) -> BTreeMap<&str, (usize, u8)> {
        let mut of_key: BTreeMap<&str, (usize, u8)> = BTreeMap::new();
        for share in &self.shares {
            of_key.entry(&share.of).or_insert((0, share.needs)).0 += 1;
        }
        of_key
    }

    fn add_line(&mut self, line: &str) -> Option<()> {
        let plugin = match line.strip_prefix("AGE-SECRET-KEY-PQ-1") {
            Some(data) => Some(for_plugin(data)?),
            None => line.starts_with("AGE-PLUGIN-").then(|| Zeroizing::new(line.to_owned())),
        };
        match plugin {
            Some(text) => {
                let identity: plugin::Identity = text.parse().ok()?;
                self.plugins.entry(identity.plugin().to_owned()).or_default().push(identity);
            }
            None => self.own.push(Box::new(line.parse::<age::x25519::Identity>().ok()?)),
        }
        Some(())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.own.is_empty() && self.plugins.is_empty() && self.locked.is_empty() && self.shares.is_empty()
    }

    /// Without those for which somebody would be asked, or another program started.
    #[must_use]
    pub fn that_need_nobody(self) -> Self {
        Self { plugins: BTreeMap::new(), locked: Vec::new(), ..self }
    }

    /// Those that need nobody and no other program.
    pub(super) fn own(&self) -> impl Iterator<Item = &dyn age::Identity> {
        self.own.iter().map(AsRef::as_ref)
    }

    /// Those of plugins, all of one plugin together: it is started once for them.
    pub(super) fn plugins(&self) -> impl Iterator<Item = (&str, &[plugin::Identity])> {
        self.plugins.iter().map(|(name, identities)| (name.as_str(), identities.as_slice()))
    }

    /// Those that need somebody at the terminal.
    pub(super) fn locked(&self) -> impl Iterator<Item = &Locked> {
        self.locked.iter()
    }
}

/// A post-quantum key of age, as its plugin takes it: the same data with another word before it.
fn for_plugin(data: &str) -> Option<Zeroizing<String>> {
    let small = Zeroizing::new(data.to_ascii_lowercase());
    let digits = Zeroizing::new(bech32::decode("age-secret-key-pq-", &small).ok()?);
    let mut text = Zeroizing::new(bech32::encode("age-plugin-pq-", &digits));
    text.make_ascii_uppercase();
    Some(text)
}

/// A key of age that nobody else has.
#[derive(Debug)]
pub struct NewIdentity {
    /// The public key, to be `reads-with` of somebody.
    pub public: String,
    /// The secret one, as a file holds it.
    pub secret: Zeroizing<String>,
}

impl NewIdentity {
    /// Makes one.
    pub fn generate() -> Self {
        use age::secrecy::ExposeSecret as _;
        let identity = age::x25519::Identity::generate();
        let public = identity.to_public().to_string();
        let secret =
            Zeroizing::new(format!("# public key: {public}\n{}\n", identity.to_string().expose_secret()));
        Self { public, secret }
    }

    /// Makes one that nobody has alone: its public key, and its shares.
    pub fn generate_split(needs: u8, count: u8) -> (String, Vec<Share>) {
        use age::secrecy::ExposeSecret as _;
        let identity = age::x25519::Identity::generate();
        let public = identity.to_public().to_string();
        let shares = share::split(identity.to_string().expose_secret(), &public, needs, count);
        (public, shares)
    }
}

/// A key that signs for what is sealed.
#[derive(Debug)]
pub struct SigningKey(PrivateKey);

impl SigningKey {
    /// Makes one that nobody else has.
    pub fn generate() -> Result<Self, BadKey> {
        PrivateKey::random(&mut OsRng, Algorithm::Ed25519).map(Self).map_err(|_| BadKey::CannotSign)
    }

    /// Reads a private key as OpenSSH writes it.
    pub fn read(text: &str) -> Result<Self, BadKey> {
        let key = PrivateKey::from_openssh(text).map_err(|_| BadKey::NotSsh)?;
        if key.is_encrypted() {
            return Err(BadKey::PassPhrase);
        }
        Ok(Self(key))
    }

    /// The file that holds it.
    pub fn text(&self) -> Result<Zeroizing<String>, BadKey> {
        self.0.to_openssh(LineEnding::LF).map_err(|_| BadKey::CannotSign)
    }

    /// The public key, as in a `.pub` file without its comment.
    pub fn public(&self) -> String {
        let mut key = self.0.public_key().clone();
        key.set_comment("");
        key.to_openssh().unwrap_or_default()
    }

    /// Signs the statement of an entry.
    pub fn sign(&self, statement: &str) -> Result<Signature, BadKey> {
        let signature = self.0.sign(lock::NAMESPACE, HashAlg::Sha512, statement.as_bytes());
        let signature = signature.and_then(|it| it.to_pem(LineEnding::LF)).map_err(|_| BadKey::CannotSign)?;
        Signature::of_pem(&signature).ok_or(BadKey::CannotSign)
    }
}

/// The public key of a text that holds a private one which cannot be used as it is, or the public one alone.
pub fn public_of(text: &str) -> Option<String> {
    let private = PrivateKey::from_openssh(text).ok().map(|it| it.public_key().clone());
    let mut key = private.or_else(|| ssh_key::PublicKey::from_openssh(text.trim()).ok())?;
    key.set_comment("");
    key.to_openssh().ok()
}
