//! What looks like a secret, and how it is kept out of what is shown.
//!
//! A text is read once, left to right, with bounded looks back and ahead, because a pull request by a stranger may hold a
//! line of a megabyte. Six things are found: tokens whose issuer gave them a recognisable form ([`known`]), private keys
//! and signed tokens by their frames, passwords in addresses, values whose [`name`] says that they are secret, what a
//! request is authorized with ([`encoded`]), and runs that are too random to be a name ([`random`]). What people publish without harm (digests, commits, public keys,
//! certificates, ids) has forms of its own, which are let through.
//!
//! Not here: what is hidden from a log by its runner (`::add-mask`), and whether a place may hold a secret at all.

mod argument;
mod encoded;
mod known;
mod name;
mod random;

use std::borrow::Cow;
use std::ops::Range;

use crate::diagnostic::mask::name::Strength;

/// What stands in place of a secret.
pub const MASK: &str = "[masked]";

/// Says what a text looks like if it holds a secret: "a GitHub token", "a password in an address".
pub fn looks_secret(text: &str) -> Option<&'static str> {
    Scan::new(text).next().map(|it| it.what)
}

/// Puts [`MASK`] in place of everything in a text that looks like a secret.
pub fn masked(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    for Secret { range, .. } in secrets(text) {
        out.push_str(&text[copied..range.start]);
        out.push_str(MASK);
        copied = range.end;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// Whether a name says that what is given to it is secret: `DB_PASSWORD`, `client-secret`, `apiKey`; but not `TOKEN_URL`.
/// `auth` is a word of our own.
pub fn names_secret(name: &str) -> bool {
    name != "auth" && name::strength(name).is_some()
}

/// Whether a value is called secret by its name. Numbers, truths and nothing are no secrets under any name, and under
/// a name that may also say how or where (`SMTP_AUTH`, `TLS_KEY`) neither is a mode, a path or an address.
pub fn is_called_secret(name: &str, value: &str) -> bool {
    let is_plain = value.is_empty()
        || value.parse::<f64>().is_ok()
        || ["true", "false", "yes", "no"].contains(&value)
        || value.starts_with("$(") && value.ends_with(')');
    match name::strength(name) {
        _ if is_plain => false,
        Some(Strength::Sure) => true,
        Some(Strength::Likely) => !name::says_no_secret(value),
        None => false,
    }
}

/// The places of those arguments of a program that are secret by the option before them (`--token`, `--password`, `-p`),
/// and what to call them.
pub fn secret_arguments<'a>(line: impl IntoIterator<Item = &'a str>) -> (Vec<usize>, &'static str) {
    (argument::secrets(line), argument::WHAT)
}

/// A part of a text that looks secret.
pub(super) struct Secret {
    /// The bytes to hide.
    pub(super) range: Range<usize>,
    /// What they look like.
    pub(super) what: &'static str,
}

/// All parts of a text that look secret, in their order and apart from each other.
pub(super) fn secrets(text: &str) -> impl Iterator<Item = Secret> {
    Scan::new(text)
}

/// The private keys of a text. They alone go over several lines, so who shows a single line has to know them all.
pub(super) fn private_keys(text: &str) -> Vec<Range<usize>> {
    let mut keys = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find(ARMOUR) {
        at += found;
        let Some((length, private)) = armour(&text[at..]) else { break };
        if private {
            keys.push(at..at + length);
        }
        at += length;
    }
    keys
}

/// Longest name that is looked at before a value.
const NAME_LIMIT: usize = 64;

struct Scan<'a> {
    text: &'a str,
    at: usize,
    /// Where the current run of token characters began.
    run: Option<usize>,
    /// Inside of an address, whose path is public however random it looks.
    in_url: bool,
    /// No frame is closed behind here any more, so none is looked for.
    frames_end: bool,
    /// A signed token that begins before here has been tried.
    signed_tried: usize,
}

