//! Which addresses an `external` or a database server means: what is written, less what nobody may reach that way.
//!
//! A NetworkPolicy can only allow, so what must stay closed has to be cut out of what is allowed. Two lists are cut out:
//! what is never outside (the cluster's own ranges, the node itself, the addresses where clouds answer with credentials),
//! and what is private. A range that lies within a private one was written to mean it and stays; a range around one was
//! not.

use ipnet::IpNet;
use k8s_openapi::api::networking::v1::IPBlock;

use crate::language::cluster::Cluster;
use crate::language::external::External;
use crate::language::value::network::Cidr;

/// The internet: all of IPv4, and of IPv6 what is allotted as global unicast. Private, link-local and multicast ranges of
/// IPv6 lie outside of that, and so do the mappings (`::ffff:0:0/96`, `64:ff9b::/96`) that lead back to IPv4.
const ANYWHERE: &[&str] = &["0.0.0.0/0", "2000::/3"];

/// Where no workload is sent, however it is written.
const NEVER: &[&str] = &[
    "0.0.0.0/8",          // this host
    "100.100.100.200/32", // metadata of Alibaba Cloud
    "127.0.0.0/8",        // loopback
    "168.63.129.16/32",   // the host agent of Azure, which hands out certificates, in a public range
    "169.254.0.0/16",     // link-local, the metadata address 169.254.169.254 included
    "192.0.0.192/32",     // metadata of Oracle Cloud
    "224.0.0.0/4",        // multicast
    "240.0.0.0/4",        // reserved, broadcast included
    "::/127",             // unspecified and loopback
    "::ffff:0:0/96",      // IPv4 by another name
    "fd00:ec2::254/128",  // metadata of AWS
    "fd20:ce::254/128",   // metadata of Google Cloud
    "fe80::/10",          // link-local
    "ff00::/8",           // multicast
];

/// Where a workload is sent only if it is written that way.
const PRIVATE: &[&str] = &[
    "10.0.0.0/8",
    "100.64.0.0/10", // shared address space of carriers, and of many clusters
    "172.16.0.0/12",
    "192.0.0.0/24", // protocol assignments
    "192.0.2.0/24", // documentation
    "192.168.0.0/16",
    "198.18.0.0/15",   // benchmarks
    "198.51.100.0/24", // documentation
    "203.0.113.0/24",  // documentation
    "64:ff9b::/96",    // NAT64: IPv4, private ranges included
    "64:ff9b:1::/48",  // the same, of an operator's own
    "2001::/32",       // Teredo: IPv4 in a tunnel
    "2001:db8::/32",   // documentation
    "2002::/16",       // 6to4: IPv4 in a tunnel
    "fc00::/7",        // unique local
];

/// The addresses of an external place, in the order in which they are written.
pub fn blocks(external: &External, cluster: &Cluster) -> Vec<IPBlock> {
    match external.ranges.as_slice() {
        [] => {
            let never = never(cluster);
            parsed(ANYWHERE).filter_map(|range| block(range, &never)).collect()
        }
        written => blocks_of(written, cluster),
    }
}

/// The addresses of ranges that are written: of an external place, or of a database server.
pub fn blocks_of(ranges: &[Cidr], cluster: &Cluster) -> Vec<IPBlock> {
    let never = never(cluster);
    ranges.iter().filter_map(|range| block(range.0, &never)).collect()
}

/// What a written range lies within or is made of, where nothing of it may be reached: `None` where some may.
pub fn closed_by(range: Cidr, cluster: &Cluster) -> Option<IpNet> {
    let never = never(cluster);
    let inside = never.iter().find(|it| it.contains(&range.0) || range.0.contains(*it));
    block(range.0, &never).map_or(inside.copied(), |_| None)
}

/// A range less what is cut out of it; `None` where nothing is left.
fn block(range: IpNet, never: &[IpNet]) -> Option<IPBlock> {
    if never.iter().any(|it| it.contains(&range)) {
        return None;
    }
    // Of two ranges one lies within the other, or they are apart: no third way to have addresses in common. An exception
    // has to lie strictly within the range, or the API server refuses it.
    let private = parsed(PRIVATE).filter(|it| *it != range);
    let cut = private.chain(never.iter().copied()).filter(|it| range.contains(it));
    let except = IpNet::aggregate(&cut.collect());
    if except.contains(&range) {
        return None;
    }
    let except: Vec<String> = except.iter().map(ToString::to_string).collect();
    Some(IPBlock { cidr: range.to_string(), except: Some(except).filter(|it| !it.is_empty()) })
}

fn never(cluster: &Cluster) -> Vec<IpNet> {
    let own = cluster.pods.iter().chain(&cluster.services).chain(&cluster.nodes);
    parsed(NEVER).chain(own.map(|it| it.0)).collect()
}

fn parsed(ranges: &'static [&'static str]) -> impl Iterator<Item = IpNet> {
    ranges.iter().map(|it| it.parse().expect("the tables above are checked by a test"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &[&str] = &["10.244.0.0/16", "10.96.0.0/12", "2001:4860::/32"];

    fn check(range: &str) -> String {
        let never: Vec<IpNet> = parsed(NEVER).chain(parsed(OWN)).collect();
        match block(range.parse().expect("a range"), &never) {
            None => "nothing".to_owned(),
            Some(IPBlock { cidr, except }) => {
                format!("{cidr} except {}", except.unwrap_or_default().join(" "))
            }
        }
    }

    #[test]
    fn what_is_not_outside_is_cut_out() {
        let ranges =
            ["0.0.0.0/0", "2000::/3", "::/0", "10.0.0.0/8", "10.8.41.0/24", "10.224.0.0/11", "8.8.8.8/32"];
        insta::assert_snapshot!(ranges.map(check).join("\n"), @"
        0.0.0.0/0 except 0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3
        2000::/3 except 2001::/32 2001:db8::/32 2001:4860::/32 2002::/16
        ::/0 except ::/127 ::ffff:0.0.0.0/96 64:ff9b::/96 64:ff9b:1::/48 2001::/32 2001:db8::/32 2001:4860::/32 2002::/16 fc00::/7 fe80::/10 ff00::/8
        10.0.0.0/8 except 10.96.0.0/12 10.244.0.0/16
        10.8.41.0/24 except 
        10.224.0.0/11 except 10.244.0.0/16
        8.8.8.8/32 except
        ");
    }

    #[test]
    fn nothing_is_left_of_a_range_within_what_is_cut_out() {
        for range in ["169.254.169.254/32", "10.244.3.0/24", "10.96.0.0/12", "fe80::1/128", "ff02::/16"] {
            assert_eq!(check(range), "nothing", "{range}");
        }
        let halves: Vec<IpNet> = ["10.0.0.0/16", "10.1.0.0/16"].map(|it| it.parse().expect("a range")).into();
        assert_eq!(block("10.0.0.0/15".parse().expect("a range"), &halves), None);
    }
}
