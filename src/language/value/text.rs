//! Texts with a form: addresses of people, names of environment variables, paths, labels.

mod email;
mod https_url;
mod label;
mod secret_key;

use std::sync::Arc;

use crate::language::value::refusal::{is_invisible, quote};
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

/// The address of a person: `ana@example.com`, at most 254 characters, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(pub(super) Arc<str>);

/// The name of an environment variable: `[A-Z_][A-Z0-9_]*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvName(pub(super) Arc<str>);

/// Where something is mounted in a container: an absolute path without `..`, `.` and doubled `/`, not `/` itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MountPath(pub(super) Arc<str>);

/// The key of a Kubernetes label, with an optional prefix: `example.com/team`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelKey(pub(super) Arc<str>);

/// The value of a Kubernetes label: at most 63 characters of `A-Z a-z 0-9 - _ .`, or empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelValue(pub(super) Arc<str>);

/// A label as others have set it, to select by: `k8s-app=kube-dns`. Its key may have any prefix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelPair {
    /// What stands before the `=`.
    pub key: LabelKey,
    /// What stands behind it.
    pub value: LabelValue,
}

/// An `https` address of a repository or page, without a user, password or fragment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HttpsUrl(pub(super) Arc<str>);

/// One line of text for people, without control characters, at most 500 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line(pub(super) Arc<str>);

/// The name of one value in a secret of several: `password`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretKey(pub(super) Arc<str>);

impl HttpsUrl {
    /// An address out of a table.
    pub(in crate::language) fn known(text: &'static str) -> Self {
        Self(Arc::from(text))
    }
}

texts!(Email, EnvName, MountPath, LabelKey, LabelValue, HttpsUrl, Line, SecretKey);

impl Parse for EnvName {
    const FORM: Form = Form {
        name: "environment variable",
        expects: "capital letters, digits and `_`, no digit first",
        example: "\"LOG_LEVEL\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        let respelled = || text.trim().replace(['-', '.', ' '], "_").to_ascii_uppercase();
        Self::read(text).map_err(|it| it.mend(&respelled(), Self::read))
    }
}

impl EnvName {
    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 128)?;
        form.only(text, |it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '_')?;
        if text.starts_with(|it: char| it.is_ascii_digit()) {
            return Err(form.refuse(format!("{} starts with a digit", quote(text))));
        }
        Ok(Self(Arc::from(text)))
    }
}

impl Parse for MountPath {
    const FORM: Form = Form {
        name: "mount path",
        expects: "an absolute path below `/` without `.`, `..` and a final `/`",
        example: "\"/var/cache/app\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        let respelled = || {
            let parts = text.trim().split('/').filter(|it| !it.is_empty() && *it != ".");
            parts.fold(String::new(), |path, part| path + "/" + part)
        };
        Self::read(text)
            .map_err(|it| if text.trim().starts_with('/') { it.mend(&respelled(), Self::read) } else { it })
    }
}

impl MountPath {
    /// Whether another path is this one or below it, so that one mount would hide the other.
    pub fn covers(&self, other: &Self) -> bool {
        let behind = other.0.strip_prefix(&*self.0);
        behind.is_some_and(|it| it.is_empty() || it.starts_with('/'))
    }

    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 512)?;
        if !text.starts_with('/') {
            return Err(form.refuse(format!("{} does not start with `/`", quote(text))));
        }
        if text == "/" {
            return Err(form.refuse("`/` is the whole file system of the image".to_owned()));
        }
        form.only(text, |it| it.is_ascii_alphanumeric() || "/._-+@%=,~".contains(it))?;
        let mut parts = text[1..].split('/');
        if let Some(part) = parts.find(|it| matches!(*it, "" | "." | "..")) {
            return Err(form.refuse(match part {
                "" if text.ends_with('/') => format!("{} ends with `/`", quote(text)),
                "" => format!("{} has two `/` in a row", quote(text)),
                dots => format!("{} has `{dots}` between its `/`", quote(text)),
            }));
        }
        let kernel =
            |root: &str| text.strip_prefix(root).is_some_and(|it| it.is_empty() || it.starts_with('/'));
        // Below `/dev` is `/dev/shm`, which programs do mount.
        if kernel("/proc") || kernel("/sys") || text == "/dev" {
            return Err(form.refuse(format!("{} belongs to the kernel", quote(text))));
        }
        Ok(Self(Arc::from(text)))
    }
}

impl Parse for Line {
    const FORM: Form =
        Form { name: "line of text", expects: "one line of at most 500 characters", example: "\"Web shop\"" };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        let on_one_line = || text.split_whitespace().fold(String::new(), |line, word| line + " " + word);
        Self::read(text).map_err(|it| it.mend(on_one_line().trim_start(), Self::read))
    }
}

