//! Why something may talk to something, or may not: by which rules of which policies.

use crate::facts::connectivity::line::Names;
use crate::facts::connectivity::policy::Action;
use crate::facts::connectivity::port::Ports;
use crate::facts::connectivity::side::{Direction, Side};
use crate::facts::connectivity::{Connectivity, End};
use crate::facts::manifest::{Manifests, Places};
use crate::source::SourceMap;

impl Connectivity {
    /// What is said on each side of a connection, in lines for a person: what leaves the one end, then what the other lets in.
    pub fn explain(
        &self,
        from: End,
        to: End,
        manifests: &Manifests,
        places: &Places<'_>,
        sources: &SourceMap,
    ) -> Vec<String> {
        let names = Names::of(self);
        let count = self.cluster.classes.len();
        let classes = |end: End, ranges: &[_]| match end {
            End::Workload(at) => self.cluster.workloads[at].classes.clone(),
            End::Stranger(at) => vec![self.strangers[at].class],
            End::Entrance => vec![self.strangers[0].class],
            End::Outside(range) => {
                ranges.iter().position(|it| *it == range).map(|it| count + it).into_iter().collect()
            }
        };
        let mut lines = Vec::new();
        let sides = [
            (Direction::Egress, &self.egress, from, to, &self.destinations),
            (Direction::Ingress, &self.ingress, to, from, &self.sources),
        ];
        for (direction, side, own, other, ranges) in sides {
            if matches!(own, End::Outside(_)) {
                continue;
            }
            for class in classes(own, ranges) {
                for peer in classes(other, ranges) {
                    let told = self.told(direction, side, class, peer, manifests, places, sources);
                    let told = told.into_iter().map(|it| match direction {
                        Direction::Egress => format!("out of {}: {it}", names.end(own)),
                        Direction::Ingress => format!("into {}: {it}", names.end(own)),
                    });
                    lines.extend(told.filter(|it| !lines.contains(it)).collect::<Vec<_>>());
                }
            }
        }
        lines
    }

    #[expect(clippy::too_many_arguments, reason = "it is one question, asked from one place")]
    fn told(
        &self,
        direction: Direction,
        side: &Side,
        class: usize,
        peer: usize,
        manifests: &Manifests,
        places: &Places<'_>,
        sources: &SourceMap,
    ) -> Vec<String> {
        let mut selecting = Vec::new();
        let mut told = Vec::new();
        for found in side.selecting(class) {
            let policy = &self.policies[found.policy];
            let object = &manifests.objects[policy.object];
            selecting.push(format!("{} ({})", object.name(), sources.place(places.find(object, &[]))));
            let rules = direction.of(policy).into_iter().flatten().zip(&found.peers);
            for (rule, _) in rules.filter(|it| it.1.contains(peer)) {
                let destination = match direction {
                    Direction::Ingress => class,
                    Direction::Egress => peer,
                };
                let ports = match self.cluster.classes.get(destination) {
                    Some(destination) => rule.ports.of(destination),
                    None => rule.ports.numbers.clone(),
                };
                let place = sources.place(places.find(object, &rule.path));
                told.push(format!("{} {} {} ({place})", object.name(), verb(rule.action), shown(&ports)));
            }
        }
        if selecting.is_empty() {
            return vec!["no policy selects it, so everything is allowed".to_owned()];
        }
        if told.is_empty() {
            return vec![format!("no rule allows it, of {}", selecting.join(", "))];
        }
        told
    }
}

fn verb(action: Action) -> &'static str {
    match action {
        Action::Allow => "allows",
        Action::Deny => "denies",
        Action::Pass => "passes on",
    }
}

fn shown(ports: &Ports) -> String {
    match (ports.is_all(), ports.is_empty()) {
        (true, _) => "every port".to_owned(),
        (_, true) => "no port: none is called so there".to_owned(),
        _ => ports.to_string(),
    }
}