impl<'a> Scan<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0, run: None, in_url: false, frames_end: false, signed_tried: 0 }
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    /// What begins at the current byte, or ends there.
    fn step(&mut self) -> Option<Secret> {
        let bytes = self.bytes();
        let byte = bytes.get(self.at).copied();
        if !byte.is_some_and(is_token)
            && let Some(start) = self.run.take()
            && let Some(found) = self.random(start)
        {
            return Some(found);
        }
        let byte = byte?;
        if self.run.is_none() && is_token(byte) {
            self.run = Some(self.at);
        }
        let starts_word =
            byte.is_ascii_alphanumeric() && (self.at == 0 || !bytes[self.at - 1].is_ascii_alphanumeric());
        match byte {
            _ if starts_word => self.known().or_else(|| self.signed()).or_else(|| self.authorization()),
            b'-' => self.framed(),
            b':' if self.text[self.at..].starts_with("://") => self.user(),
            b'=' | b':' | b'"' => self.named(byte),
            b' ' | b'\t' | b'\r' | b'\n' | b'\'' | b'`' | b'<' | b'>' | b'?' | b'#' | b',' => {
                self.in_url = false;
                None
            }
            _ => None,
        }
    }

    fn known(&self) -> Option<Secret> {
        let (length, what) = known::secret(&self.text[self.at..])?;
        Some(Secret { range: self.at..self.at + length, what })
    }

    /// A JSON Web Token: three parts, of which the first two are JSON objects in base64.
    fn signed(&mut self) -> Option<Secret> {
        if self.at < self.signed_tried || !self.text[self.at..].starts_with("eyJ") {
            return None;
        }
        let header = self.at + count(&self.bytes()[self.at..], is_base64url);
        // Where one try fails each other one up to here fails alike.
        self.signed_tried = header;
        let payload = self.text[header..].strip_prefix('.').filter(|it| it.starts_with("eyJ"))?;
        let payload = header + 1 + count(payload.as_bytes(), is_base64url);
        let signature = self.text[payload..].strip_prefix('.')?;
        Some(Secret {
            range: self.at..payload + 1 + count(signature.as_bytes(), is_base64url),
            what: "a JWT",
        })
    }

    /// What follows `Basic` or `Bearer` in the header of a request.
    fn authorization(&self) -> Option<Secret> {
        let (range, what) = encoded::authorization(&self.text[self.at..])?;
        Some(Secret { range: self.at + range.start..self.at + range.end, what })
    }

    /// A text between `-----BEGIN …-----` and `-----END …-----`.
    fn framed(&mut self) -> Option<Secret> {
        let rest = &self.text[self.at..];
        if self.frames_end || !rest.starts_with(ARMOUR) {
            return None;
        }
        match armour(rest) {
            Some((length, true)) => Some(Secret { range: self.at..self.at + length, what: "a private key" }),
            Some((length, false)) => {
                // Certificates, public keys, age files and signatures are meant to be seen.
                self.run = None;
                self.at += length - 1;
                None
            }
            None => {
                self.frames_end = true;
                None
            }
        }
    }

    /// The password of `scheme://user:password@host`.
    fn user(&mut self) -> Option<Secret> {
        self.in_url = true;
        let start = self.at + "://".len();
        let authority = &self.text[start..];
        let authority = &authority[..authority.find(ends_authority).unwrap_or(authority.len())];
        let (user, _) = authority.rsplit_once('@')?;
        let (name, password) = user.split_once(':')?;
        let start = start + name.len() + 1;
        (!is_placeholder(password))
            .then(|| Secret { range: start..start + password.len(), what: "a password in an address" })
    }

    /// A value whose name says that it is secret: `DB_PASSWORD=…`, `--token=…`, `"apiKey": "…"`, `"DB_PASSWORD" "…"`.
    fn named(&self, separator: u8) -> Option<Secret> {
        let before = &self.bytes()[..self.at];
        let quoted = before.last().is_some_and(|it| matches!(it, b'"' | b'\''));
        let before = &before[..before.len() - usize::from(quoted && separator != b'"')];
        let length = before.iter().rev().take(NAME_LIMIT).take_while(|it| is_name(**it)).count();
        let name = &self.text[before.len() - length..before.len()];
        let is_asked = separator == b'='
            && before[..before.len() - length].last().is_some_and(|it| matches!(it, b'?' | b'&'));
        let strength = name::strength(name).filter(|it| owns_value(name, separator, *it));
        if !(length >= 2 && strength.is_some() || is_asked && QUERIES.contains(&name)) {
            return None;
        }
        let after = &self.text[self.at + 1..];
        let gap = after.len() - after.trim_start_matches([' ', '\t']).len();
        let start = self.at + 1 + gap;
        let value = &self.text[start..];
        let (open, value) = match value.as_bytes().first()? {
            b'"' => (1, value[1..].split(['"', '\n']).next()?),
            b'\'' => (1, value[1..].split(['\'', '\n']).next()?),
            _ if separator == b'"' || (separator == b'=' && gap > 0) => return None,
            _ => (0, value.split(ends_bare_value).next()?),
        };
        // `password: hunter2` is a line of YAML, `a password: which one?` and `secret:read` are not.
        let whole_line = || self.text[start + value.len()..].trim_start_matches([' ', '\t', '\r']);
        if separator == b':'
            && open == 0
            && (gap == 0 || !matches!(whole_line().bytes().next(), None | Some(b'\n')))
        {
            return None;
        }
        let start = start + open;
        let is_other = match strength {
            Some(Strength::Sure) => is_reference(value),
            Some(Strength::Likely) => is_reference(value) || name::says_no_secret(value),
            // `?key=title` asks for a title.
            None => !value.bytes().any(|it| it.is_ascii_digit()) || value.len() < 6,
        };
        let is_number = || strength == Some(Strength::Likely) && value.parse::<f64>().is_ok();
        (!is_placeholder(value) && !is_other && !is_number())
            .then(|| Secret { range: start..start + value.len(), what: "a value that its name calls secret" })
    }

    /// A run that is too random to be a name.
    fn random(&self, start: usize) -> Option<Secret> {
        let before = &self.text[..start];
        if self.in_url || HASHES.iter().any(|it| before.ends_with(it)) {
            return None;
        }
        let padding = self.bytes()[self.at..].iter().take(2).take_while(|it| **it == b'=').count();
        let run = &self.text[start..self.at];
        let after = &self.text[self.at..];
        (!known::is_public(run, after) && random::is_random(run))
            .then(|| Secret { range: start..self.at + padding, what: random::WHAT })
    }
}