impl Line {
    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 500)?;
        if text.contains(['\n', '\r']) {
            return Err(form.refuse(format!("{} has more than one line", quote(text))));
        }
        form.only(text, |it| !is_invisible(it))?;
        if text.trim() != text {
            return Err(form.refuse(format!("{} starts or ends with a space", quote(text))));
        }
        Ok(Self(Arc::from(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn environment_variables_are_in_capitals() {
        insta::assert_snapshot!(check::<EnvName>(r#"
            LOG_LEVEL
            _X1
            log-level
            "1ST"
            LOG LEVEL!
            GRÖSSE
            ""
            5
        "#), @r##"
        LOG_LEVEL => LOG_LEVEL
        _X1 => _X1
        log-level => `log-level` has `l`, which an environment variable cannot have | write capital letters, digits and `_`, no digit first, as in `"LOG_LEVEL"` | "LOG_LEVEL"
        "1ST" => `1ST` starts with a digit | write capital letters, digits and `_`, no digit first, as in `"LOG_LEVEL"`
        LOG LEVEL! => `LOG LEVEL!` has a space, which an environment variable cannot have | write capital letters, digits and `_`, no digit first, as in `"LOG_LEVEL"`
        GRÖSSE => `GRÖSSE` has `Ö`, which an environment variable cannot have | write capital letters, digits and `_`, no digit first, as in `"LOG_LEVEL"`
        "" => an environment variable cannot be empty | write capital letters, digits and `_`, no digit first, as in `"LOG_LEVEL"`
        5 => expected an environment variable, found the number `5` | write capital letters, digits and `_`, no digit first, as in `"LOG_LEVEL"`
        "##);
    }

    #[test]
    fn mount_paths_are_plain() {
        insta::assert_snapshot!(check::<MountPath>(r#"
            /tmp
            /etc/app/config.yaml
            /dev/shm
            /data/..a
            /
            tmp
            ./tmp
            /tmp/
            //tmp
            /a//b/./c
            /a/../b
            /proc/self
            /sys
            /dev
            /process
            "C:\\data"
            /a:b
            /a b
        "#), @r##"
        /tmp => /tmp
        /etc/app/config.yaml => /etc/app/config.yaml
        /dev/shm => /dev/shm
        /data/..a => /data/..a
        / => `/` is the whole file system of the image | write an absolute path below `/` without `.`, `..` and a final `/`, as in `"/var/cache/app"`
        tmp => `tmp` does not start with `/` | write an absolute path below `/` without `.`, `..` and a final `/`, as in `"/var/cache/app"`
        ./tmp => `./tmp` does not start with `/` | write an absolute path below `/` without `.`, `..` and a final `/`, as in `"/var/cache/app"`
        /tmp/ => `/tmp/` ends with `/` | write an absolute path below `/` without `.`, `..` and a final `/`, as in `"/var/cache/app"` | "/tmp"
        //tmp => `//tmp` has two `/` in a row | write an absolute path below `/` without `.`, `..` and a final `/`, as in `"/var/cache/app"` | "/tmp"
        /a//b/./c => `/a//b/./c` has two `/` in a row | write an absolute path below `/` without `.`, `..` and a final `/`, as in `"/var/cache/app"` | "/a/b/c"
        /a/../b => `/a/../b` has `..` between its `/` | write an absolute path below `/` without `.`, `..` and a final `/`, as in `"/var/cache/app"`
        /proc/self => `/proc/self` belongs to the kernel | write an absolute path below `/` without `.`, `..` and a final `/`, as in `"/var/cache/app"`
        /sys => `/sys` belongs to the kernel | write an absolute path below `/` without `.`, `..` and a final `/`, as in `"/var/cache/app"`
        /dev => `/dev` belongs to the kernel | write an absolute path below `/` without `.`, `..` and a final `/`, as in `"/var/cache/app"`
        /process => /process
        "C:\\data" => `C:\data` does not start with `/` | write an absolute path below `/` without `.`, `..` and a final `/`, as in `"/var/cache/app"`
        /a:b => `/a:b` has `:`, which a mount path cannot have | write an absolute path below `/` without `.`, `..` and a final `/`, as in `"/var/cache/app"`
        /a b => `/a b` has a space, which a mount path cannot have | write an absolute path below `/` without `.`, `..` and a final `/`, as in `"/var/cache/app"`
        "##);
    }

    #[test]
    fn a_mount_covers_what_is_below_it() {
        let path = |text| MountPath::parse(Value::String(text)).expect("it is a path");
        assert!(path("/data").covers(&path("/data/cache")));
        assert!(path("/data").covers(&path("/data")));
        assert!(!path("/data").covers(&path("/database")));
    }

    #[test]
    fn a_line_is_one_line() {
        insta::assert_snapshot!(check::<Line>(r#"
            Web shop
            Straßenkarte “ü”
            "two\nlines"
            " padded "
            "a\u{202e}b"
            "bell\u{7}"
            ""
            "   "
            1
        "#), @r##"
        Web shop => Web shop
        Straßenkarte “ü” => Straßenkarte “ü”
        "two\nlines" => `two\u{a}lines` has more than one line | write one line of at most 500 characters, as in `"Web shop"` | "two lines"
        " padded " => ` padded ` starts or ends with a space | write one line of at most 500 characters, as in `"Web shop"` | "padded"
        "a\u{202e}b" => `a\u{202e}b` has the invisible character `\u{202e}`, which a line of text cannot have | write one line of at most 500 characters, as in `"Web shop"`
        "bell\u{7}" => `bell\u{7}` has the invisible character `\u{7}`, which a line of text cannot have | write one line of at most 500 characters, as in `"Web shop"`
        "" => a line of text cannot be empty | write one line of at most 500 characters, as in `"Web shop"`
        "   " => `   ` starts or ends with a space | write one line of at most 500 characters, as in `"Web shop"`
        1 => expected a line of text, found the number `1` | write one line of at most 500 characters, as in `"Web shop"`
        "##);
        let told = check::<Line>(&"é".repeat(501));
        assert!(told.contains("has 501 characters | shorten it"), "{told}");
        assert!(told.len() < 1300, "the text is quoted in part");
        assert!(Line::parse(Value::String(&"é".repeat(500))).is_ok(), "characters count, not bytes");
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<EnvName>("[A-Za-z_][A-Z0-9_.-]{0,20}");
        holds::<MountPath>("(/[a-z.]{0,5}){1,5}");
        holds::<Line>(".{1,20}");
    }
}
