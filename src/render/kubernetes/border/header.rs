//! What browsers are told with every answer of a host.

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::language::Platform;
use crate::language::headers::Headers;
use crate::language::project::Project;
use crate::render::kubernetes::label;
use crate::render::kubernetes::manifest::Objects;
use crate::render::kubernetes::name;
use crate::source::Span;

/// The longest value that an HTTPRoute may set.
pub const LONGEST_VALUE: usize = 4096;

/// A filter that sets headers of answers, those that the gateway itself gives included.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Filter {
    #[serde(rename = "type")]
    kind: &'static str,
    response_header_modifier: Modifier,
}

#[derive(Debug, Serialize)]
struct Modifier {
    set: Vec<Header>,
}

#[derive(Debug, Serialize)]
struct Header {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
struct ConfigMapView<'a> {
    name: &'a str,
    namespace: &'a str,
    data: BTreeMap<&'static str, String>,
}

/// The filter of a route.
pub fn filter(headers: &Headers, platform: &Platform) -> Filter {
    let set = headers.lines(platform).into_iter().map(|(name, value)| Header { name, value });
    Filter { kind: "ResponseHeaderModifier", response_header_modifier: Modifier { set: set.collect() } }
}

/// The ConfigMap that ingress-nginx reads headers from. Its name changes with its content: that makes the controller read
/// it again, and a dot keeps it apart from those of workloads.
pub fn config_map(headers: &Headers, platform: &Platform) -> String {
    let mut digest = Sha256::new();
    for (name, value) in headers.lines(platform) {
        digest.update(format!("{name}: {value}\n"));
    }
    format!("headers.{}.{}", headers.name, name::hex(&digest.finalize()[..4]))
}

/// Renders the ConfigMaps that the ingresses of a project name.
pub fn render(project: &Project, used: &BTreeMap<String, (&Headers, Span)>, objects: &mut Objects<'_>) {
    let platform = objects.context.platform;
    let labels = label::of_project(platform, project);
    let namespace = &platform.namespace(&project.name);
    for (name, (headers, span)) in used {
        let view = ConfigMapView { name, namespace, data: headers.lines(platform).into_iter().collect() };
        objects.add("workload/config-map.yaml.j2", &labels, *span, &view);
    }
}
