//! Whose signature it is: the SSHSIG of an entry, verified as `ssh-keygen -Y verify` does and never more leniently.
//!
//! Almost every signature is of Ed25519, and a lock of thousands has a handful of signers. So the one form that such a signature has
//! is read without copies, and what a key is good for is worked out once: for one that signed hundreds, a table of its multiples,
//! with which a signature takes half of the arithmetic. Any other form takes the longer way, through [`ssh_key`]. Each signature is
//! verified by itself and to the last bit: a batch would accept some that `ssh-keygen` refuses, made by whoever has the key.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use curve25519_dalek::edwards::{EdwardsBasepointTable, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::BasepointTable as _;
use ed25519_dalek::{Verifier as _, VerifyingKey};
use rayon::prelude::*;
use sha2::{Digest as _, Sha512};
use ssh_key::{LineEnding, PublicKey, SshSig};

use crate::envelope::lock::{BadSignature, Entry, NAMESPACE, Signature};

/// Says of each entry whose signature it has.
pub(super) fn verify<'e>(entries: impl Iterator<Item = &'e mut Entry>) {
    let mut signed: Vec<(&mut Entry, Option<Ed25519>)> = entries
        .map(|it| {
            let signature = Ed25519::of(&it.signature);
            (it, signature)
        })
        .collect();
    let signers = Signers::of(signed.iter().filter_map(|(_, it)| it.as_ref()));
    signed.par_iter_mut().for_each(|(entry, signature)| {
        let statement = entry.statement();
        entry.signer = match signature {
            Some(signature) => signers.verify(signature, &statement),
            None => of_any_type(&entry.signature, &statement),
        };
    });
}

/// The Ed25519 keys that signed something.
struct Signers(BTreeMap<[u8; 32], Signer>);

struct Signer {
    /// As in a `.pub` file.
    text: String,
    key: Key,
}

/// What a signature is held against.
enum Key {
    /// The bytes are no point of the curve.
    None,
    /// The key of a few signatures.
    Few(VerifyingKey),
    /// That of many: the multiples of its negative.
    Many(Box<EdwardsBasepointTable>),
}

/// From how many signatures of a key on a table of its multiples is worth the millisecond that it takes.
const MANY: usize = 256;

impl Signers {
    fn of<'s>(signatures: impl Iterator<Item = &'s Ed25519>) -> Self {
        let mut counts: BTreeMap<[u8; 32], usize> = BTreeMap::new();
        for signature in signatures {
            *counts.entry(signature.key).or_default() += 1;
        }
        Self(counts.into_par_iter().map(|(key, count)| (key, Signer::of(&key, count))).collect())
    }

    fn verify(&self, signature: &Ed25519, statement: &str) -> Result<String, BadSignature> {
        let signer = self.0.get(&signature.key).ok_or(BadSignature::Mismatch)?;
        let signed = [SIGNED, &Sha512::digest(statement)].concat();
        match signer.key.has_signed(signature, &signed) {
            true => Ok(signer.text.clone()),
            false => Err(BadSignature::Mismatch),
        }
    }
}

impl Signer {
    fn of(key: &[u8; 32], count: usize) -> Self {
        let text = format!("ssh-ed25519 {}", STANDARD.encode([KEY, key].concat()));
        let key = match VerifyingKey::from_bytes(key) {
            Err(_) => Key::None,
            Ok(key) if count < MANY => Key::Few(key),
            Ok(key) => Key::Many(Box::new(EdwardsBasepointTable::create(&-key.to_edwards()))),
        };
        Self { text, key }
    }
}

impl Key {
    fn has_signed(&self, signature: &Ed25519, message: &[u8]) -> bool {
        match self {
            Self::None => false,
            Self::Few(key) => {
                key.verify(message, &ed25519_dalek::Signature::from_bytes(&signature.signature)).is_ok()
            }
            Self::Many(multiples) => has_signed(multiples, signature, message),
        }
    }
}

/// RFC 8032, 5.1.7, as OpenSSH and [`ed25519_dalek`] read it: `S` is less than the order, and `SB - kA` is `R` to the byte.
fn has_signed(multiples: &EdwardsBasepointTable, signature: &Ed25519, message: &[u8]) -> bool {
    let Ed25519 { key, signature } = signature;
    let (first, second) = signature.split_at(32);
    let second: [u8; 32] = second.try_into().expect("64 bytes are two times 32");
    let Some(response) = Option::<Scalar>::from(Scalar::from_canonical_bytes(second)) else {
        return false;
    };
    let challenge = Sha512::new().chain_update(first).chain_update(key).chain_update(message).finalize();
    let challenge = Scalar::from_bytes_mod_order_wide(&challenge.into());
    let commitment = EdwardsPoint::mul_base(&response) + multiples * &challenge;
    commitment.compress().as_bytes() == first
}

