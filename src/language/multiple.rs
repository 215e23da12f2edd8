//! What is written once and holds many times: the addresses of a place that each of a thousand workloads may reach, the people of
//! a team that has a hundred projects. A few lines could mean more than any machine holds, so the products are bounded.

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::workload::Reach;

/// How much of something a platform has at most, wherever it comes from.
#[derive(Clone, Copy, Debug)]
struct Most {
    /// Services and cron jobs.
    workloads: usize,
    /// Ranges of addresses and ports, counted for each workload that may reach them.
    ranges: usize,
    /// Grants, counted for each project in which they hold.
    grants: usize,
}

/// Several times what the largest platforms have.
const MOST: Most = Most { workloads: 20_000, ranges: 500_000, grants: 200_000 };

/// Reports what comes to too much.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    check_within(platform, MOST, sink);
}

fn check_within(platform: &Platform, most: Most, sink: &mut Diagnostics) {
    // What is outside has the cluster's own ranges taken out of it.
    let of_cluster = [&platform.cluster.pods, &platform.cluster.services, &platform.cluster.nodes];
    let of_cluster: usize = of_cluster.iter().map(|it| it.len()).sum();
    let ranges = |it: &Reach| match it {
        Reach::External(name) => {
            platform.externals.get(name).map_or(0, |it| it.ranges.len() + it.ports.len() + of_cluster)
        }
        Reach::Service(_) | Reach::Database(_) => 0,
    };
    let ranges = platform.workloads().flat_map(|(_, it)| it.reaches.keys()).map(ranges);
    let counts = [
        (
            platform.workloads().count(),
            most.workloads,
            "services and cron jobs",
            "share it out among several platforms",
        ),
        (
            ranges.sum(),
            most.ranges,
            "ranges of addresses and ports outside, counted for each workload that may reach them",
            "write fewer and wider ranges, or let one service speak to that place for the others",
        ),
        (
            platform.grants(),
            most.grants,
            "grants, counted for each project in which they hold",
            "let fewer people in, or share the projects out among several platforms",
        ),
    ];
    for (count, most, what, help) in counts.into_iter().filter(|(count, most, ..)| count > most) {
        let message = format!("the platform has {count} {what}, and {most} are the most");
        sink.report(Diagnostic::new(Code::TooMany, platform.span, message).help(help));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tests::platform;

    #[test]
    fn what_multiplies_is_counted_as_often_as_it_holds() {
        let platform = platform(
            r#"
            resource "page" in="project" { action "read" }
            role "reader" { allow "page:read" }
            team "a" { member "ann@acme.example" role="reader"; member "bob@acme.example" role="reader" }
            external "x" { ports "443/tcp"; ranges "9.9.9.0/24" "9.9.8.0/24" }
            project "one" team="a" { service "web" { image @web; reaches external="x" } }
            project "two" team="a" {
                member "eve@acme.example" role="reader"
                cron "run" schedule="0 3 * * *" { image @web; reaches external="x" }
            }
            "#,
            None,
        );
        let check = |workloads, ranges, grants| {
            let mut sink = Diagnostics::default();
            check_within(&platform, Most { workloads, ranges, grants }, &mut sink);
            let told = sink.iter().map(|it| it.message.as_str());
            Vec::from_iter(told).join("\n")
        };
        assert_eq!(check(2, 10, 5), "");
        insta::assert_snapshot!(check(1, 9, 4), @r"
        the platform has 2 services and cron jobs, and 1 are the most
        the platform has 10 ranges of addresses and ports outside, counted for each workload that may reach them, and 9 are the most
        the platform has 5 grants, counted for each project in which they hold, and 4 are the most
        ");
    }
}
