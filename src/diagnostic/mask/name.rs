//! Names whose value is secret: `DB_PASSWORD`, `client-secret`, `SMTP_PASS`, `licenseKey`.
//!
//! A name is judged by how it ends, because that is what the thing is: `TOKEN_URL` is an address, `PASSWORD_FILE` a path,
//! `STRIPE_KEY_ID` an id. Some endings say enough wherever they stand ([`PLAIN`]). Shorter ones mean a secret only as a
//! word of their own ([`SHORT`]): `AUTH` and not `OAUTH`, `PASS` and not `BYPASS`. And a key is secret by whose key it is
//! ([`KEYS`]): `SESSION_KEY` and not `SORT_KEY`.

/// How sure a name is of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// Its value may also say how or where: `SMTP_AUTH=plain`, `TLS_KEY=/etc/tls/tls.key`.
    Likely,
    /// Nobody calls anything else so.
    Sure,
}

/// What a name says of its value; `None` where it says nothing of a secret.
pub(super) fn strength(name: &str) -> Option<Strength> {
    let name = without_number(name);
    let letters: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|it| it.to_ascii_lowercase()).collect();
    let words = words(name);
    let (last, before) = words.split_last()?;
    if last.ends_with("key") && words.iter().any(|it| PUBLIC.contains(&it.as_str())) {
        return None;
    }
    if PLAIN.iter().any(|it| letters.ends_with(it)) {
        return Some(Strength::Sure);
    }
    let of_key = last.strip_suffix("key").filter(|it| !it.is_empty());
    let of_key = of_key.or_else(|| before.last().filter(|_| last == "key").map(String::as_str));
    let is_glued = last.ends_with("pass") && !NO_PASS.iter().any(|it| last.ends_with(it));
    let is_likely = SHORT.contains(&last.as_str()) || is_glued || of_key.is_some_and(|it| KEYS.contains(&it));
    is_likely.then_some(Strength::Likely)
}

/// Whether a value says how or where instead of being the secret: a mode, a path, an address without a login.
pub(super) fn says_no_secret(value: &str) -> bool {
    const PUBLISHED: &[&str] = &["ssh-", "ecdsa-", "pk_", "age1", "-----BEGIN PUBLIC", "-----BEGIN CERT"];
    let has_login = value.contains('@');
    value.starts_with('/')
        || value.starts_with("./")
        || PUBLISHED.iter().any(|it| value.starts_with(it))
        || (value.contains("://") && !has_login)
        // The login of a database without its password; one with it looks secret itself.
        || (has_login && value.contains("://") && !value.starts_with("http"))
        || MODES.iter().any(|it| it.eq_ignore_ascii_case(value))
}

/// Endings that mean a secret wherever they stand.
const PLAIN: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "encryptionkey",
    "decryptionkey",
    "signingkey",
    "accountkey",
    "authkey",
    "masterkey",
    "credential",
    "credentials",
    "mnemonic",
];

/// Last words that mean a secret by themselves.
const SHORT: &[&str] = &[
    "pass",
    "cred",
    "creds",
    "auth",
    "authorization",
    "bearer",
    "jwt",
    "salt",
    "pepper",
    "hmac",
    "otp",
    "pin",
    "psk",
    "dsn",
    "sk",
];

/// Words that end like a password and are none.
const NO_PASS: &[&str] = &["bypass", "compass", "encompass", "trespass", "surpass", "lowpass", "highpass"];

/// Whose key it is, where that makes it secret.
const KEYS: &[&str] = &[
    "session",
    "cookie",
    "license",
    "licence",
    "activation",
    "hmac",
    "jwt",
    "jwe",
    "crypto",
    "crypt",
    "cipher",
    "aes",
    "rsa",
    "ssh",
    "tls",
    "ssl",
    "gpg",
    "pgp",
    "wrapping",
    "webhook",
    "shared",
    "service",
    "app",
    "admin",
    "root",
    "deploy",
    "stripe",
];

/// What makes a key one that everybody may have.
const PUBLIC: &[&str] = &["public", "publishable", "pub", "anon", "verification"];