/// What a signature of the usual form has in it.
struct Ed25519 {
    key: [u8; 32],
    signature: [u8; 64],
}

/// What stands before the bytes of a key.
const KEY: &[u8] = b"\0\0\0\x0bssh-ed25519\0\0\0\x20";
/// What stands before a key: the version, and the length of the key.
const BEFORE_KEY: &[u8] = b"SSHSIG\0\0\0\x01\0\0\0\x33";
/// What stands between the key and the signature: namespace, nothing reserved, hash, and lengths.
const BEFORE_SIGNATURE: &[u8] =
    b"\0\0\0\x0etrackside-lock\0\0\0\0\0\0\0\x06sha512\0\0\0\x53\0\0\0\x0bssh-ed25519\0\0\0\x40";
/// What is signed begins with this, and is the hash of the statement then.
const SIGNED: &[u8] = b"SSHSIG\0\0\0\x0etrackside-lock\0\0\0\0\0\0\0\x06sha512\0\0\0\x40";

impl Ed25519 {
    /// That of an SSHSIG; `None` where it has any other form.
    fn of(signature: &Signature) -> Option<Self> {
        let blob = STANDARD.decode(signature.as_base64()).ok()?;
        let rest = blob.strip_prefix(BEFORE_KEY)?.strip_prefix(KEY)?;
        let (key, rest) = rest.split_first_chunk()?;
        let signature = rest.strip_prefix(BEFORE_SIGNATURE)?;
        Some(Self { key: *key, signature: signature.try_into().ok()? })
    }
}

fn of_any_type(written: &Signature, statement: &str) -> Result<String, BadSignature> {
    let signature = SshSig::from_pem(written.pem()).map_err(|_| BadSignature::Malformed)?;
    // Lengths that lead past the end are read as if they fitted, and `ssh-keygen` refuses them.
    let again = signature.to_pem(LineEnding::LF).ok().and_then(|it| Signature::of_pem(&it));
    if again.as_ref() != Some(written) {
        return Err(BadSignature::Malformed);
    }
    let key = PublicKey::from(signature.public_key().clone());
    if signature.namespace() != NAMESPACE {
        return Err(BadSignature::Namespace);
    }
    // `ssh-keygen` verifies as if nothing were there, so what is there is signed for here alone.
    if !signature.reserved().is_empty() {
        return Err(BadSignature::Malformed);
    }
    key.verify(NAMESPACE, statement.as_bytes(), &signature).map_err(|_| BadSignature::Mismatch)?;
    key.to_openssh().map_err(|_| BadSignature::Malformed)
}

#[cfg(test)]
mod tests {
    use ssh_key::rand_core::OsRng;
    use ssh_key::{Algorithm, HashAlg, PrivateKey};

    use super::*;

    const STATEMENT: &str = "trackside-lock v1\n";

    fn signed(key: &PrivateKey, namespace: &str, hash: HashAlg) -> Vec<u8> {
        let signature = key.sign(namespace, hash, STATEMENT.as_bytes()).expect("it can sign");
        let pem = signature.to_pem(LineEnding::LF).expect("it is written");
        STANDARD.decode(Signature::of_pem(&pem).expect("it is one").as_base64()).expect("it is base64")
    }

    /// Verifies it as the one of its signer, as one of many, and the long way, which all say the same or fail.
    fn verify(blob: &[u8], statement: &str) -> Result<String, BadSignature> {
        let signature = Signature::of_blob(blob);
        let long = of_any_type(&signature, statement);
        if let Some(short) = Ed25519::of(&signature) {
            for count in [1, MANY] {
                let signers = Signers(BTreeMap::from([(short.key, Signer::of(&short.key, count))]));
                assert_eq!(signers.verify(&short, statement), long, "{count} signatures of {blob:?}");
            }
        }
        long
    }

