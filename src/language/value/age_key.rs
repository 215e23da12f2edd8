//! Recipients of age: who can open what is sealed.
//!
//! What a recipient of a plugin holds is known to the plugin alone. It is read like any other here, to the checksum: no program is
//! started before something is sealed ([`crate::secret::seal`]).

use std::sync::Arc;

use crate::language::value::bech32::{self, Damage};
use crate::language::value::curve;
use crate::language::value::refusal::quote;
use crate::language::value::ssh_key::{SshKey, SshKeyKind, refuse_private};
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

/// A recipient of age: `age1…`, that of a plugin (`age1yubikey1…`), or an SSH key (Ed25519 or RSA).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgeKey(Arc<str>);

texts!(AgeKey);

const LONGEST: usize = 4000;
const PREFIX: &str = "age";
/// The name of a program is a name of a file, which has 255 bytes at most with `age-plugin-` before it.
const LONGEST_PLUGIN: usize = 200;

impl Parse for AgeKey {
    const FORM: Form = Form {
        name: "age recipient",
        expects: "what `age-keygen` or a plugin of age prints as the public key, or an Ed25519 or RSA key of SSH",
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
        let (plugin, bytes) = decode(text).map_err(|it| form.refuse(it))?;
        let point: Option<[u8; 32]> = bytes.try_into().ok().filter(|_| plugin.is_empty());
        if point.is_some_and(|it| curve::is_weak_montgomery(&it)) {
            return Err(form.refuse("the recipient is one for which everybody can open what is sealed"));
        }
        Ok(Self(Arc::from(text)))
    }
}

/// What a recipient of age is of, and its bytes.
fn decode(text: &str) -> Result<(&str, Vec<u8>), String> {
    let no_recipient = || format!("{} is no recipient: those of age start with `age1`", quote(text));
    let (prefix, data) = text.rsplit_once('1').ok_or_else(no_recipient)?;
    let plugin = match prefix.strip_prefix(PREFIX) {
        Some("") => "",
        Some(rest) => rest.strip_prefix('1').ok_or_else(no_recipient)?,
        None if prefix.to_ascii_lowercase().starts_with(PREFIX) => {
            return Err(format!("{} has capitals", quote(text)));
        }
        None => return Err(no_recipient()),
    };
    if !plugin.is_empty() && !is_plugin(plugin) {
        return Err(format!(
            "{} names no plugin of age: their names have small letters, digits, `+`, `-`, `.` and `_`",
            quote(text)
        ));
    }
    let digits = bech32::decode(prefix, data).map_err(|it| match it {
        Damage::Character => format!("{} has a character that no recipient has", quote(text)),
        Damage::Checksum => format!("{} is not whole: its checksum does not fit", quote(text)),
    })?;
    let bytes = bech32::bytes(&digits).ok_or_else(|| format!("{} holds no whole bytes", quote(text)))?;
    match BYTES.iter().find(|(name, _)| *name == plugin) {
        Some((_, length)) if bytes.len() != *length => {
            Err(format!("{} holds no key of {length} bytes", quote(text)))
        }
        _ => Ok((plugin, bytes)),
    }
}

/// What the keys of recipients have that age itself knows: X25519, ML-KEM-768 with X25519, P-256, and ML-KEM-768 with P-256.
const BYTES: [(&str, usize); 4] = [("", 32), ("pq", 1216), ("tag", 33), ("tagpq", 1249)];