impl Iterator for Scan<'_> {
    type Item = Secret;

    fn next(&mut self) -> Option<Secret> {
        while self.at < self.text.len() || self.run.is_some() {
            if let Some(found) = self.step() {
                self.at = found.range.end;
                self.run = None;
                return Some(found);
            }
            self.at += 1;
        }
        None
    }
}

/// Names in the query of an address whose values let in whoever has the address.
const QUERIES: &[&str] = &["key", "sig", "signature", "code", "auth", "pass", "apikey", "subscription-key"];

/// What is written before a digest.
const HASHES: &[&str] = &[
    "sha1:", "sha256:", "sha384:", "sha512:", "SHA256:", "SHA384:", "SHA512:", "md5:", "MD5:", "h1:",
    ";base64,",
];

const ARMOUR: &str = "-----BEGIN ";
const ARMOUR_END: &str = "-----END ";

/// The length of an armoured text and whether it is private; `None` where it is neither private nor closed. A private
/// key without its end goes on to the end of the text: better too much hidden than too little.
fn armour(text: &str) -> Option<(usize, bool)> {
    let label = text[ARMOUR.len()..].split(['-', '\n']).next()?;
    let private = label.contains("PRIVATE KEY");
    let Some(closing) = text.find(ARMOUR_END) else { return private.then_some((text.len(), true)) };
    let end = closing + ARMOUR_END.len() + label.len() + "-----".len();
    Some((text.floor_char_boundary(end), private))
}

/// Whether a name takes the value beside it. In our own language `secret="name"` is a reference and lists of words may
/// hold any name, and everywhere `…Secret: name` is a Secret object more often than its value; there only a variable, an
/// option or a well-known pair of words counts.
fn owns_value(name: &str, separator: u8, strength: Strength) -> bool {
    const OWNERS: &[&str] =
        &["client", "app", "api", "shared", "jwt", "webhook", "consumer", "session", "cookie"];
    let variable =
        name.bytes().any(|it| it.is_ascii_uppercase()) && !name.bytes().any(|it| it.is_ascii_lowercase());
    let option = name.starts_with('-');
    let name = name.to_ascii_lowercase();
    let owned = || OWNERS.iter().any(|it| name.contains(it));
    let is_sure = strength == Strength::Sure;
    variable || option || is_sure && separator != b'"' && (!name.ends_with("secret") || owned())
}

