//! Values that nobody has to think of.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ssh_key::rand_core::{OsRng, RngCore as _};
use zeroize::Zeroizing;

use crate::envelope::label::ValueId;
use crate::language::secret::generator::{Encoding, Generator};
use crate::secret::key::{BadKey, SigningKey};

/// A new value.
#[derive(Debug)]
pub struct Generated {
    /// It.
    pub value: Zeroizing<String>,
    /// What others are to know of it: the public half of a key.
    pub public: Option<String>,
}

/// Makes a value.
///
/// # Errors
///
/// Where the system has no random numbers to give.
pub fn generate(generator: &Generator) -> Result<Generated, BadKey> {
    match generator {
        Generator::Random { bytes, encoding } => {
            let mut random = Zeroizing::new(vec![0; *bytes as usize]);
            OsRng.try_fill_bytes(&mut random).map_err(|_| BadKey::CannotSign)?;
            // All room at once: a text that grows leaves copies of what was in it.
            let mut value = Zeroizing::new(String::with_capacity(random.len() * 2 + 4));
            match encoding {
                Encoding::Base64Url => URL_SAFE_NO_PAD.encode_string(&*random, &mut value),
                Encoding::Base64 => STANDARD.encode_string(&*random, &mut value),
                Encoding::Hex => {
                    for byte in &*random {
                        for digit in [byte >> 4, byte & 15] {
                            value
                                .push(char::from_digit(u32::from(digit), 16).expect("four bits are a digit"));
                        }
                    }
                }
            }
            Ok(Generated { value, public: None })
        }
        Generator::SshEd25519 => {
            let key = SigningKey::generate()?;
            Ok(Generated { value: key.text()?, public: Some(key.public()) })
        }
    }
}

/// What tells a new value from all others.
///
/// # Errors
///
/// As [`generate`].
pub fn value_id() -> Result<ValueId, BadKey> {
    let mut bits = [0; 16];
    OsRng.try_fill_bytes(&mut bits).map_err(|_| BadKey::CannotSign)?;
    Ok(ValueId::of(bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_is_another_and_has_its_length() {
        let random = |encoding| generate(&Generator::Random { bytes: 32, encoding }).unwrap().value;
        assert_eq!(random(Encoding::Base64Url).len(), 43);
        assert_eq!(random(Encoding::Base64).len(), 44);
        let hex = random(Encoding::Hex);
        assert!(hex.len() == 64 && hex.chars().all(|it| it.is_ascii_hexdigit()));
        assert_ne!(random(Encoding::Hex), hex);
    }

    #[test]
    fn a_key_of_ssh_says_what_its_public_half_is() {
        let Generated { value, public } = generate(&Generator::SshEd25519).unwrap();
        assert_eq!(Some(SigningKey::read(&value).unwrap().public()), public);
    }
}
