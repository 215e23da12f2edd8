//! What such platforms are copied with, and what must be in nothing that is rendered. Those about SQL are held by the model
//! until there is SQL.

use serde_json::Value;

use super::Rendered;

const ENVIRONMENTS: [&str; 2] = ["production", "staging"];

/// The address of the metadata service of clouds, which gives out credentials.
const METADATA: &str = "169.254.0.0/16";

#[test]
fn no_egress_is_allowed_by_what_was_meant_to_refuse_it() {
    for rule in rules("egress", "to") {
        let everything = rule
            .peers
            .iter()
            .any(|it| it.get("namespaceSelector").is_none() && it.get("podSelector").is_some_and(is_empty));
        assert!(!everything, "{}: a rule cannot refuse, so an empty selector allows", rule.of);
    }
}

#[test]
fn anywhere_is_never_the_cluster_nor_the_metadata_service() {
    for rule in rules("egress", "to") {
        assert!(!rule.peers.is_empty(), "{}: no peers are all peers", rule.of);
        for block in rule.peers.iter().filter_map(|it| it.get("ipBlock")) {
            let cidr = block["cidr"].as_str().expect("a block has a range");
            let except: Vec<&str> = block["except"]
                .as_array()
                .map(|it| it.iter().filter_map(Value::as_str).collect())
                .unwrap_or_default();
            if cidr == "0.0.0.0/0" {
                for needed in [METADATA, "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"] {
                    assert!(except.contains(&needed), "{}: {needed} is reached", rule.of);
                }
            }
        }
    }
}

#[test]
fn namespaces_are_selected_by_the_label_that_the_server_sets() {
    for (direction, side) in [("egress", "to"), ("ingress", "from")] {
        for rule in rules(direction, side) {
            for selector in rule.peers.iter().filter_map(|it| it.get("namespaceSelector")) {
                let labels = selector["matchLabels"].as_object().expect("it selects by labels");
                assert!(labels.keys().eq(["kubernetes.io/metadata.name"]), "{}: {labels:?}", rule.of);
            }
        }
    }
}

#[test]
fn every_namespace_is_closed_and_every_policy_is_in_one_of_them() {
    for environment in ENVIRONMENTS {
        let rendered = Rendered::of(environment);
        let all = || rendered.objects.values().flatten();
        let of_kind = |kind: &'static str| all().map(|it| it.1).filter(move |it| it["kind"] == kind);
        let namespaces: Vec<&str> =
            of_kind("Namespace").filter_map(|it| it["metadata"]["name"].as_str()).collect();
        for namespace in &namespaces {
            let closed = of_kind("NetworkPolicy").any(|it| {
                it["metadata"]["namespace"] == **namespace
                    && is_empty(&it["spec"]["podSelector"])
                    && it["spec"]["policyTypes"] == serde_json::json!(["Ingress", "Egress"])
                    && it["spec"].get("ingress").is_none()
                    && it["spec"].get("egress").is_none()
            });
            assert!(closed, "{environment}: {namespace} is open");
        }
        for policy in of_kind("NetworkPolicy") {
            let namespace = policy["metadata"]["namespace"].as_str().expect("a policy is in a namespace");
            // One stands with the gateway that it closes to everybody but the tunnel.
            let is_of_gateway = policy["metadata"]["name"] == "railway-private"
                && namespace == "envoy-gateway-system"
                && policy["spec"]["policyTypes"] == serde_json::json!(["Ingress"]);
            assert!(
                namespaces.contains(&namespace) || is_of_gateway,
                "{environment}: {namespace} is nobody's"
            );
        }
    }
}

#[test]
fn every_table_says_whose_its_rows_are() {
    for environment in ENVIRONMENTS {
        let rendered = Rendered::of(environment);
        let platform: Value = serde_json::from_str(&rendered.files["export"]).expect("it is JSON");
        let of_projects =
            platform["projects"].as_object().expect("there are projects").values().map(|it| &it["databases"]);
        let databases = of_projects
            .chain([&platform["databases"]])
            .filter_map(Value::as_object)
            .flat_map(|it| it.values());
        let mut tables = 0;
        for (name, table) in databases.filter_map(|it| it["tables"].as_object()).flatten() {
            tables += 1;
            assert!(
                table["rows"].as_array().is_some_and(|it| !it.is_empty()),
                "{name} says nothing of its rows"
            );
        }
        assert!(tables >= 14, "{tables}");
    }
}

#[test]
fn what_is_revoked_stays_revoked_and_tokens_are_pinned() {
    for environment in ENVIRONMENTS {
        let rendered = Rendered::of(environment);
        let policy: Value = serde_json::from_str(&rendered.files["token/policy.json"]).expect("it is JSON");
        let seconds = |at: &str| policy.pointer(at).and_then(Value::as_u64).unwrap_or_else(|| panic!("{at}"));
        assert!(seconds("/tokens/revocations/retain_seconds") >= seconds("/tokens/access/lifetime_seconds"));
        for pinned in ["/issuer/address", "/audience", "/tokens/signing_key/algorithm"] {
            assert!(
                policy.pointer(pinned).and_then(Value::as_str).is_some_and(|it| !it.is_empty()),
                "{pinned}"
            );
        }
    }
}

#[test]
fn evidence_is_computed_and_never_a_name_that_somebody_typed() {
    let rendered = Rendered::of("production");
    let platform: Value = serde_json::from_str(&rendered.files["export"]).expect("it is JSON");
    for (name, control) in platform["controls"].as_object().expect("there are controls") {
        let evidence = control["evidence"].as_array().map_or(0, Vec::len);
        let told = control.to_string();
        assert!(evidence > 0, "{name} has no evidence");
        assert!(!told.contains(".pdf") && !told.contains("http"), "{name}: {told}");
    }
}

/// A rule of a policy: whose it is, and whom it speaks of.
struct Rule {
    of: String,
    peers: Vec<Value>,
}

fn rules(direction: &str, side: &str) -> Vec<Rule> {
    let mut all = Vec::new();
    for environment in ENVIRONMENTS {
        let rendered = Rendered::of(environment);
        let policies = rendered.objects.values().flatten().filter(|(_, it)| it["kind"] == "NetworkPolicy");
        for (id, policy) in policies {
            for rule in policy["spec"][direction].as_array().into_iter().flatten() {
                let peers = rule[side].as_array().cloned().unwrap_or_default();
                all.push(Rule { of: format!("{environment} {id}"), peers });
            }
        }
    }
    assert!(!all.is_empty());
    all
}

fn is_empty(selector: &Value) -> bool {
    selector.as_object().is_some_and(serde_json::Map::is_empty)
}