/// Nothing is hidden where nothing is: an empty value, a variable, a template, stars.
fn is_placeholder(value: &str) -> bool {
    let first = value.bytes().next();
    value.len() < 3
        || matches!(first, Some(b'$' | b'{' | b'<' | b'%' | b'=' | b'[' | b'(' | b'#' | b'`'))
        || value.starts_with('\u{2026}')
        || value.bytes().all(|it| Some(it) == first)
}

/// A value that says where the secret is, or only whether there is one.
fn is_reference(value: &str) -> bool {
    const WORDS: &[&str] = &[
        "true", "false", "yes", "no", "none", "null", "required", "optional", "enabled", "disabled", "bearer",
    ];
    value.starts_with('/') || value.starts_with("./") || value.contains("://") || WORDS.contains(&value)
}

fn ends_authority(it: char) -> bool {
    matches!(it, '/' | '?' | '#' | '"' | '\'' | '`' | '<' | '>') || it.is_whitespace()
}

fn ends_bare_value(it: char) -> bool {
    matches!(it, '"' | '\'' | '`' | ';' | '&' | ',' | ')' | ']' | '}') || it.is_whitespace()
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'_' | b'-')
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'=')
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

fn count(bytes: &[u8], wanted: fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|it| wanted(**it)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table of tokens must not itself be taken for a leak, so each is cut by `~` and only whole while the test runs.
    fn whole(text: &str) -> String {
        text.replace('~', "")
    }

    const SECRET: &[(&str, &str)] = &[
        ("AKIA~2E7QX4TZ9K3WLM5P", "an AWS access key"),
        ("id AKIA~2E7QX4TZ9K3WLM5P here", "an AWS access key"),
        ("kR7vQ2~xLm9Tz4WpN8sYb3HdJ6cFgA1uEoVtXiB5M", "a random key or password"),
        ("wJalrXUtn~FEMI/K7MDENG/bPxRfiCYzQ8TvLmKp", "a random key or password"),
        ("ghp~_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5", "a GitHub token"),
        (
            "github~_pat_11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXyZ0123456789abcdefghijklmnopqrstuv",
            "a GitHub token",
        ),
        ("https://x:ghs~_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5@github.com/a/b", "a password in an address"),
        ("glpat~-x8Kq2Lm9Rt5Vw7Zy3Bn1", "a GitLab token"),
        ("xoxb~-1234567890-0987654321-aBcDeFgHiJkLmNoPqRsT", "a Slack token"),
        ("https://hooks.slack~.com/services/T0AB12CD3/B0EF45GH6/aBcDeFgHiJkLmNoPqRsTuVwX", "a Slack webhook"),
        ("https://hooks.slack~.com/services/T00/B00/hunter2hook", "a Slack webhook"),
        ("https://discord~.com/api/webhooks/123456789012345678/hunter2hook", "a Discord webhook"),
        (
            "https://acme.webhook.office~.com/webhookb2/0b1c-22@9d8e-11/IncomingWebhook/4f5a6b7c/1a2b-33",
            "a Microsoft Teams webhook",
        ),
        ("https://hooks.zapier~.com/hooks/catch/1234567/ab3de9/", "a Zapier webhook"),
        ("sk_live~_4eC39HqLyjWDarjtT1zdp7dc", "a Stripe key"),
        ("rk_test~_4eC39HqLyjWDarjtT1zdp7dc", "a Stripe key"),
        ("AIza~SyD4x8Kq2Lm9Rt5Vw7Zy3Bn1Fg6Hj0PcUeY", "a Google API key"),
        ("npm~_x8Kq2Lm9Rt5Vw7Zy3Bn1Fg6Hj0PcUeYaBcDE", "an npm token"),
        ("pypi~-AgEIcHlwaS5vcmcCJDk4NzY1NDMyLTEyMzQtNTY3OC05YWJjLWRlZjAxMjM0NTY3OA", "a PyPI token"),
        ("SG~.x8Kq2Lm9Rt5Vw7Zy3Bn1Fg.Hj0PcUeYaBcDx8Kq2Lm9Rt5Vw7Zy3Bn1Fg6Hj0PcUeY", "a SendGrid key"),
        ("hvs~.CAESIJx8Kq2Lm9Rt5Vw7Zy3Bn1Fg6Hj0PcUeY", "a Vault token"),
        ("s~.Qw4zTj9XkVb2NpGc7RdYx5Hm", "a Vault token"),
        ("AGE-SECRET~-KEY-1QL3Z7HJY54PW3HYWW5AYYFG7ZQGVC7W3J2ELW8ZMRJ2KG5SFN9AQMCAC8P", "an age secret key"),
        (
            "eyJ~hbGciOiJIUzI1NiJ9.eyJ~zdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
            "a JWT",
        ),
        ("Bearer eyJ~hbGciOiJub25lIn0.eyJ~zdWIiOiJhIn0.", "a JWT"),
        ("-----BEGIN RSA PRIVATE~ KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "a private key"),
        ("-----BEGIN OPENSSH PRIVATE~ KEY-----\nb3BlbnNz", "a private key"),
        (
            "-----BEGIN PGP PRIVATE~ KEY BLOCK-----\n\nlQdGBF\n-----END PGP PRIVATE KEY BLOCK-----",
            "a private key",
        ),
        ("postgres://app:hunter2@db.internal:5432/orders", "a password in an address"),
        ("redis://:s3cr3t@cache:6379/0", "a password in an address"),
        ("amqp://user:p@ss:word@mq/vhost", "a password in an address"),
        ("Server=db;User Id=app;Password=hunter2;", "a value that its name calls secret"),
        ("--password=hunter2", "a value that its name calls secret"),
        ("exec server --api-key='abc123' --verbose", "a value that its name calls secret"),
        ("DB_PASSWORD=hunter2", "a value that its name calls secret"),
        (
            "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=abc+def/123==;",
            "a value that its name calls secret",
        ),
        (r#"{"user": "app", "password": "hunter2"}"#, "a value that its name calls secret"),
        ("user: app\npassword: hunter2\nport: 5432", "a value that its name calls secret"),
        (r#"env "DB_PASSWORD" "hunter2""#, "a value that its name calls secret"),
        (r#"arguments "--token" "hunter2""#, "a value that its name calls secret"),
        ("client_secret=hunter2&grant_type=code", "a value that its name calls secret"),
        ("DB_PASS=correcthorse9", "a value that its name calls secret"),
        ("REDISCLI_AUTH: correcthorse9", "a value that its name calls secret"),
        ("STRIPE_SK='correcthorse9'", "a value that its name calls secret"),
        (r#"env "SESSION_KEY" "correcthorse9""#, "a value that its name calls secret"),
        ("--pass=correcthorse9", "a value that its name calls secret"),
        ("https://hooks.example.com/in?key=abc123def", "a value that its name calls secret"),
        ("https://x.example/f?a=1&sig=9f86d08188", "a value that its name calls secret"),
        ("Authorization: Basic cm9vdDpo~dW50ZXIy", "a login in base64"),
        ("'Authorization: Bearer tokSecret66zz'", "a token of a request"),
        ("dGhpcyBpcyBteSA=~ghp~_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5", "a GitHub token"),
        ("Z2hwX2FCM2RFNWdIN2pLOW1OMXBRM3NUNXZXN3laOWJDMWRFM2ZHNQ==", "a random key or password"),
    ];

    const HARMLESS: &[&str] = &[
        "",
        "hello world",
        "ghcr.io/acme/web@sha256:7777777777777777777777777777777777777777777777777777777777777777",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "5114f85e1c0d2b3a4f5e6d7c8b9a0f1e2d3c4b5a",
        "release-5114f85e1c0d2b3a4f5e6d7c8b9a0f1e2d3c4b5a",
        "550e8400-e29b-41d4-a716-446655440000",
        "https://github.com/acme/analytics/blob/main/README.md?plain=1#L10",
        "https://docs.example.com/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/edit",
        "postgres://app@db.internal:5432/orders?sslmode=verify-full",
        "postgres://app:${DB_PASSWORD}@db/orders",
        "postgres://$(PGUSER):$(PGPASSWORD)@db/orders",
        "/usr/share/nginx/html/assets/application.min.js",
        "/run/secrets/kubernetes.io/serviceaccount/token",
        "C:\\Program Files\\Trackside\\bin",
        "api.shop.prod-eu-west-1.internal.example.com",
        "ip-10-0-12-34.eu-central-1.compute.internal",
        "my-release-kube-prometheus-stack-operator-7d4b9c6f8d-x2v9k",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8x2Kq7Lm9Rt5Vw7Zy3Bn1Fg6Hj0PcUeYaBcDeFgHi dee@example.com",
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQDx8Kq2Lm9Rt5Vw7Zy3Bn1Fg6Hj0PcUeYaBcDx8Kq2Lm9 a@b",
        "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
        "-----BEGIN CERTIFICATE-----\nMIIBkTCB+wIJAKHHCgVZU8x2Kq7Lm9Rt5Vw7Zy3Bn1Fg6Hj0PcUeYaBcD\n-----END CERTIFICATE-----\n",
        "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEx8Kq2Lm9Rt5Vw7Zy3Bn1Fg6H\n-----END PUBLIC KEY-----",
        "-----BEGIN AGE ENCRYPTED FILE-----\nYWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSB4OEtxMkxtOVJ0NVZ3N1p5M0\n-----END AGE ENCRYPTED FILE-----",
        "v1.35.4-rc.1+build.20240101",
        "v0.0.0-20210101000000-abcdef123456",
        "2024-01-01T12:30:00.000000Z",
        "20240101T123456Z-amd64-linux-gnu-static",
        "aGVsbG8gd29ybGQ=",
        "aGVsbG8gd29ybGQgYW5kIGFsbCB3aG8gbGl2ZSBpbiBpdA==",
        "sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC",
        "SHA256:x8Kq2Lm9Rt5Vw7Zy3Bn1Fg6Hj0PcUeYaBcDx8Kq2Lm9",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
        "123456789012-abc3def4ghi5jkl6mno7pqr8stu9vwx0.apps.googleusercontent.com",
        "pk_live_4eC39HqLyjWDarjtT1zdp7dc",
        "arn:aws:iam::123456789012:role/application-deployment-role",
        "xn--39e4566fjv8bwmt6n.example",
        "0x18a6a6cbdc1f823fb1231280056740af",
        "WinHttpAutoProxyDetectTypeDnsA16",
        "io.kubernetes.cri-containerd.image-pull-policy",
        "kubernetes_io_configmap_reload_enabled_for_all",
        "getUserByIdFromDatabaseV2",
        "AbstractSingletonProxyFactoryBean2",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "--password=$PASSWORD --token=${TOKEN} --api-key=<key>",
        "--password-file=/run/secrets/password",
        "PASSWORD=/run/secrets/password",
        "--require-token=true",
        "password secret=\"cache-password\"",
        "env \"PGPASSWORD\" database=\"orders\" key=\"password\"",
        "env \"STRIPE_KEY\" secret=\"stripe-key\"",
        "client-secret secret=\"github-oauth\"",
        "access-token \"15m\"",
        "scopes \"read:token\" \"user:email\"",
        "select \"password\" \"email\"",
        "team:invite secret:read token:create",
        "imagePullSecret: regcred",
        "the password: it is wrong",
        "TOKEN_URL=https-only",
        "SMTP_AUTH=plain OTP=6 TLS_KEY=/etc/tls/tls.key HMAC=sha256",
        "auth=abc123 pin=left2 pass: all3",
        "https://example.com/list?key=title&sort=name&code=de",
        "Basic auth is off, Basic authentication is not",
        "Basic aGVsbG8gd29ybGQ=",
        "a Bearer token of RFC6750",
        "Authorization: Bearer <token> or Bearer $TOKEN",
        "max-age=31536000; includeSubDomains; preload",
        "default-src 'self'; script-src 'self' 'unsafe-inline'",
        "15 3 * * *",
    ];

    #[test]
    fn a_secret_is_named_and_nothing_of_it_is_left() {
        for (text, what) in SECRET {
            let text = whole(text);
            assert_eq!(looks_secret(&text), Some(*what), "{text}");
            let masked = masked(&text);
            assert!(masked.contains(MASK), "{masked}");
            assert_eq!(looks_secret(&masked), None, "{masked}");
        }
    }

    #[test]
    fn what_may_be_seen_is_left_alone() {
        for text in HARMLESS {
            assert_eq!(looks_secret(text), None, "{text}");
            assert_eq!(masked(text), *text);
        }
    }

    #[test]
    fn the_rest_of_a_text_stays_readable() {
        let cases = [
            ("postgres://app:hunter2@db:5432/orders", "postgres://app:[masked]@db:5432/orders"),
            (r#"env "DB_PASSWORD" "hunter2" // why"#, r#"env "DB_PASSWORD" "[masked]" // why"#),
            ("Server=db;Password=hunter2;Port=1", "Server=db;Password=[masked];Port=1"),
            ("`--token=hunter2` is plain text", "`--token=[masked]` is plain text"),
            ("a ghp~_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5, b", "a [masked], b"),
            ("k: kR7vQ2~xLm9Tz4WpN8sYb3HdJ6cFgA1uEoVtXiB5M==\n", "k: [masked]\n"),
            ("x -----BEGIN PRIVATE~ KEY-----\nMII\n-----END PRIVATE KEY----- y", "x [masked] y"),
        ];
        for (text, expected) in cases {
            assert_eq!(masked(&whole(text)), expected);
        }
    }

    #[test]
    fn a_name_and_its_value_tell_what_is_secret() {
        let secret = [
            ("DB_PASS", "correcthorse9"),
            ("AUTH", "correcthorse9"),
            ("DB_PASSWORD", "plain"),
            ("DSN", "app:pw@tcp(db)/x"),
        ];
        for (name, value) in secret {
            assert!(names_secret(name) && is_called_secret(name, value), "{name} {value}");
        }
        let plain = [
            ("SMTP_AUTH", "plain"),
            ("TLS_KEY", "/etc/tls/tls.key"),
            ("DB_PASSWORD", ""),
            ("DB_PASSWORD", "true"),
            ("PIN", "4"),
            ("DB_PASSWORD", "$(PGPASSWORD)"),
            ("LOG_LEVEL", "correcthorse9"),
        ];
        for (name, value) in plain {
            assert!(!is_called_secret(name, value), "{name} {value}");
        }
        assert!(!names_secret("auth"));
    }

    /// Each of these took quadratic time in some version of this file or of others like it: two hundred thousand bytes would not end.
    #[test]
    fn a_hostile_line_is_read_once() {
        let pieces = [
            "a",
            "a-",
            "a_",
            "eyJ-",
            "eyJ.",
            "eyJ.eyJ",
            "-----BEGIN X-----",
            "-----BEGIN X-----END ",
            "-----",
            "://a:",
            "://",
            "password=",
            "password: ",
            "\"A_TOKEN\" \"",
            "PASSWORD\"",
            "ghp_",
            "AKIA",
            "s.",
            "=",
            "\"",
            "SK",
            "aB1",
            "+/",
            "hooks.slack.com/services/",
            "sk-a",
            "é",
            "\u{1b}",
            "##[",
            "-----BEGIN PRIVATE KEY-----\n",
        ];
        for piece in pieces {
            let text = piece.repeat(200_000 / piece.len());
            let masked = masked(&text);
            assert!(masked.len() <= 3 * text.len(), "{piece}");
            private_keys(&text);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_cut_between_characters(text in "(?s).{0,200}|[a-zA-Z0-9:/@=\"'\u{e9} .-]{0,200}") {
            let secrets: Vec<Secret> = secrets(&text).collect();
            for pair in secrets.windows(2) {
                proptest::prop_assert!(pair[0].range.end <= pair[1].range.start);
            }
            for Secret { range, .. } in secrets {
                proptest::prop_assert!(text.get(range).is_some_and(|it| !it.is_empty()));
            }
        }
    }
}
