//! Recipients of age: who can open what is sealed.

use std::sync::Arc;

use crate::language::value::curve;
use crate::language::value::refusal::quote;
use crate::language::value::ssh_key::{SshKey, SshKeyKind, refuse_private};
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

/// A recipient of age: `age1…`, or an SSH key (Ed25519 or RSA).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgeKey(Arc<str>);

texts!(AgeKey);

const LONGEST: usize = 4000;
const PREFIX: &str = "age";

impl Parse for AgeKey {
    const FORM: Form = Form {
        name: "age recipient",
        expects: "what `age-keygen` prints as the public key, or an Ed25519 or RSA key of SSH",
        example: "\"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| it.mend(&text.trim().to_ascii_lowercase(), Self::read))
    }
}

impl AgeKey {
    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        refuse_private(text)?;
        form.within(text, LONGEST)?;
        if text.starts_with("ssh-") || text.contains(' ') {
            let key = SshKey::read(text)?;
            return match key.kind() {
                SshKeyKind::Ed25519 | SshKeyKind::Rsa => Ok(Self(key.as_str().into())),
                _ => Err(form.refuse("age opens nothing with keys of this type: only with Ed25519 and RSA")),
            };
        }
        let point = decode(text).map_err(|it| form.refuse(it))?;
        if curve::is_weak_montgomery(&point) {
            return Err(form.refuse("the recipient is one for which everybody can open what is sealed"));
        }
        Ok(Self(Arc::from(text)))
    }
}

/// The 32 bytes of an X25519 recipient, out of its Bech32 (BIP 173).
fn decode(text: &str) -> Result<[u8; 32], String> {
    let Some((prefix, data)) = text.rsplit_once('1') else {
        return Err(format!("{} is no recipient: those of age start with `age1`", quote(text)));
    };
    if prefix != PREFIX {
        return Err(match prefix.starts_with("age1") || prefix.eq_ignore_ascii_case(PREFIX) {
            true if prefix == "age1pq" => format!("{} is a post-quantum recipient, which not all programs that open it know yet", quote(text)),
            true if prefix.starts_with("age1") => format!("{} is the recipient of a plugin, which not everybody has", quote(text)),
            true => format!("{} has capitals", quote(text)),
            false => format!("{} is no recipient: those of age start with `age1`", quote(text)),
        });
    }
    let mut digits = Vec::with_capacity(data.len());
    for it in data.chars() {
        let digit = u8::try_from(it).ok().and_then(|it| CHARSET.iter().position(|digit| *digit == it));
        let Some(digit) = digit.and_then(|it| u8::try_from(it).ok()) else {
            return Err(format!("{} has a character that no recipient has", quote(text)));
        };
        digits.push(digit);
    }
    let expanded = PREFIX.bytes().map(|it| it >> 5).chain([0]).chain(PREFIX.bytes().map(|it| it & 31));
    if checksum(expanded.chain(digits.iter().copied())) != 1 {
        return Err(format!("{} is not whole: its checksum does not fit", quote(text)));
    }
    let digits = digits.len().checked_sub(CHECKSUM).map_or(&[][..], |end| &digits[..end]);
    let malformed = || format!("{} holds no key of 32 bytes", quote(text));
    bytes(digits).and_then(|it| it.try_into().ok()).ok_or_else(malformed)
}

const CHARSET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
/// The digits of the checksum.
const CHECKSUM: usize = 6;

fn checksum(digits: impl Iterator<Item = u8>) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    digits.fold(1, |sum, digit| {
        let shifted = (sum & 0x01ff_ffff) << 5 ^ u32::from(digit);
        let top = sum >> 25;
        GENERATOR.iter().enumerate().filter(|(at, _)| top >> at & 1 == 1).fold(shifted, |sum, (_, it)| sum ^ it)
    })
}

/// Digits of five bits as bytes; `None` where bits are left over that are not zero.
fn bytes(digits: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(digits.len() * 5 / 8);
    let (mut held, mut count) = (0_u32, 0);
    for digit in digits {
        held = held << 5 | u32::from(*digit);
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(held >> count & 0xff).expect("eight bits are a byte"));
            held &= (1 << count) - 1;
        }
    }
    (count < 5 && held == 0).then_some(bytes)
}
