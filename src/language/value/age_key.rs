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
            true if prefix == "age1pq" => format!(
                "{} is a post-quantum recipient, which not all programs that open it know yet",
                quote(text)
            ),
            true if prefix.starts_with("age1") => {
                format!("{} is the recipient of a plugin, which not everybody has", quote(text))
            }
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
        GENERATOR
            .iter()
            .enumerate()
            .filter(|(at, _)| top >> at & 1 == 1)
            .fold(shifted, |sum, (_, it)| sum ^ it)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn a_recipient_is_one_that_only_its_owner_can_open_for() {
        insta::assert_snapshot!(check::<AgeKey>(r"
            age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m
            AGE1ZZLXUWVWW9833ERL0RX6LJ5A53UQWPUUSJUPK0HQ6WDCEHPTLQPS70N23M
            age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23q
            age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23
            age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlq
            age1zzbxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m
            age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqspe5dt3
            age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z
            age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqar9jk6
            age19l388n
            age1yubikey1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0jqmenk29
            age1pq1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0sq5eur9
            npub1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0st5hsmq
            ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn ina@laptop
            ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQCFwsi/R+vBUfSzgP1q23mJydgReu8F6K/M4JMpXCbMjT4GlTQUTRS3ohZgaioOTvawoh35b6Sivqg4DYT6oNlV3IbsXdLyHShyXAfASWKVIYsGDitGnZhqC0Qe+YoL61sPNclqHid4J891i+MPaEFCXBDzMulRU3J8r+cYmDpnROfEd1ghIEVLqT4CrngVMbUAZQVsQBgdjLEoLy7HHi/r0Kkt+JCVtIMuMNpj46dYkzvEal+luQPvZet1ZxCEqBepfJwt+rEyxLB6/fXNiQsbZiMnsV6oJFX46YYGxmsPlhQgy3rLQO80NJwGYWUEINUSiVbXwgmQjdmPiw28Q4O+Q1RjVI8UoXw+qXD2M2D0SwxwS6r3DvJhARSvsBHWyb1AxgVEvL2nmQgevMUVUKYY6wOFuQe8TrkQLENOcPdAp2W/MgGY4QmKPhK3f2KYOyH69AN2k1St4MUQig0fxTpOjGPKy9VniZ3Enm75HbWRQEO6mS32yfMJlTm4Nn12u78=
            ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBNuhoGBaVTPnTpMAmTly/hcfaOABIR4Y8y8QUr3VfRr2Pb4oZ74xnC75Wdc7EubhQk1e+vMFfo2s6APBJjXqa38=
            ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
            AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ
            age1inesreference
            ina@laptop
            age1
            5
        "), @r#"
        age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m => age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m
        AGE1ZZLXUWVWW9833ERL0RX6LJ5A53UQWPUUSJUPK0HQ6WDCEHPTLQPS70N23M => `[masked]` has capitals | write what `age-keygen` prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"` | "age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"
        age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23q => `age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n2…` is not whole: its checksum does not fit | write what `age-keygen` prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23 => `age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n2…` is not whole: its checksum does not fit | write what `age-keygen` prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlq => `age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlq` is not whole: its checksum does not fit | write what `age-keygen` prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        age1zzbxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m => `age1zzbxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n2…` has a character that no recipient has | write what `age-keygen` prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqspe5dt3 => age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqspe5dt3
        age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z => the recipient is one for which everybody can open what is sealed | write what `age-keygen` prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqar9jk6 => `age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqar9jk6` holds no key of 32 bytes | write what `age-keygen` prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        age19l388n => `age19l388n` holds no key of 32 bytes | write what `age-keygen` prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        age1yubikey1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0jqmenk29 => `age1yubikey1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qa…` is the recipient of a plugin, which not everybody has | write what `age-keygen` prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        age1pq1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0sq5eur9 => `age1pq1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0sq…` is a post-quantum recipient, which not all programs that open it know yet | write what `age-keygen` prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        npub1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0st5hsmq => `[masked]` is no recipient: those of age start with `age1` | write what `age-keygen` prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn ina@laptop => ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn
        ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQCFwsi/R+vBUfSzgP1q23mJydgReu8F6K/M4JMpXCbMjT4GlTQUTRS3ohZgaioOTvawoh35b6Sivqg4DYT6oNlV3IbsXdLyHShyXAfASWKVIYsGDitGnZhqC0Qe+YoL61sPNclqHid4J891i+MPaEFCXBDzMulRU3J8r+cYmDpnROfEd1ghIEVLqT4CrngVMbUAZQVsQBgdjLEoLy7HHi/r0Kkt+JCVtIMuMNpj46dYkzvEal+luQPvZet1ZxCEqBepfJwt+rEyxLB6/fXNiQsbZiMnsV6oJFX46YYGxmsPlhQgy3rLQO80NJwGYWUEINUSiVbXwgmQjdmPiw28Q4O+Q1RjVI8UoXw+qXD2M2D0SwxwS6r3DvJhARSvsBHWyb1AxgVEvL2nmQgevMUVUKYY6wOFuQe8TrkQLENOcPdAp2W/MgGY4QmKPhK3f2KYOyH69AN2k1St4MUQig0fxTpOjGPKy9VniZ3Enm75HbWRQEO6mS32yfMJlTm4Nn12u78= => ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQCFwsi/R+vBUfSzgP1q23mJydgReu8F6K/M4JMpXCbMjT4GlTQUTRS3ohZgaioOTvawoh35b6Sivqg4DYT6oNlV3IbsXdLyHShyXAfASWKVIYsGDitGnZhqC0Qe+YoL61sPNclqHid4J891i+MPaEFCXBDzMulRU3J8r+cYmDpnROfEd1ghIEVLqT4CrngVMbUAZQVsQBgdjLEoLy7HHi/r0Kkt+JCVtIMuMNpj46dYkzvEal+luQPvZet1ZxCEqBepfJwt+rEyxLB6/fXNiQsbZiMnsV6oJFX46YYGxmsPlhQgy3rLQO80NJwGYWUEINUSiVbXwgmQjdmPiw28Q4O+Q1RjVI8UoXw+qXD2M2D0SwxwS6r3DvJhARSvsBHWyb1AxgVEvL2nmQgevMUVUKYY6wOFuQe8TrkQLENOcPdAp2W/MgGY4QmKPhK3f2KYOyH69AN2k1St4MUQig0fxTpOjGPKy9VniZ3Enm75HbWRQEO6mS32yfMJlTm4Nn12u78=
        ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBNuhoGBaVTPnTpMAmTly/hcfaOABIR4Y8y8QUr3VfRr2Pb4oZ74xnC75Wdc7EubhQk1e+vMFfo2s6APBJjXqa38= => age opens nothing with keys of this type: only with Ed25519 and RSA | write what `age-keygen` prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA => the key is one for which anybody can sign | write the type and the key as in a `.pub` file: Ed25519, ECDSA, RSA from 3072 bits, or a security key's, as in `"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn"`
        AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ => what stands here is a private key | make a new one, because this one is known now, and write its public half
        age1inesreference => `age1inesreference` has a character that no recipient has | write what `age-keygen` prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        ina@laptop => `ina@laptop` is no recipient: those of age start with `age1` | write what `age-keygen` prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        age1 => `age1` is not whole: its checksum does not fit | write what `age-keygen` prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        5 => expected an age recipient, found the number `5` | write what `age-keygen` prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        "#);
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<AgeKey>("age1[qpzry9x8gf2tvdw0s3jn54khce6mua7l]{0,60}");
        holds::<AgeKey>("(age1)?zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23[a-zA-Z]");
    }
}
