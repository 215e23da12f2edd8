//! Sets of addresses outside of the cluster: exact ranges of IPv4 and IPv6.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;

use ipnet::IpNet;
use range_set_blaze::RangeSetBlaze;

/// A set of addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Addresses {
    v4: RangeSetBlaze<u32>,
    v6: RangeSetBlaze<u128>,
}

/// Addresses of one family without a gap, from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Range {
    /// IPv4.
    V4(u32, u32),
    /// IPv6.
    V6(u128, u128),
}

impl Addresses {
    /// Those of a block; host bits are of no account.
    pub fn of(block: IpNet) -> Self {
        match block {
            IpNet::V4(it) => Self { v4: [range4(it)].into_iter().collect(), ..Self::default() },
            IpNet::V6(it) => {
                let range = u128::from(it.network())..=u128::from(it.broadcast());
                Self { v6: [range].into_iter().collect(), ..Self::default() }
            }
        }
    }

    /// Those of a range.
    pub fn of_range(range: Range) -> Self {
        match range {
            Range::V4(first, last) => Self { v4: [first..=last].into_iter().collect(), ..Self::default() },
            Range::V6(first, last) => Self { v6: [first..=last].into_iter().collect(), ..Self::default() },
        }
    }

    /// Takes those of another set in.
    pub fn extend(&mut self, other: &Self) {
        self.v4 |= &other.v4;
        self.v6 |= &other.v6;
    }

    /// What is left without those of another set.
    pub fn without(&self, other: &Self) -> Self {
        Self { v4: &self.v4 - &other.v4, v6: &self.v6 - &other.v6 }
    }

    /// Whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(it) => self.v4.contains(u32::from(it)),
            IpAddr::V6(it) => self.v6.contains(u128::from(it)),
        }
    }

    /// Whether all of a range is in it.
    pub fn covers(&self, range: Range) -> bool {
        match range {
            Range::V4(first, last) => self.v4.is_superset(&[first..=last].into_iter().collect()),
            Range::V6(first, last) => self.v6.is_superset(&[first..=last].into_iter().collect()),
        }
    }

    /// Whether some of a range is in it.
    pub fn meets(&self, range: Range) -> bool {
        match range {
            Range::V4(first, last) => !self.v4.is_disjoint(&[first..=last].into_iter().collect()),
            Range::V6(first, last) => !self.v6.is_disjoint(&[first..=last].into_iter().collect()),
        }
    }

    /// Whether all of IPv4, or all of IPv6, is in it.
    pub fn covers_a_family(&self) -> bool {
        self.covers(ALL_V4) || self.covers(ALL_V6)
    }

    /// Whether an IPv6 address is in it.
    pub fn has_v6(&self) -> bool {
        !self.v6.is_empty()
    }
}

/// All of IPv4.
pub const ALL_V4: Range = Range::V4(0, u32::MAX);

/// All of IPv6.
pub const ALL_V6: Range = Range::V6(0, u128::MAX);

fn range4(block: ipnet::Ipv4Net) -> RangeInclusive<u32> {
    u32::from(block.network())..=u32::from(block.broadcast())
}

/// The fewest ranges of which each set is made up: no set tells two addresses of one range apart. Together they are all
/// of IPv4, and all of IPv6.
pub fn partition<'a>(sets: impl IntoIterator<Item = &'a Addresses>) -> Vec<Range> {
    let (mut v4, mut v6) = (vec![0_u32], vec![0_u128]);
    for set in sets {
        v4.extend(set.v4.ranges().flat_map(|it| [Some(*it.start()), it.end().checked_add(1)]).flatten());
        v6.extend(set.v6.ranges().flat_map(|it| [Some(*it.start()), it.end().checked_add(1)]).flatten());
    }
    v4.sort_unstable();
    v4.dedup();
    v6.sort_unstable();
    v6.dedup();
    let ends4 = v4.iter().skip(1).map(|it| it - 1).chain([u32::MAX]);
    let ends6 = v6.iter().skip(1).map(|it| it - 1).chain([u128::MAX]);
    let ranges = v4.iter().zip(ends4).map(|(first, last)| Range::V4(*first, last));
    ranges.chain(v6.iter().zip(ends6).map(|(first, last)| Range::V6(*first, last))).collect()
}

impl Range {
    /// Its first address.
    pub fn first(self) -> IpAddr {
        match self {
            Self::V4(first, _) => Ipv4Addr::from(first).into(),
            Self::V6(first, _) => Ipv6Addr::from(first).into(),
        }
    }

    /// Its last address.
    pub fn last(self) -> IpAddr {
        match self {
            Self::V4(_, last) => Ipv4Addr::from(last).into(),
            Self::V6(_, last) => Ipv6Addr::from(last).into(),
        }
    }
}

/// As policy analysers write them: `10.0.0.0-10.0.0.255`.
impl fmt::Display for Range {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.first(), self.last())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(blocks: &[&str]) -> Addresses {
        let mut set = Addresses::default();
        for block in blocks {
            set.extend(&Addresses::of(block.parse().expect("a block")));
        }
        set
    }

    #[test]
    fn no_set_tells_two_addresses_of_a_range_apart() {
        let sets = [
            set(&["10.0.0.0/8"]).without(&set(&["10.1.0.0/16"])),
            set(&["10.0.0.0/9", "fd00::/8"]),
            set(&["255.0.0.0/8"]),
        ];
        let ranges: Vec<String> = partition(&sets).iter().map(Range::to_string).collect();
        insta::assert_snapshot!(ranges.join("\n"), @r"
        0.0.0.0-9.255.255.255
        10.0.0.0-10.0.255.255
        10.1.0.0-10.1.255.255
        10.2.0.0-10.127.255.255
        10.128.0.0-10.255.255.255
        11.0.0.0-254.255.255.255
        255.0.0.0-255.255.255.255
        ::-fcff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
        fd00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
        fe00::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
        ");
        assert!(set(&["::/0"]).covers_a_family() && !set(&["0.0.0.0/1"]).covers_a_family());
    }
}