/// Values that say how something is done, or whether.
const MODES: &[&str] = &[
    "true",
    "false",
    "yes",
    "no",
    "on",
    "off",
    "none",
    "null",
    "default",
    "auto",
    "required",
    "optional",
    "enabled",
    "disabled",
    "anonymous",
    "basic",
    "bearer",
    "digest",
    "plain",
    "login",
    "password",
    "token",
    "oauth",
    "oauth2",
    "oidc",
    "openid",
    "jwt",
    "saml",
    "ldap",
    "ntlm",
    "kerberos",
    "gssapi",
    "negotiate",
    "mtls",
    "tls",
    "ssl",
    "cram-md5",
    "md5",
    "sha1",
    "sha256",
    "sha384",
    "sha512",
    "hs256",
    "hs384",
    "hs512",
    "rs256",
    "es256",
    "eddsa",
    "scram-sha-256",
    "scram-sha-512",
    "trust",
    "peer",
    "ident",
    "cert",
    "certificate",
    "internal",
    "external",
    "local",
    "native",
    "session",
    "cookie",
    "github",
    "gitlab",
    "google",
    "keycloak",
    "all",
    "any",
];

/// The same name without the number at its end: `DB_PASSWORD_2` is the second password. Auth0 is a company.
fn without_number(name: &str) -> &str {
    let stem = name.trim_end_matches(|it: char| it.is_ascii_digit());
    let is_company =
        name.len() >= 5 && name.get(name.len() - 5..).is_some_and(|it| it.eq_ignore_ascii_case("auth0"));
    if is_company { name } else { stem.trim_end_matches(['_', '-', '.']) }
}

/// The words of a name, in small letters: parted by what is no letter or digit, and where a capital follows a small letter.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for it in name.chars() {
        if !it.is_ascii_alphanumeric() || (was_small && it.is_ascii_uppercase()) {
            words.push(String::new());
        }
        was_small = it.is_ascii_lowercase() || it.is_ascii_digit();
        if let Some(word) = words.last_mut().filter(|_| it.is_ascii_alphanumeric()) {
            word.push(it.to_ascii_lowercase());
        }
    }
    words.retain(|it| !it.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_how_sure_it_is() {
        let sure = "DB_PASSWORD client-secret apiKey STRIPE_API_KEY DB_PASSWORD2 API_KEY_2 pgpassword GITHUB_TOKEN DB_PWD CREDENTIALS";
        let likely = "DB_PASS PASS DBPASS PGPASS CREDS SESSION_KEY AUTH BEARER AUTHORIZATION REDISCLI_AUTH SALT PEPPER \
                      HMAC OTP PIN LICENSE_KEY STRIPE_SK DSN SENTRY_DSN STRIPE_KEY licenseKey sessionKey dbPass TLS_KEY";
        let neither = "TOKEN_URL PASSWORD_FILE STRIPE_KEY_ID PUBLIC_KEY VAPID_PUBLIC_KEY STRIPE_PUBLISHABLE_KEY \
                       NEXT_PUBLIC_API_KEY LOG_LEVEL tokens monkey AUTHOR OAUTH GIT_AUTHOR_NAME BYPASS COMPASS SPIN \
                       PASSENGERS PASSIVE SORT_KEY KEY PARTITION_KEY LICENSE HMAC_ALGORITHM SALT_ROUNDS basalt DISK TASK \
                       AUTH_URL PINNED SESSION turnkey keyboard AUTH0 OAUTH2 SHA256 HMAC_SHA256";
        for (names, expected) in
            [(sure, Some(Strength::Sure)), (likely, Some(Strength::Likely)), (neither, None)]
        {
            for name in names.split_whitespace() {
                assert_eq!(strength(name), expected, "{name}");
            }
        }
        assert_eq!(strength(""), None);
    }

    #[test]
    fn what_says_how_or_where_is_no_secret() {
        for value in [
            "plain",
            "SHA256",
            "/etc/tls/tls.key",
            "ssh-ed25519 AAAAC3",
            "https://auth.example.com",
            "postgres://app@db/orders",
        ] {
            assert!(says_no_secret(value), "{value}");
        }
        for value in
            ["correcthorse9", "https://0123abc@o0.ingest.example/1", "app:pw@tcp(db)/orders", "hunter2"]
        {
            assert!(!says_no_secret(value), "{value}");
        }
    }
}
