//! The rights that lead to more than they say, after what Kubernetes itself warns of in its good practices for RBAC.

use std::collections::BTreeSet;

use crate::diagnostic::code::Code;
use crate::facts::access::Access;
use crate::facts::access::binding::GROUP as RBAC;
use crate::facts::access::role::{Role, RoleId};
use crate::facts::access::rule::{ALL, Rule};
use crate::facts::access::subject::MASTERS;

/// A right that leads to more.
#[derive(Debug)]
pub(super) struct Power {
    /// How it is reported.
    pub(super) code: Code,
    /// Whether the cluster is theirs who have it everywhere.
    pub(super) gives_cluster: bool,
    /// Whether it is about objects of the cluster alone.
    pub(super) is_of_cluster: bool,
    /// What to write instead.
    pub(super) help: &'static str,
    /// Any of these is it; none where rules are looked at another way.
    asks: &'static [Ask],
}

/// Something that may be asked of the API server.
#[derive(Debug)]
struct Ask {
    verbs: &'static [&'static str],
    group: &'static str,
    resources: &'static [&'static str],
    /// Whether a binding of a namespace does not give it.
    is_of_cluster: bool,
}

const fn anywhere(
    verbs: &'static [&'static str],
    group: &'static str,
    resources: &'static [&'static str],
) -> Ask {
    Ask { verbs, group, resources, is_of_cluster: false }
}

const fn of_cluster(
    verbs: &'static [&'static str],
    group: &'static str,
    resources: &'static [&'static str],
) -> Ask {
    Ask { verbs, group, resources, is_of_cluster: true }
}

const WRITE: &[&str] = &["create", "update", "patch"];
const CHANGE: &[&str] = &["update", "patch"];

/// All of them, by their codes.
pub(super) const POWERS: &[Power] = &[
    Power {
        code: Code::ClusterGivenAway,
        gives_cluster: true,
        is_of_cluster: false,
        help: "write the verbs and resources that are needed, or bind `admin` or `edit` in one namespace",
        asks: &[],
    },
    Power {
        code: Code::NamespaceGivenAway,
        gives_cluster: true,
        is_of_cluster: false,
        help: "bind ClusterRole `admin` or `edit` there, or write the verbs and resources that are needed",
        asks: &[],
    },
    Power {
        code: Code::RightsByWildcard,
        gives_cluster: false,
        is_of_cluster: false,
        help: "write what is needed in the place of `*`",
        asks: &[],
    },
    Power {
        code: Code::RolesEscalated,
        gives_cluster: true,
        is_of_cluster: false,
        help: "leave `escalate` out, and name the roles that may be given beside `bind`: `resourceNames: [view]`",
        asks: &[
            anywhere(&["escalate"], RBAC, &["roles"]),
            of_cluster(&["escalate"], RBAC, &["clusterroles"]),
            anywhere(&["bind"], RBAC, &["roles", "clusterroles"]),
        ],
    },
    Power {
        code: Code::OthersImpersonated,
        gives_cluster: true,
        is_of_cluster: false,
        help: "name whom in `resourceNames`, and nobody who may do more",
        asks: &[
            of_cluster(&["impersonate"], "", &["users", "groups"]),
            anywhere(&["impersonate"], "", &["serviceaccounts"]),
        ],
    },
    Power {
        code: Code::RolesWritten,
        gives_cluster: false,
        is_of_cluster: false,
        help: "leave it to whoever applies the manifests",
        asks: &[
            anywhere(WRITE, RBAC, &["roles", "rolebindings"]),
            of_cluster(WRITE, RBAC, &["clusterroles", "clusterrolebindings"]),
        ],
    },
    Power {
        code: Code::SecretsRead,
        gives_cluster: true,
        is_of_cluster: false,
        help: "let the workload mount what it needs, or write `verbs: [get]` with the names in `resourceNames`",
        asks: &[anywhere(&["get", "list", "watch"], "", &["secrets"])],
    },
    Power {
        code: Code::PodsEntered,
        gives_cluster: true,
        is_of_cluster: false,
        help: "leave it out: people who repair something can be given it for an hour, in one namespace",
        asks: &[
            anywhere(&["create", "get"], "", &["pods/exec", "pods/attach", "pods/portforward"]),
            anywhere(CHANGE, "", &["pods/ephemeralcontainers"]),
        ],
    },
    Power {
        code: Code::NodesReached,
        gives_cluster: true,
        is_of_cluster: true,
        help: "write `nodes/metrics` and `nodes/stats`, which are enough for figures",
        asks: &[of_cluster(&["get", "create"], "", &["nodes/proxy"])],
    },
    Power {
        code: Code::TokensMade,
        gives_cluster: true,
        is_of_cluster: false,
        help: "name the service accounts in `resourceNames`",
        asks: &[anywhere(&["create"], "", &["serviceaccounts/token"])],
    },
    Power {
        code: Code::WebhooksWritten,
        gives_cluster: true,
        is_of_cluster: true,
        help: "write `verbs: [get, update, patch]` with the configurations in `resourceNames`",
        asks: &[of_cluster(
            WRITE,
            "admissionregistration.k8s.io",
            &[
                "validatingwebhookconfigurations",
                "mutatingwebhookconfigurations",
                "mutatingadmissionpolicies",
            ],
        )],
    },
    Power {
        code: Code::PodsMade,
        gives_cluster: false,
        is_of_cluster: false,
        help: "bind it in the namespaces that need it, and hold those to a level: `pod-security.kubernetes.io/enforce: restricted`",
        asks: &[
            anywhere(WRITE, "", &["pods", "replicationcontrollers"]),
            anywhere(WRITE, "apps", &["deployments", "statefulsets", "daemonsets", "replicasets"]),
            anywhere(WRITE, "batch", &["jobs", "cronjobs"]),
        ],
    },
    Power {
        code: Code::NodesWritten,
        gives_cluster: false,
        is_of_cluster: true,
        help: "leave it to the parts of the cluster that make machines and volumes",
        asks: &[
            of_cluster(WRITE, "", &["nodes", "nodes/status"]),
            of_cluster(&["create"], "", &["persistentvolumes"]),
        ],
    },
    Power {
        code: Code::CertificatesApproved,
        gives_cluster: true,
        is_of_cluster: true,
        help: "name the signer where `approve` is given: `resourceNames: [kubernetes.io/kubelet-serving]`",
        asks: &[of_cluster(CHANGE, "certificates.k8s.io", &["certificatesigningrequests/approval"])],
    },
    Power {
        code: Code::NamespacesWritten,
        gives_cluster: false,
        is_of_cluster: false,
        help: "leave it to whoever makes namespaces",
        asks: &[anywhere(CHANGE, "", &["namespaces"])],
    },
];

