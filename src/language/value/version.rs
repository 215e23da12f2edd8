//! Versions of Kubernetes.

use std::fmt;

use crate::language::value::plain::digits;
use crate::language::value::refusal::{float, quote};
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

/// A minor version of Kubernetes that trackside knows: `1.35`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KubernetesVersion {
    /// The number before the point.
    pub major: u32,
    /// The number behind it.
    pub minor: u32,
}

/// The oldest minor version of Kubernetes 1 that is known.
const OLDEST: u32 = 33;
/// The newest one.
const NEWEST: u32 = 37;

impl KubernetesVersion {
    /// All that are known, oldest first.
    pub fn known() -> impl Iterator<Item = Self> {
        (OLDEST..=NEWEST).map(|minor| Self { major: 1, minor })
    }

    fn read(text: &str) -> Result<Self, Invalid> {
        Self::FORM.within(text, 20)?;
        let parts = text.split_once('.').and_then(|(major, minor)| Some((digits(major)?, digits(minor)?)));
        let Some((major, minor)) = parts else {
            return Err(Self::FORM.refuse(format!("{} is not a minor version of Kubernetes", quote(text))));
        };
        Self::known().find(|it| (u64::from(it.major), u64::from(it.minor)) == (major, minor)).ok_or_else(
            || {
                Invalid::new(format!("Kubernetes {} is not supported", quote(text)))
                    .help(format!("the supported versions are `1.{OLDEST}` to `1.{NEWEST}`"))
            },
        )
    }
}

impl Parse for KubernetesVersion {
    const FORM: Form = Form {
        name: "Kubernetes version",
        expects: "a minor version of Kubernetes from `1.33` to `1.37`, in quotes",
        example: "\"1.35\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        if let Value::Float(number) = value {
            return Err(Self::FORM.mismatch(value).mend(&float(number), Self::read));
        }
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| {
            // `v1.35.4`: the patch is the cluster's own affair.
            let bare = text.trim().trim_start_matches('v');
            match bare.match_indices('.').nth(1) {
                Some((patch, _)) => it.mend(&bare[..patch], Self::read),
                None => it.mend(bare, Self::read),
            }
        })
    }
}

impl fmt::Display for KubernetesVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

serialized_as_displayed!(KubernetesVersion);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn only_known_versions_are_read() {
        insta::assert_snapshot!(check::<KubernetesVersion>(r#"
            "1.33"
            "1.37"
            1.35
            "1.32"
            "1.38"
            "2.35"
            "1.035"
            v1.35
            v1.35.4
            1.3
            latest
            135
        "#), @r##"
        "1.33" => 1.33
        "1.37" => 1.37
        1.35 => expected a Kubernetes version, found the number `1.35` | write a minor version of Kubernetes from `1.33` to `1.37`, in quotes, as in `"1.35"` | "1.35"
        "1.32" => Kubernetes `1.32` is not supported | the supported versions are `1.33` to `1.37`
        "1.38" => Kubernetes `1.38` is not supported | the supported versions are `1.33` to `1.37`
        "2.35" => Kubernetes `2.35` is not supported | the supported versions are `1.33` to `1.37`
        "1.035" => `1.035` is not a minor version of Kubernetes | write a minor version of Kubernetes from `1.33` to `1.37`, in quotes, as in `"1.35"`
        v1.35 => `v1.35` is not a minor version of Kubernetes | write a minor version of Kubernetes from `1.33` to `1.37`, in quotes, as in `"1.35"` | "1.35"
        v1.35.4 => `v1.35.4` is not a minor version of Kubernetes | write a minor version of Kubernetes from `1.33` to `1.37`, in quotes, as in `"1.35"` | "1.35"
        1.3 => expected a Kubernetes version, found the number `1.3` | write a minor version of Kubernetes from `1.33` to `1.37`, in quotes, as in `"1.35"`
        latest => `latest` is not a minor version of Kubernetes | write a minor version of Kubernetes from `1.33` to `1.37`, in quotes, as in `"1.35"`
        135 => expected a Kubernetes version, found the number `135` | write a minor version of Kubernetes from `1.33` to `1.37`, in quotes, as in `"1.35"`
        "##);
    }

    #[test]
    fn the_form_names_what_is_known() {
        for version in [OLDEST, NEWEST] {
            assert!(KubernetesVersion::FORM.expects.contains(&format!("`1.{version}`")));
        }
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<KubernetesVersion>("v?1\\.3[0-9](\\.[0-9])?");
    }
}
