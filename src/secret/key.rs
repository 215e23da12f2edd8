//! Secret keys: those that open what is sealed, and those that sign for it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ssh_key::rand_core::OsRng;
use ssh_key::{Algorithm, HashAlg, LineEnding, PrivateKey};
use zeroize::Zeroizing;

use crate::envelope::lock::{self, Signature};

/// Why a text has no key that could be used. None shows the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// It is something else.
    #[error("it holds no key: a line with `AGE-SECRET-KEY-1…`, or a private key of SSH")]
    None,
    /// A line of it is no key.
    #[error("one of its lines is no key of age")]
    Damaged,
    /// It is a key of a plugin.
    #[error("it is a key of a plugin of age, and those are not asked yet")]
    Plugin,
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
pub struct Identities(Vec<Box<dyn age::Identity>>);

impl std::fmt::Debug for Identities {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Identities({})", self.0.len())
    }
}

impl Identities {
    /// Takes in the keys of a text: lines with keys of age, comments and empty lines, or a private key of SSH.
    pub fn add(&mut self, text: &str) -> Result<(), BadKey> {
        if text.contains("PRIVATE KEY-----") {
            return match age::ssh::Identity::from_buffer(text.as_bytes(), None) {
                Ok(age::ssh::Identity::Encrypted(_)) => Err(BadKey::PassPhrase),
                Ok(age::ssh::Identity::Unsupported(_)) => Err(BadKey::Unsupported),
                Ok(identity @ age::ssh::Identity::Unencrypted(_)) => {
                    self.0.push(Box::new(identity));
                    Ok(())
                }
                Err(_) => Err(BadKey::Damaged),
            };
        }
        let lines = text.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#'));
        let before = self.0.len();
        for line in lines {
            if line.starts_with("AGE-PLUGIN-") {
                return Err(BadKey::Plugin);
            }
            let identity: age::x25519::Identity = line.parse().map_err(|_| BadKey::Damaged)?;
            self.0.push(Box::new(identity));
        }
        if self.0.len() == before { Err(BadKey::None) } else { Ok(()) }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &dyn age::Identity> {
        self.0.iter().map(AsRef::as_ref)
    }
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

/// Something that nobody guesses: 32 random bytes in base64 without padding, safe in addresses and shells.
pub fn random_value() -> Zeroizing<String> {
    use ssh_key::rand_core::RngCore as _;
    let mut bytes = Zeroizing::new([0; 32]);
    OsRng.fill_bytes(&mut *bytes);
    let text = Zeroizing::new(STANDARD.encode(*bytes));
    Zeroizing::new(text.trim_end_matches('=').replace('+', "-").replace('/', "_"))
}
