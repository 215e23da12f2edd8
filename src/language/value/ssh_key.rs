//! Public SSH keys, as they stand in a `.pub` file: read to their last byte, so that what a signature is checked against
//! is a key that only one person can sign with.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::language::value::curve;
use crate::language::value::refusal::quote;
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

/// A public SSH key without its comment: `ssh-ed25519 AAAA…`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SshKey {
    kind: SshKeyKind,
    text: Arc<str>,
}

/// The sort of an SSH key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SshKeyKind {
    /// `ssh-ed25519`.
    Ed25519,
    /// `ecdsa-sha2-nistp256`, `…384` or `…521`.
    Ecdsa,
    /// `ssh-rsa`, of 3072 bits and more.
    Rsa,
    /// `sk-ssh-ed25519@openssh.com`: Ed25519 in a security key.
    SecurityKeyEd25519,
    /// `sk-ecdsa-sha2-nistp256@openssh.com`: ECDSA in a security key.
    SecurityKeyEcdsa,
}

serialized_as_displayed!(SshKey);

/// What may stand in front, and what it is.
const TYPES: [(&str, SshKeyKind); 7] = [
    ("ssh-ed25519", SshKeyKind::Ed25519),
    ("ecdsa-sha2-nistp256", SshKeyKind::Ecdsa),
    ("ecdsa-sha2-nistp384", SshKeyKind::Ecdsa),
    ("ecdsa-sha2-nistp521", SshKeyKind::Ecdsa),
    ("ssh-rsa", SshKeyKind::Rsa),
    ("sk-ssh-ed25519@openssh.com", SshKeyKind::SecurityKeyEd25519),
    ("sk-ecdsa-sha2-nistp256@openssh.com", SshKeyKind::SecurityKeyEcdsa),
];

/// An RSA key of 16384 bits has 2800 characters.
const LONGEST: usize = 3000;
const SHORTEST_RSA: usize = 3072;
const LONGEST_RSA: usize = 16_384;
/// The comment of a key is for people.
const LONGEST_COMMENT: usize = 500;

impl SshKey {
    /// The sort of the key.
    pub fn kind(&self) -> SshKeyKind {
        self.kind
    }

    /// The type and the key in base64.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        refuse_private(text)?;
        form.within(text, LONGEST + LONGEST_COMMENT)?;
        let mut parts = text.split_whitespace();
        let (name, body) = (parts.next().unwrap_or_default(), parts.next());
        let Some((name, kind)) = TYPES.into_iter().find(|(it, _)| *it == name) else {
            return Err(unknown_type(name, text));
        };
        let Some(body) = body else {
            return Err(form.refuse(format!("there is no key behind `{name}`")));
        };
        let Ok(blob) = STANDARD.decode(body) else {
            return Err(form.refuse("the key is not whole: what stands behind its type is no base64"));
        };
        check(name, kind, &blob).map_err(|it| form.refuse(it))?;
        Ok(Self { kind, text: format!("{name} {body}").into() })
    }
}

impl Parse for SshKey {
    const FORM: Form = Form {
        name: "public SSH key",
        expects: "the type and the key as in a `.pub` file: Ed25519, ECDSA, RSA from 3072 bits, or a security key's",
        example: "\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        Self::read(Self::FORM.text(value)?)
    }
}

impl std::fmt::Display for SshKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Refuses what is not for anybody's eyes, and shows nothing of it.
pub(super) fn refuse_private(text: &str) -> Result<(), Invalid> {
    let capitals = text.to_ascii_uppercase();
    if !["PRIVATE KEY", "AGE-SECRET-KEY-", "AGE-PLUGIN-"].iter().any(|it| capitals.contains(it)) {
        return Ok(());
    }
    Err(Invalid::new("what stands here is a private key")
        .help("make a new one, because this one is known now, and write its public half")
        .secret())
}

fn unknown_type(name: &str, text: &str) -> Invalid {
    let form = SshKey::FORM;
    match name {
        "ssh-dss" => form.refuse("DSA keys are broken: OpenSSH accepts none any more"),
        _ if name.contains("-cert-v0") => form.refuse(format!("{} is a certificate, not a key", quote(name))),
        _ if TYPES.iter().any(|(it, _)| text.split_whitespace().any(|part| part == *it)) => {
            form.refuse(format!("{} stands before the type of the key", quote(name)))
        }
        _ => form.refuse(format!("{} is not a type of SSH keys", quote(name))),
    }
}