/// A power that a role has.
#[derive(Debug)]
pub(super) struct Held<'a> {
    pub(super) power: &'static Power,
    /// The first rule that gives it.
    pub(super) rule: &'a Rule,
    verbs: BTreeSet<&'static str>,
    resources: BTreeSet<&'static str>,
}

/// The powers of a role, bound everywhere or in a namespace.
pub(super) fn held<'a>(access: &'a Access, role: &'a Role, is_everywhere: bool) -> Vec<Held<'a>> {
    let rules: Vec<&Rule> = access.rules_of(role).map(|it| it.1).collect();
    let whole = |power: &'static Power, rule: &'a Rule| Held {
        power,
        rule,
        verbs: BTreeSet::new(),
        resources: BTreeSet::new(),
    };
    if let Some(rule) = rules.iter().find(|it| is_all(it)) {
        let code = if is_everywhere { Code::ClusterGivenAway } else { Code::NamespaceGivenAway };
        return POWERS.iter().filter(|it| it.code == code).map(|it| whole(it, rule)).collect();
    }
    let mut found: Vec<Held<'a>> = Vec::new();
    for power in POWERS {
        if power.code == Code::RightsByWildcard {
            let open = rules.iter().find(|it| !open_fields(it).is_empty());
            found.extend(open.map(|it| whole(power, it)));
            continue;
        }
        // Whoever may give any role may give their own.
        let is_told =
            power.code == Code::RolesWritten && found.iter().any(|it| it.power.code == Code::RolesEscalated);
        let asks = || power.asks.iter().filter(|it| is_everywhere || !it.is_of_cluster);
        let mut held: Option<Held<'a>> = None;
        for rule in rules.iter().filter(|_| !is_told) {
            for ask in asks() {
                for resource in ask.resources.iter().filter(|it| is_asked(rule, ask.group, it)) {
                    let verbs = ask
                        .verbs
                        .iter()
                        .filter(|verb| rule.has_verb(verb) && is_of_account(power.code, access, rule, verb));
                    for verb in verbs {
                        let held = held.get_or_insert_with(|| whole(power, rule));
                        held.verbs.insert(verb);
                        held.resources.insert(resource);
                    }
                }
            }
        }
        found.extend(held);
    }
    found
}

fn is_asked(rule: &Rule, group: &str, resource: &str) -> bool {
    let (resource, below) = resource.split_once('/').unwrap_or((resource, ""));
    rule.has_group(group) && rule.has_resource(resource, below)
}

/// Whether a rule is worth telling: one that names its objects mostly does what its author was told to do.
fn is_of_account(code: Code, access: &Access, rule: &Rule, verb: &str) -> bool {
    if rule.names.is_empty() {
        return true;
    }
    match (code, verb) {
        (Code::RolesEscalated, "bind") => rule.names.iter().any(|it| is_whole_role(access, it)),
        (Code::RolesEscalated | Code::NodesReached, _) => true,
        (Code::OthersImpersonated, _) => rule.names.contains(MASTERS),
        _ => false,
    }
}

/// Whether a role of the cluster gives everything.
fn is_whole_role(access: &Access, name: &str) -> bool {
    let role = access.role(&RoleId { namespace: None, name: name.to_owned() });
    role.is_some_and(|it| access.rules_of(it).any(|it| is_all(it.1)))
}

fn is_all(rule: &Rule) -> bool {
    rule.names.is_empty() && [&rule.verbs, &rule.groups, &rule.resources].iter().all(|it| it.contains(ALL))
}

/// The fields of a rule that take in everything.
fn open_fields(rule: &Rule) -> Vec<&'static str> {
    if !rule.paths.is_empty() {
        return Vec::new();
    }
    let fields = [("verbs", &rule.verbs), ("apiGroups", &rule.groups), ("resources", &rule.resources)];
    fields.into_iter().filter(|it| it.1.contains(ALL)).map(|it| it.0).collect()
}

impl Held<'_> {
    /// What one may do by it: `` `get` and `list` `secrets` ``.
    pub(super) fn told(&self) -> String {
        match self.power.code {
            Code::ClusterGivenAway | Code::NamespaceGivenAway => "do anything".to_owned(),
            Code::RightsByWildcard => {
                format!("do what is not named (`*` in {})", list(open_fields(self.rule)))
            }
            _ => format!("{} {}", list(self.verbs.iter().copied()), list(self.resources.iter().copied())),
        }
    }
}

/// `` `a`, `b` and `c` ``.
fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|it| format!("`{it}`")).collect();
    match &words[..] {
        [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        all => all.concat(),
    }
}
