//! Sets of ports: exact, over all protocols that network policies know.

use std::fmt;
use std::ops::{BitAnd, BitOr, RangeInclusive, Sub};

use range_set_blaze::RangeSetBlaze;

/// A transport protocol that network policies know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// SCTP.
    Sctp,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    /// In the order of their names.
    pub const ALL: [Self; 3] = [Self::Sctp, Self::Tcp, Self::Udp];

    /// Its name in manifests.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sctp => "SCTP",
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        }
    }

    /// The protocol of a name.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }

    /// Where its port 0 would stand among those of all: nothing is there, so ranges of two protocols never touch.
    fn base(self) -> u32 {
        (self as u32) << 16
    }
}

/// The ports of an endpoint that something may reach, by protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ports(RangeSetBlaze<u32>);

/// All numbers that ports have.
pub const NUMBERS: RangeInclusive<u16> = 1..=u16::MAX;

impl Ports {
    /// No port.
    pub fn none() -> Self {
        Self::default()
    }

    /// Every port of every protocol.
    pub fn all() -> Self {
        Protocol::ALL.into_iter().fold(Self::none(), |all, it| &all | &Self::of(it, NUMBERS))
    }

    /// Some ports of a protocol; none where the range is empty.
    pub fn of(protocol: Protocol, numbers: RangeInclusive<u16>) -> Self {
        let (first, last) = numbers.into_inner();
        let base = protocol.base();
        match first.max(1) <= last {
            true => Self([base + u32::from(first.max(1))..=base + u32::from(last)].into_iter().collect()),
            false => Self::none(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every one is in it.
    pub fn is_all(&self) -> bool {
        *self == Self::all()
    }

    /// Whether all of the other are in it.
    pub fn contains(&self, other: &Self) -> bool {
        other.0.is_subset(&self.0)
    }

    /// What of a protocol is in it, as ranges that do not touch.
    pub fn ranges(&self, protocol: Protocol) -> impl Iterator<Item = RangeInclusive<u16>> + '_ {
        let base = protocol.base();
        let number = move |it: u32| u16::try_from(it - base).ok();
        let of_protocol = self.0.ranges().filter(move |it| *it.start() & !0xffff == base);
        of_protocol.filter_map(move |it| Some(number(*it.start())?..=number(*it.end())?))
    }

    /// One of them: what a witness names.
    pub fn first(&self) -> Option<(Protocol, u16)> {
        // The one that people speak of most.
        [Protocol::Tcp, Protocol::Udp, Protocol::Sctp]
            .into_iter()
            .find_map(|it| Some((it, *self.ranges(it).next()?.start())))
    }
}

impl BitOr for &Ports {
    type Output = Ports;

    fn bitor(self, other: Self) -> Ports {
        Ports(&self.0 | &other.0)
    }
}

impl BitAnd for &Ports {
    type Output = Ports;

    fn bitand(self, other: Self) -> Ports {
        Ports(&self.0 & &other.0)
    }
}

impl Sub for &Ports {
    type Output = Ports;

    fn sub(self, other: Self) -> Ports {
        Ports(&self.0 - &other.0)
    }
}

/// As policy analysers write them: `All Connections`, or `SCTP 9,TCP 80,443,8000-8999,UDP 53` by the names of protocols.
impl fmt::Display for Ports {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return formatter.write_str("No Connections");
        }
        if self.is_all() {
            return formatter.write_str("All Connections");
        }
        let mut between = "";
        for protocol in Protocol::ALL {
            for (index, range) in self.ranges(protocol).enumerate() {
                formatter.write_str(between)?;
                if index == 0 {
                    write!(formatter, "{} ", protocol.word())?;
                }
                match range.start() == range.end() {
                    true => write!(formatter, "{}", range.start())?,
                    false => write!(formatter, "{}-{}", range.start(), range.end())?,
                }
                between = ",";
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_written_as_policy_analysers_do() {
        let some = &(&Ports::of(Protocol::Tcp, 443..=443) | &Ports::of(Protocol::Tcp, 80..=80))
            | &(&Ports::of(Protocol::Udp, 53..=60) | &Ports::of(Protocol::Sctp, 1..=u16::MAX));
        let written = [
            Ports::none(),
            Ports::all(),
            some.clone(),
            &Ports::all() - &some,
            Ports::of(Protocol::Tcp, 0..=0),
            &Ports::all() - &Ports::of(Protocol::Sctp, NUMBERS),
        ];
        insta::assert_snapshot!(written.map(|it| it.to_string()).join("\n"), @r"
        No Connections
        All Connections
        SCTP 1-65535,TCP 80,443,UDP 53-60
        TCP 1-79,81-442,444-65535,UDP 1-52,61-65535
        No Connections
        TCP 1-65535,UDP 1-65535
        ");
        assert_eq!(some.first(), Some((Protocol::Tcp, 80)));
    }
}
