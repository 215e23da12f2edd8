//! Arguments of a program that are secrets by the option before them: `--token tok`, `--password pw`, `-p pw`.

use crate::diagnostic::mask::name::{self, Strength};
use crate::diagnostic::mask::{is_placeholder, is_reference};

/// What such an argument is called.
pub(super) const WHAT: &str = "the value of an option that takes a secret";

/// The places of the arguments that an earlier one calls secret. Of `-p`, which is a port, a profile or a path as well, only
/// what looks made up counts, or what one of [`CLIENTS`] is given.
pub(super) fn secrets<'a>(line: impl IntoIterator<Item = &'a str>) -> Vec<usize> {
    let mut found = Vec::new();
    let (mut option, mut is_client) = ("", false);
    for (at, argument) in line.into_iter().enumerate() {
        let is_value = !argument.starts_with('-') && !is_placeholder(argument) && !is_reference(argument);
        let is_secret = match option.strip_prefix("--") {
            Some(option) => is_value && takes_secret(option, argument),
            None if option == "-p" => is_value && (is_client || is_made_up(argument)),
            // `mysql -pArgs88`: such a client takes it without a space.
            None => is_client && argument.strip_prefix("-p").is_some_and(|it| !is_placeholder(it)),
        };
        if is_secret {
            found.push(at);
        }
        let program = argument.rsplit('/').next().unwrap_or_default();
        is_client |= CLIENTS.contains(&program);
        option = argument;
    }
    found
}

/// Programs whose `-p` is the password.
const CLIENTS: &[&str] = &[
    "mysql",
    "mysqladmin",
    "mysqldump",
    "mysqlimport",
    "mysqlsh",
    "mysqlbinlog",
    "mariadb",
    "mariadb-admin",
    "mariadb-dump",
    "sshpass",
    "mongo",
    "mongosh",
    "mongodump",
    "mongorestore",
];

/// Whether an option such as `client-secret` takes a secret, and this is none of the modes that it may take as well.
fn takes_secret(option: &str, value: &str) -> bool {
    match name::strength(option) {
        Some(Strength::Sure) => true,
        Some(Strength::Likely) => !name::says_no_secret(value) && value.parse::<f64>().is_err(),
        None => false,
    }
}

/// Letters and digits without what parts the words of a name, a path, a port.
fn is_made_up(value: &str) -> bool {
    let has = |wanted: fn(&u8) -> bool| value.as_bytes().iter().any(wanted);
    value.len() >= 6
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic)
        && !has(|it| matches!(it, b'-' | b'_' | b'.' | b'/' | b':' | b','))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_before_tells() {
        let cases: &[(&str, &[usize])] = &[
            ("--token tokSecret66zz --password argSecret77", &[1, 3]),
            ("serve --client-secret abcdef --port 8080", &[2]),
            ("mysql -u root -pArgs88 shop", &[3]),
            ("/usr/bin/mysqldump -p hunter shop", &[2]),
            ("-p argSecret77", &[1]),
            ("serve -p 8080 -path x -prod", &[]),
            ("tsc -p tsconfig.json", &[]),
            ("compose -p shop-2 up", &[]),
            ("mkdir -p /data/v2cache1", &[]),
            ("--token --verbose", &[]),
            ("--token $(TOKEN) --password ${PW} --api-key <key>", &[]),
            ("--password-file /run/secrets/pw --token /run/secrets/token", &[]),
            ("--auth basic --pin 4 --public-key abc", &[]),
            ("password hunter2", &[]),
            ("", &[]),
        ];
        for (line, expected) in cases {
            assert_eq!(secrets(line.split_whitespace()), *expected, "{line}");
        }
    }
}