/// Checks the bytes of a key: strings with their length in front (RFC 4251), as many as the type has and nothing else.
fn check(name: &str, kind: SshKeyKind, blob: &[u8]) -> Result<(), String> {
    let mut wire = Wire(blob);
    let inner = wire.string()?;
    if inner != name.as_bytes() {
        let inner = String::from_utf8_lossy(inner);
        return Err(format!("the key says that it is {}, and `{name}` stands before it", quote(&inner)));
    }
    match kind {
        SshKeyKind::Ed25519 => wire.ed25519()?,
        SshKeyKind::Ecdsa => wire.ecdsa(name)?,
        SshKeyKind::Rsa => wire.rsa()?,
        SshKeyKind::SecurityKeyEd25519 => {
            wire.ed25519()?;
            wire.application()?;
        }
        SshKeyKind::SecurityKeyEcdsa => {
            wire.ecdsa("ecdsa-sha2-nistp256")?;
            wire.application()?;
        }
    }
    if wire.0.is_empty() { Ok(()) } else { Err("the key has bytes behind its end".to_owned()) }
}

/// What is left to read of a key.
struct Wire<'a>(&'a [u8]);

impl<'a> Wire<'a> {
    fn string(&mut self) -> Result<&'a [u8], String> {
        let cut_off = || "the key is cut off".to_owned();
        let (length, rest) = self.0.split_first_chunk::<4>().ok_or_else(cut_off)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| cut_off())?;
        let (string, rest) = rest.split_at_checked(length).ok_or_else(cut_off)?;
        self.0 = rest;
        Ok(string)
    }

    fn ed25519(&mut self) -> Result<(), String> {
        let point = self.string()?;
        let point =
            <&[u8; 32]>::try_from(point).map_err(|_| format!("the key has {} bytes, not 32", point.len()))?;
        match curve::is_weak_edwards(point) {
            true => Err("the key is one for which anybody can sign".to_owned()),
            false => Ok(()),
        }
    }

    fn ecdsa(&mut self, name: &str) -> Result<(), String> {
        let curve = self.string()?;
        if name.strip_prefix("ecdsa-sha2-").map(str::as_bytes) != Some(curve) {
            return Err("the key is on another curve than its type says".to_owned());
        }
        let size = match curve {
            b"nistp256" => 32,
            b"nistp384" => 48,
            _ => 66,
        };
        let point = self.string()?;
        match point {
            [4, rest @ ..] if rest.len() == 2 * size && rest.iter().any(|it| *it != 0) => Ok(()),
            _ => Err("the key is no point of its curve".to_owned()),
        }
    }

    fn rsa(&mut self) -> Result<(), String> {
        let exponent = self.positive()?;
        let modulus = self.positive()?;
        let size = bits(modulus);
        if size < SHORTEST_RSA {
            return Err(format!("the RSA key has {size} bits, and {SHORTEST_RSA} are the least"));
        }
        if size > LONGEST_RSA {
            return Err(format!("the RSA key has {size} bits, and {LONGEST_RSA} are the most"));
        }
        let is_odd = |number: &[u8]| number.last().is_some_and(|it| it % 2 == 1);
        // With an exponent of one, everything is its own signature.
        if !is_odd(exponent) || !is_odd(modulus) || bits(exponent) < 2 || bits(exponent) > 33 {
            return Err("the RSA key is none that anybody would make".to_owned());
        }
        Ok(())
    }

    /// A positive number without needless zeros in front.
    fn positive(&mut self) -> Result<&'a [u8], String> {
        match self.string()? {
            [0, rest @ ..] if rest.first().is_some_and(|it| *it >= 0x80) => Ok(rest),
            number @ [first, ..] if (1..0x80).contains(first) => Ok(number),
            _ => Err("the RSA key holds a number that is written in no way OpenSSH does".to_owned()),
        }
    }

    fn application(&mut self) -> Result<(), String> {
        match self.string()? {
            b"" => Err("the security key does not say what it is for".to_owned()),
            _ => Ok(()),
        }
    }
}

fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn a_key_is_read_to_its_last_byte() {
        insta::assert_snapshot!(check::<SshKey>(r"
            ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn ines@laptop
            ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn
            ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBNuhoGBaVTPnTpMAmTly/hcfaOABIR4Y8y8QUr3VfRr2Pb4oZ74xnC75Wdc7EubhQk1e+vMFfo2s6APBJjXqa38=
            ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBNs6zuDHXi4bhCwmR0HDTtw26vjsnTF7kYEbba49fwirK4VnLeKB/o0vEOWG1ksNe80mxrCFp1uulZk5noz9qSi/6dgdsbEn5t+627nnzhlsasWtXj50pYiHvJllAVK+lA==
            ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAAIZyWu4TOUo/r1Tl59U/gx65DYS0uzLNWlNWG7orVvqwPsg8K8cbOx8okQRru42I0PPXDQPduW5/3gHxiVGmhpLAD/R6dKqZHtkJqvIxbiiUhMltS7yGDWKh1gRZ9DsO9izHJmp2djV3RU0VKXd+DTnpCef6DhOasuKPW+qFIg4gwJtw==
            ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQCFwsi/R+vBUfSzgP1q23mJydgReu8F6K/M4JMpXCbMjT4GlTQUTRS3ohZgaioOTvawoh35b6Sivqg4DYT6oNlV3IbsXdLyHShyXAfASWKVIYsGDitGnZhqC0Qe+YoL61sPNclqHid4J891i+MPaEFCXBDzMulRU3J8r+cYmDpnROfEd1ghIEVLqT4CrngVMbUAZQVsQBgdjLEoLy7HHi/r0Kkt+JCVtIMuMNpj46dYkzvEal+luQPvZet1ZxCEqBepfJwt+rEyxLB6/fXNiQsbZiMnsV6oJFX46YYGxmsPlhQgy3rLQO80NJwGYWUEINUSiVbXwgmQjdmPiw28Q4O+Q1RjVI8UoXw+qXD2M2D0SwxwS6r3DvJhARSvsBHWyb1AxgVEvL2nmQgevMUVUKYY6wOFuQe8TrkQLENOcPdAp2W/MgGY4QmKPhK3f2KYOyH69AN2k1St4MUQig0fxTpOjGPKy9VniZ3Enm75HbWRQEO6mS32yfMJlTm4Nn12u78=
            sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gAAAABHNzaDo=
            sk-ecdsa-sha2-nistp256@openssh.com AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20AAAAIbmlzdHAyNTYAAABBBNuhoGBaVTPnTpMAmTly/hcfaOABIR4Y8y8QUr3VfRr2Pb4oZ74xnC75Wdc7EubhQk1e+vMFfo2s6APBJjXqa38AAAAEc3NoOg==
            ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC0yRjRq6epmgL4Fo5nmZSy9WCJgbvI4XAUTvMt+hXueeZyzR36lfTk8SlMW0PsbWlYEBAjcakDPbGHijJobX9VxDRQdbVTwf4YhqOJ2N0KteoEPBtfeTLDgqi7jvOlUf03AdqkeWSg00/warO7XjPsZzGt++SQsTDNTIlx3lKNBBDAryBvpwVfBCcJgZm8QQw2zAZBxSRq5PndqXFML6iw9ktScvSX2atkdHRdQVcylVA58H89p5GOTIy/dbwaeSLGKCqd+QGBUxQB8sLLxAsbNqz+YM04N/fJpmY1O+9BZbtzn6vVVB5m2MKAWPl7VJKDOrOSlJm3pt7udz+0eaqp
            ssh-rsa AAAAB3NzaC1yc2EAAAABAQAAAYEAhcLIv0frwVH0s4D9att5icnYEXrvBeivzOCTKVwmzI0+BpU0FE0Ut6IWYGoqDk72sKId+W+kor6oOA2E+qDZVdyG7F3S8h0oclwHwElilSGLBg4rRp2YagtEHvmKC+tbDzXJah4neCfPdYvjD2hBQlwQ8zLpUVNyfK/nGJg6Z0TnxHdYISBFS6k+Aq54FTG1AGUFbEAYHYyxKC8uxx4v69CpLfiQlbSDLjDaY+OnWJM7xGpfpbkD72XrdWcQhKgXqXycLfqxMsSwev31zYkLG2YjJ7FeqCRV+OmGBsZrD5YUIMt6y0DvNDScBmFlBCDVEolW18IJkI3Zj4sNvEODvkNUY1SPFKF8Pqlw9jNg9EsMcEuq9w7yYQEUr7AR1sm9QMYFRLy9p5kIHrzFFVCmGOsDhbkHvE65ECxDTnD3QKdlvzIBmOEJij4St39imDsh+vQDdpNUreDFEIoNH8U6ToxjysvVZ4mdxJ5u+R21kUBDupkt9snzCZU5uDZ9dru/
            ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
            ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNnAA==
            ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAHwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
            ssh-ed25519 AAAAB3NzaC1yc2EAAAAgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
            ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e8
            ssh-ed25519 not-base64
            ssh-ed25519
            AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn
            ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAyNTYAAABBBNuhoGBaVTPnTpMAmTly/hcfaOABIR4Y8y8QUr3VfRr2Pb4oZ74xnC75Wdc7EubhQk1e+vMFfo2s6APBJjXqa38=
            sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gAAAAAA==
            ssh-dss AAAAB3NzaC1kc3MAAACB
            ssh-ed25519-cert-v01@openssh.com AAAA
            no-pty ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn
            ssh-ed2551 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn
            -----BEGIN OPENSSH PRIVATE KEY-----
            ina@laptop
            5
        "), @r#"
        ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn ines@laptop => ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn
        ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn => ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn
        ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBNuhoGBaVTPnTpMAmTly/hcfaOABIR4Y8y8QUr3VfRr2Pb4oZ74xnC75Wdc7EubhQk1e+vMFfo2s6APBJjXqa38= => ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBNuhoGBaVTPnTpMAmTly/hcfaOABIR4Y8y8QUr3VfRr2Pb4oZ74xnC75Wdc7EubhQk1e+vMFfo2s6APBJjXqa38=
        ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBNs6zuDHXi4bhCwmR0HDTtw26vjsnTF7kYEbba49fwirK4VnLeKB/o0vEOWG1ksNe80mxrCFp1uulZk5noz9qSi/6dgdsbEn5t+627nnzhlsasWtXj50pYiHvJllAVK+lA== => ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBNs6zuDHXi4bhCwmR0HDTtw26vjsnTF7kYEbba49fwirK4VnLeKB/o0vEOWG1ksNe80mxrCFp1uulZk5noz9qSi/6dgdsbEn5t+627nnzhlsasWtXj50pYiHvJllAVK+lA==
        ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAAIZyWu4TOUo/r1Tl59U/gx65DYS0uzLNWlNWG7orVvqwPsg8K8cbOx8okQRru42I0PPXDQPduW5/3gHxiVGmhpLAD/R6dKqZHtkJqvIxbiiUhMltS7yGDWKh1gRZ9DsO9izHJmp2djV3RU0VKXd+DTnpCef6DhOasuKPW+qFIg4gwJtw== => ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAAIZyWu4TOUo/r1Tl59U/gx65DYS0uzLNWlNWG7orVvqwPsg8K8cbOx8okQRru42I0PPXDQPduW5/3gHxiVGmhpLAD/R6dKqZHtkJqvIxbiiUhMltS7yGDWKh1gRZ9DsO9izHJmp2djV3RU0VKXd+DTnpCef6DhOasuKPW+qFIg4gwJtw==
        ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQCFwsi/R+vBUfSzgP1q23mJydgReu8F6K/M4JMpXCbMjT4GlTQUTRS3ohZgaioOTvawoh35b6Sivqg4DYT6oNlV3IbsXdLyHShyXAfASWKVIYsGDitGnZhqC0Qe+YoL61sPNclqHid4J891i+MPaEFCXBDzMulRU3J8r+cYmDpnROfEd1ghIEVLqT4CrngVMbUAZQVsQBgdjLEoLy7HHi/r0Kkt+JCVtIMuMNpj46dYkzvEal+luQPvZet1ZxCEqBepfJwt+rEyxLB6/fXNiQsbZiMnsV6oJFX46YYGxmsPlhQgy3rLQO80NJwGYWUEINUSiVbXwgmQjdmPiw28Q4O+Q1RjVI8UoXw+qXD2M2D0SwxwS6r3DvJhARSvsBHWyb1AxgVEvL2nmQgevMUVUKYY6wOFuQe8TrkQLENOcPdAp2W/MgGY4QmKPhK3f2KYOyH69AN2k1St4MUQig0fxTpOjGPKy9VniZ3Enm75HbWRQEO6mS32yfMJlTm4Nn12u78= => ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQCFwsi/R+vBUfSzgP1q23mJydgReu8F6K/M4JMpXCbMjT4GlTQUTRS3ohZgaioOTvawoh35b6Sivqg4DYT6oNlV3IbsXdLyHShyXAfASWKVIYsGDitGnZhqC0Qe+YoL61sPNclqHid4J891i+MPaEFCXBDzMulRU3J8r+cYmDpnROfEd1ghIEVLqT4CrngVMbUAZQVsQBgdjLEoLy7HHi/r0Kkt+JCVtIMuMNpj46dYkzvEal+luQPvZet1ZxCEqBepfJwt+rEyxLB6/fXNiQsbZiMnsV6oJFX46YYGxmsPlhQgy3rLQO80NJwGYWUEINUSiVbXwgmQjdmPiw28Q4O+Q1RjVI8UoXw+qXD2M2D0SwxwS6r3DvJhARSvsBHWyb1AxgVEvL2nmQgevMUVUKYY6wOFuQe8TrkQLENOcPdAp2W/MgGY4QmKPhK3f2KYOyH69AN2k1St4MUQig0fxTpOjGPKy9VniZ3Enm75HbWRQEO6mS32yfMJlTm4Nn12u78=
        sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gAAAABHNzaDo= => sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gAAAABHNzaDo=
        sk-ecdsa-sha2-nistp256@openssh.com AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20AAAAIbmlzdHAyNTYAAABBBNuhoGBaVTPnTpMAmTly/hcfaOABIR4Y8y8QUr3VfRr2Pb4oZ74xnC75Wdc7EubhQk1e+vMFfo2s6APBJjXqa38AAAAEc3NoOg== => sk-ecdsa-sha2-nistp256@openssh.com AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20AAAAIbmlzdHAyNTYAAABBBNuhoGBaVTPnTpMAmTly/hcfaOABIR4Y8y8QUr3VfRr2Pb4oZ74xnC75Wdc7EubhQk1e+vMFfo2s6APBJjXqa38AAAAEc3NoOg==
        ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC0yRjRq6epmgL4Fo5nmZSy9WCJgbvI4XAUTvMt+hXueeZyzR36lfTk8SlMW0PsbWlYEBAjcakDPbGHijJobX9VxDRQdbVTwf4YhqOJ2N0KteoEPBtfeTLDgqi7jvOlUf03AdqkeWSg00/warO7XjPsZzGt++SQsTDNTIlx3lKNBBDAryBvpwVfBCcJgZm8QQw2zAZBxSRq5PndqXFML6iw9ktScvSX2atkdHRdQVcylVA58H89p5GOTIy/dbwaeSLGKCqd+QGBUxQB8sLLxAsbNqz+YM04N/fJpmY1O+9BZbtzn6vVVB5m2MKAWPl7VJKDOrOSlJm3pt7udz+0eaqp => the RSA key has 2048 bits, and 3072 are the least | write the type and the key as in a `.pub` file: Ed25519, ECDSA, RSA from 3072 bits, or a security key's, as in `"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn"`
        ssh-rsa AAAAB3NzaC1yc2EAAAABAQAAAYEAhcLIv0frwVH0s4D9att5icnYEXrvBeivzOCTKVwmzI0+BpU0FE0Ut6IWYGoqDk72sKId+W+kor6oOA2E+qDZVdyG7F3S8h0oclwHwElilSGLBg4rRp2YagtEHvmKC+tbDzXJah4neCfPdYvjD2hBQlwQ8zLpUVNyfK/nGJg6Z0TnxHdYISBFS6k+Aq54FTG1AGUFbEAYHYyxKC8uxx4v69CpLfiQlbSDLjDaY+OnWJM7xGpfpbkD72XrdWcQhKgXqXycLfqxMsSwev31zYkLG2YjJ7FeqCRV+OmGBsZrD5YUIMt6y0DvNDScBmFlBCDVEolW18IJkI3Zj4sNvEODvkNUY1SPFKF8Pqlw9jNg9EsMcEuq9w7yYQEUr7AR1sm9QMYFRLy9p5kIHrzFFVCmGOsDhbkHvE65ECxDTnD3QKdlvzIBmOEJij4St39imDsh+vQDdpNUreDFEIoNH8U6ToxjysvVZ4mdxJ5u+R21kUBDupkt9snzCZU5uDZ9dru/ => the RSA key is none that anybody would make | write the type and the key as in a `.pub` file: Ed25519, ECDSA, RSA from 3072 bits, or a security key's, as in `"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn"`
        ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA => the key is one for which anybody can sign | write the type and the key as in a `.pub` file: Ed25519, ECDSA, RSA from 3072 bits, or a security key's, as in `"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn"`
        ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNnAA== => the key has bytes behind its end | write the type and the key as in a `.pub` file: Ed25519, ECDSA, RSA from 3072 bits, or a security key's, as in `"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn"`
        ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAHwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= => the key has 31 bytes, not 32 | write the type and the key as in a `.pub` file: Ed25519, ECDSA, RSA from 3072 bits, or a security key's, as in `"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn"`
        ssh-ed25519 AAAAB3NzaC1yc2EAAAAgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= => the key says that it is `ssh-rsa`, and `ssh-ed25519` stands before it | write the type and the key as in a `.pub` file: Ed25519, ECDSA, RSA from 3072 bits, or a security key's, as in `"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn"`
        ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e8 => the key is cut off | write the type and the key as in a `.pub` file: Ed25519, ECDSA, RSA from 3072 bits, or a security key's, as in `"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn"`
        ssh-ed25519 not-base64 => the key is not whole: what stands behind its type is no base64 | write the type and the key as in a `.pub` file: Ed25519, ECDSA, RSA from 3072 bits, or a security key's, as in `"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn"`
        ssh-ed25519 => there is no key behind `ssh-ed25519` | write the type and the key as in a `.pub` file: Ed25519, ECDSA, RSA from 3072 bits, or a security key's, as in `"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn"`
        AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn => `AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+E…` is not a type of SSH keys | write the type and the key as in a `.pub` file: Ed25519, ECDSA, RSA from 3072 bits, or a security key's, as in `"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn"`
        ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAyNTYAAABBBNuhoGBaVTPnTpMAmTly/hcfaOABIR4Y8y8QUr3VfRr2Pb4oZ74xnC75Wdc7EubhQk1e+vMFfo2s6APBJjXqa38= => the key is on another curve than its type says | write the type and the key as in a `.pub` file: Ed25519, ECDSA, RSA from 3072 bits, or a security key's, as in `"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn"`
        sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gAAAAAA== => the security key does not say what it is for | write the type and the key as in a `.pub` file: Ed25519, ECDSA, RSA from 3072 bits, or a security key's, as in `"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn"`
        ssh-dss AAAAB3NzaC1kc3MAAACB => DSA keys are broken: OpenSSH accepts none any more | write the type and the key as in a `.pub` file: Ed25519, ECDSA, RSA from 3072 bits, or a security key's, as in `"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn"`
        ssh-ed25519-cert-v01@openssh.com AAAA => `ssh-ed25519-cert-v01@openssh.com` is a certificate, not a key | write the type and the key as in a `.pub` file: Ed25519, ECDSA, RSA from 3072 bits, or a security key's, as in `"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn"`
        no-pty ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn => `no-pty` stands before the type of the key | write the type and the key as in a `.pub` file: Ed25519, ECDSA, RSA from 3072 bits, or a security key's, as in `"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn"`
        ssh-ed2551 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn => `ssh-ed2551` is not a type of SSH keys | write the type and the key as in a `.pub` file: Ed25519, ECDSA, RSA from 3072 bits, or a security key's, as in `"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn"`
        -----BEGIN OPENSSH PRIVATE KEY----- => what stands here is a private key | make a new one, because this one is known now, and write its public half
        ina@laptop => `ina@laptop` is not a type of SSH keys | write the type and the key as in a `.pub` file: Ed25519, ECDSA, RSA from 3072 bits, or a security key's, as in `"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn"`
        5 => expected a public SSH key, found the number `5` | write the type and the key as in a `.pub` file: Ed25519, ECDSA, RSA from 3072 bits, or a security key's, as in `"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+b6sa3VVWaf3e82v1XrQ9agocyd4gCYS+El5CyTeNn"`
        "#);
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<SshKey>("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}( [a-z@]{0,9})?");
    }
}