/// Whether a name can be that of a plugin of age, by its specification: no name leads out of a folder of programs.
fn is_plugin(name: &str) -> bool {
    name.len() <= LONGEST_PLUGIN
        && name.bytes().all(|it| {
            it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, b'+' | b'-' | b'.' | b'_')
        })
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
            age1se1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0jqmenk29
            age1Yubikey1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0jqmenk29
            age1../../bin/sh1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0jqmenk29
            age1tag1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0sq5eur9
            AGE-PLUGIN-YUBIKEY-1QQQQQQQQQQQQQQQQQQQQQQ
            AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ
            age1inesreference
            ina@laptop
            age1
            5
        "), @r#"
        age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m => age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m
        AGE1ZZLXUWVWW9833ERL0RX6LJ5A53UQWPUUSJUPK0HQ6WDCEHPTLQPS70N23M => `[masked]` has capitals | write what `age-keygen` or a plugin of age prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"` | "age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"
        age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23q => `age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n2…` is not whole: its checksum does not fit | write what `age-keygen` or a plugin of age prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23 => `age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n2…` is not whole: its checksum does not fit | write what `age-keygen` or a plugin of age prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlq => `age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlq` is not whole: its checksum does not fit | write what `age-keygen` or a plugin of age prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        age1zzbxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m => `age1zzbxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n2…` has a character that no recipient has | write what `age-keygen` or a plugin of age prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqspe5dt3 => age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqspe5dt3
        age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z => the recipient is one for which everybody can open what is sealed | write what `age-keygen` or a plugin of age prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqar9jk6 => `age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqar9jk6` holds no key of 32 bytes | write what `age-keygen` or a plugin of age prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        age19l388n => `age19l388n` holds no key of 32 bytes | write what `age-keygen` or a plugin of age prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        age1yubikey1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0jqmenk29 => age1yubikey1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0jqmenk29
        age1pq1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0sq5eur9 => `age1pq1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0sq…` holds no key of 1216 bytes | write what `age-keygen` or a plugin of age prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        npub1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0st5hsmq => `[masked]` is no recipient: those of age start with `age1` | write what `age-keygen` or a plugin of age prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn ina@laptop => ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn
        ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQCFwsi/R+vBUfSzgP1q23mJydgReu8F6K/M4JMpXCbMjT4GlTQUTRS3ohZgaioOTvawoh35b6Sivqg4DYT6oNlV3IbsXdLyHShyXAfASWKVIYsGDitGnZhqC0Qe+YoL61sPNclqHid4J891i+MPaEFCXBDzMulRU3J8r+cYmDpnROfEd1ghIEVLqT4CrngVMbUAZQVsQBgdjLEoLy7HHi/r0Kkt+JCVtIMuMNpj46dYkzvEal+luQPvZet1ZxCEqBepfJwt+rEyxLB6/fXNiQsbZiMnsV6oJFX46YYGxmsPlhQgy3rLQO80NJwGYWUEINUSiVbXwgmQjdmPiw28Q4O+Q1RjVI8UoXw+qXD2M2D0SwxwS6r3DvJhARSvsBHWyb1AxgVEvL2nmQgevMUVUKYY6wOFuQe8TrkQLENOcPdAp2W/MgGY4QmKPhK3f2KYOyH69AN2k1St4MUQig0fxTpOjGPKy9VniZ3Enm75HbWRQEO6mS32yfMJlTm4Nn12u78= => ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQCFwsi/R+vBUfSzgP1q23mJydgReu8F6K/M4JMpXCbMjT4GlTQUTRS3ohZgaioOTvawoh35b6Sivqg4DYT6oNlV3IbsXdLyHShyXAfASWKVIYsGDitGnZhqC0Qe+YoL61sPNclqHid4J891i+MPaEFCXBDzMulRU3J8r+cYmDpnROfEd1ghIEVLqT4CrngVMbUAZQVsQBgdjLEoLy7HHi/r0Kkt+JCVtIMuMNpj46dYkzvEal+luQPvZet1ZxCEqBepfJwt+rEyxLB6/fXNiQsbZiMnsV6oJFX46YYGxmsPlhQgy3rLQO80NJwGYWUEINUSiVbXwgmQjdmPiw28Q4O+Q1RjVI8UoXw+qXD2M2D0SwxwS6r3DvJhARSvsBHWyb1AxgVEvL2nmQgevMUVUKYY6wOFuQe8TrkQLENOcPdAp2W/MgGY4QmKPhK3f2KYOyH69AN2k1St4MUQig0fxTpOjGPKy9VniZ3Enm75HbWRQEO6mS32yfMJlTm4Nn12u78=
        ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBNuhoGBaVTPnTpMAmTly/hcfaOABIR4Y8y8QUr3VfRr2Pb4oZ74xnC75Wdc7EubhQk1e+vMFfo2s6APBJjXqa38= => age opens nothing with keys of this type: only with Ed25519 and RSA | write what `age-keygen` or a plugin of age prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA => the key is one for which anybody can sign | write the type and the key as in a `.pub` file: Ed25519, ECDSA, RSA from 3072 bits, or a security key's, as in `"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn"`
        age1se1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0jqmenk29 => `age1se1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0jq…` is not whole: its checksum does not fit | write what `age-keygen` or a plugin of age prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        age1Yubikey1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0jqmenk29 => `age1Yubikey1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qa…` names no plugin of age: their names have small letters, digits, `+`, `-`, `.` and `_` | write what `age-keygen` or a plugin of age prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"` | "age1yubikey1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0jqmenk29"
        age1../../bin/sh1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0jqmenk29 => `age1../..[masked]` names no plugin of age: their names have small letters, digits, `+`, `-`, `.` and `_` | write what `age-keygen` or a plugin of age prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        age1tag1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0sq5eur9 => `age1tag1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0s…` is not whole: its checksum does not fit | write what `age-keygen` or a plugin of age prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        AGE-PLUGIN-YUBIKEY-1QQQQQQQQQQQQQQQQQQQQQQ => what stands here is a private key | make a new one, because this one is known now, and write its public half
        AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ => what stands here is a private key | make a new one, because this one is known now, and write its public half
        age1inesreference => `age1inesreference` has a character that no recipient has | write what `age-keygen` or a plugin of age prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        ina@laptop => `ina@laptop` is no recipient: those of age start with `age1` | write what `age-keygen` or a plugin of age prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        age1 => `age1` is not whole: its checksum does not fit | write what `age-keygen` or a plugin of age prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        5 => expected an age recipient, found the number `5` | write what `age-keygen` or a plugin of age prints as the public key, or an Ed25519 or RSA key of SSH, as in `"age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m"`
        "#);
    }

    #[test]
    fn the_name_of_a_plugin_leads_nowhere_else() {
        let read = |plugin: &str| {
            AgeKey::read(&bech32::encode(&format!("age1{plugin}"), &[0; 8])).map_err(|it| it.message)
        };
        for plugin in ["yubikey", "se", "a+b-c.d_1", "1"] {
            assert!(read(plugin).is_ok(), "{plugin}");
        }
        for plugin in
            ["../sh", "/bin/sh", "a b", "a\\b", "a:b", "\u{e4}", "a%b", &"x".repeat(LONGEST_PLUGIN + 1)]
        {
            assert!(read(plugin).is_err(), "{plugin}");
        }
    }

    #[test]
    fn what_age_itself_knows_has_its_length() {
        for (plugin, length) in BYTES {
            let prefix = if plugin.is_empty() { PREFIX.to_owned() } else { format!("{PREFIX}1{plugin}") };
            let read =
                |length: usize| AgeKey::read(&bech32::encode(&prefix, &vec![0; (length * 8).div_ceil(5)]));
            // Of zeros, X25519 has a weak one.
            assert_eq!(read(length).is_ok(), !plugin.is_empty(), "{prefix}");
            let refused = read(length - 1).expect_err("it is too short").message;
            assert!(refused.ends_with(&format!("holds no key of {length} bytes")), "{refused}");
        }
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<AgeKey>("age1[qpzry9x8gf2tvdw0s3jn54khce6mua7l]{0,60}");
        holds::<AgeKey>("age1[a-z0-9+./ -]{0,10}1[qpzry9x8gf2tvdw0s3jn54khce6mua7l]{0,60}");
        holds::<AgeKey>("(age1)?zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23[a-zA-Z]");
    }
}
