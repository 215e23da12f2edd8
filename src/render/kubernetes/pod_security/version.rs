//! Versions of the standards: each is that of a minor version of Kubernetes 1.

use std::fmt;

/// A minor version of Kubernetes 1. Standards have been judged by versions since v1.0, long before there was a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minor(pub u32);

impl Minor {
    /// The newest whose standards are known, and what `latest` means.
    pub const LATEST: Self = Self(35);

    /// That of a cluster, by its major and minor version.
    pub fn of((major, minor): (u32, u32)) -> Self {
        // There is no Kubernetes 2, and it would be newer than all that is known.
        Self(if major > 1 { u32::MAX } else { minor })
    }

    /// Reads the value of a label: `latest` or `v1.35`.
    pub fn read(text: &str) -> Option<Self> {
        if text == "latest" {
            return Some(Self::LATEST);
        }
        let digits = text.strip_prefix("v1.")?;
        let is_number = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit());
        if !is_number || digits.len() > 1 && digits.starts_with('0') {
            return None;
        }
        // The plugin reads 63 bits. What is beyond 32 is newer than all that is known, too.
        let number: i64 = digits.parse().ok()?;
        Some(Self(u32::try_from(number).unwrap_or(u32::MAX)))
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "v1.{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_as_the_plugin_reads_them() {
        let read = |text: &str| Minor::read(text).map(|it| it.0);
        assert_eq!(read("latest"), Some(35));
        assert_eq!(read("v1.0"), Some(0));
        assert_eq!(read("v1.29"), Some(29));
        assert_eq!(read("v1.99"), Some(99));
        assert_eq!(read("v1.4294967296"), Some(u32::MAX));
        assert_eq!(read("v1.9223372036854775807"), Some(u32::MAX));
        for wrong in [
            "",
            "Latest",
            "1.29",
            "v1",
            "v1.",
            "v1.08",
            "v1.00",
            "v1.29.1",
            "v1.+1",
            "v1.-1",
            "v1.29 ",
            " v1.29",
            "v1.29\n",
            "v2.0",
            "V1.29",
            "v1.٣",
            "v1.9223372036854775808",
        ] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_cluster_newer_than_all_that_is_known_is_newer() {
        assert_eq!(Minor::of((1, 33)), Minor(33));
        assert!(Minor::of((2, 0)) > Minor::LATEST);
        assert_eq!(Minor::of((1, 35)).to_string(), "v1.35");
    }
}
