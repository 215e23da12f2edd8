//! Staging and production differ where their blocks say, and nowhere else.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Rendered;

/// Where the platform as meant may differ, as the start of a JSON pointer, with what of `environments/` says so.
const SAID: &[(&str, &str)] = &[
    ("/environment", "the names of the environments"),
    ("/domain", "platform { (override)domain }"),
    ("/auth/issuer/address", "the domain"),
    ("/auth/clients/dashboard/redirects", "the domain"),
    ("/cluster/pods", "cluster { (override)pods }"),
    ("/cluster/services", "cluster { (override)services }"),
    ("/cluster/nodes", "cluster { (override)nodes }"),
    ("/auth/providers/github/client_id", "auth { (override)provider \"github\" }"),
    ("/databases/platform/server", "database \"platform\" { (override)server }"),
    ("/audit/sinks/siem", "audit { (override)sink \"siem\" }"),
    ("/recipients", "recipient \"controller\""),
    ("/secrets", "secret … file="),
    ("/projects/shop/secrets", "secret … in project \"shop\""),
    ("/projects/analytics/services/collector/workload/reaches", "(remove)reaches service=\"shop/api\""),
    ("/projects/shop/services/api/offers", "(remove)offers project=\"analytics\""),
    ("/projects/shop/services/web/replicas", "(override)replicas 1"),
    ("/projects/shop/services/web/workload/env/LOG_LEVEL", "(override)env \"LOG_LEVEL\""),
    ("/projects/shop/services/cache", "use \"cache\" { (override)memory }"),
    ("/projects/shop/crons", "(remove)cron \"invoice-run\""),
    ("/projects/shop/databases/orders/server", "(override)server of database \"orders\""),
    ("/projects/shop/databases/orders/callers", "(remove)caller \"invoices\""),
    ("/projects/control-plane/services/api/replicas", "(override)replicas \"4..12\""),
    ("/projects/shop/services/web/public", "the domain"),
    ("/projects/control-plane/services/api/public", "the domain"),
    ("/projects/control-plane/services/auth/public", "the domain"),
    ("/projects/control-plane/services/dashboard/public", "the domain"),
];

#[test]
fn environments_differ_where_their_blocks_say_and_nowhere_else() {
    let [production, staging] = ["production", "staging"].map(|it| {
        serde_json::from_str::<Value>(&Rendered::of(it).files["export"]).expect("an export is JSON")
    });
    let mut differences = Vec::new();
    collect(&production, &staging, String::new(), &mut differences);
    let mut seen = BTreeSet::new();
    let mut unsaid = Vec::new();
    for at in differences {
        match SAID.iter().find(|(start, _)| at == *start || at.starts_with(&format!("{start}/"))) {
            Some((start, _)) => _ = seen.insert(*start),
            None => unsaid.push(at),
        }
    }
    assert!(unsaid.is_empty(), "no block says that these differ: {unsaid:#?}");
    let same: Vec<&str> = SAID.iter().map(|it| it.0).filter(|it| !seen.contains(it)).collect();
    assert!(same.is_empty(), "these are the same: {same:#?}");
}

#[test]
fn environments_render_to_the_same_files() {
    let [production, staging] =
        ["production", "staging"].map(|it| Rendered::of(it).files.into_keys().collect::<BTreeSet<_>>());
    assert_eq!(production, staging);
}

fn collect(left: &Value, right: &Value, at: String, out: &mut Vec<String>) {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for key in keys {
                let at = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                collect(
                    left.get(key).unwrap_or(&Value::Null),
                    right.get(key).unwrap_or(&Value::Null),
                    at,
                    out,
                );
            }
        }
        _ if left == right => {}
        _ => out.push(at),
    }
}