    #[test]
    fn both_ways_agree_on_every_byte_of_a_signature() {
        let key = PrivateKey::random(&mut OsRng, Algorithm::Ed25519).expect("a key can be made");
        let mut public = key.public_key().clone();
        public.set_comment("");
        let public = public.to_openssh().expect("it is written");
        let blob = signed(&key, NAMESPACE, HashAlg::Sha512);
        assert!(Ed25519::of(&Signature::of_blob(&blob)).is_some(), "it has the usual form");
        assert_eq!(verify(&blob, STATEMENT), Ok(public));
        assert_eq!(verify(&blob, "something else"), Err(BadSignature::Mismatch));
        for at in 0..blob.len() {
            for bit in 0..8 {
                let mut other = blob.clone();
                other[at] ^= 1 << bit;
                // Of all bits, one says nothing: a version before the first is taken for the first, by `ssh-keygen` as well.
                let is_version = (at, bit) == (9, 0);
                assert_eq!(verify(&other, STATEMENT).is_ok(), is_version, "byte {at}, bit {bit}");
            }
            assert!(verify(&blob[..at], STATEMENT).is_err(), "cut off at {at}");
        }
        assert!(verify(&[&blob[..], b"\0"].concat(), STATEMENT).is_err(), "something stands behind it");
    }

    #[test]
    fn a_signature_that_was_made_otherwise_is_verified_or_refused() {
        let key = PrivateKey::random(&mut OsRng, Algorithm::Ed25519).expect("a key can be made");
        assert!(verify(&signed(&key, NAMESPACE, HashAlg::Sha256), STATEMENT).is_ok());
        let other = verify(&signed(&key, "git", HashAlg::Sha512), STATEMENT);
        assert_eq!(other, Err(BadSignature::Namespace));
        let p256 = Algorithm::Ecdsa { curve: ssh_key::EcdsaCurve::NistP256 };
        let key = PrivateKey::random(&mut OsRng, p256).expect("a key can be made");
        assert!(verify(&signed(&key, NAMESPACE, HashAlg::Sha512), STATEMENT).is_ok());
    }

    /// Signatures over points of small order, where the ways to verify Ed25519 differ: any key, any first half, and a second half
    /// that fits in the one way or the other.
    #[test]
    fn points_of_small_order_are_taken_as_ed25519_dalek_takes_them() {
        use curve25519_dalek::constants::EIGHT_TORSION;
        let template = signed(
            &PrivateKey::random(&mut OsRng, Algorithm::Ed25519).expect("a key can be made"),
            NAMESPACE,
            HashAlg::Sha512,
        );
        let key_at = BEFORE_KEY.len() + KEY.len();
        let signature_at = template.len() - 64;
        let secret = Scalar::from(7_u8);
        let mut accepted = 0;
        for (torsion, other) in
            EIGHT_TORSION.iter().flat_map(|it| EIGHT_TORSION.iter().map(move |other| (it, other)))
        {
            for base in [EdwardsPoint::mul_base(&secret), EdwardsPoint::default()] {
                let key = (base + torsion).compress();
                let first = (EdwardsPoint::mul_base(&secret) + other).compress();
                let message = [SIGNED, &Sha512::digest(STATEMENT)].concat();
                let hash = Sha512::new().chain_update(first.as_bytes()).chain_update(key.as_bytes());
                let challenge =
                    Scalar::from_bytes_mod_order_wide(&hash.chain_update(message).finalize().into());
                let factor = if base == EdwardsPoint::default() { Scalar::ZERO } else { secret };
                let mut blob = template.clone();
                blob[key_at..key_at + 32].copy_from_slice(key.as_bytes());
                blob[signature_at..signature_at + 32].copy_from_slice(first.as_bytes());
                blob[signature_at + 32..].copy_from_slice((secret + challenge * factor).as_bytes());
                accepted += usize::from(verify(&blob, STATEMENT).is_ok());
            }
        }
        assert!((1..128).contains(&accepted), "some fit and some do not: {accepted}");
    }

    #[test]
    fn the_same_signature_with_a_larger_number_in_it_is_none() {
        // The order of the group, which may be added to the second half: the equation stays true.
        const ORDER: [u8; 32] = [
            0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
        ];
        let key = PrivateKey::random(&mut OsRng, Algorithm::Ed25519).expect("a key can be made");
        let mut blob = signed(&key, NAMESPACE, HashAlg::Sha512);
        let half = blob.len() - 32;
        let mut carry = 0;
        for (byte, order) in blob[half..].iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(order) + carry;
            *byte = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
        assert_eq!(verify(&blob, STATEMENT), Err(BadSignature::Mismatch));
    }
}
