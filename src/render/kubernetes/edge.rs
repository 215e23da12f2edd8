//! An edge: a tunnel in front of a gateway, as a workload with edges like any other.
//!
//! It reaches the other end of its tunnel, whoever answers names, and the pods of its gateway. Nothing reaches it.

use serde_json::json;

use crate::language::Platform;
use crate::language::edge::{Edge, Implementation};
use crate::language::value::Parse;
use crate::language::value::text::MountPath;
use crate::language::value::time::Duration;
use crate::language::workload::{Config, Mount, Workload};
use crate::render::kubernetes::border::entrance;
use crate::render::kubernetes::label::{self, Component};
use crate::render::kubernetes::manifest::Objects;
use crate::render::kubernetes::pod::{self, Role};
use crate::render::kubernetes::{autoscale, probe, service, workload};
use crate::render::yaml::emit;
use crate::syntax::Value;

/// All objects of an edge.
pub fn render(edge: &Edge, objects: &mut Objects<'_>) {
    let platform = objects.context.platform;
    let Edge {
        workload: _, // With what its program needs.
        implementation: _,
        gateway: _, // In its configuration, and in the NetworkPolicy.
        credentials: _,
        replicas,
        health,
        otherwise: _, // In its configuration.
        span: _,
    } = edge;
    let workload = configured(platform, edge);
    workload::render(&workload, Component::Edge, objects);
    let selector = label::selector(workload.name.as_str(), Component::Edge);
    let role = Role {
        component: Component::Edge,
        restart: "Always",
        ports: Vec::new(),
        probes: probe::of_edge(health, START_WITHIN),
        disks: &[],
        spread: service::spread(replicas, &selector, false),
    };
    let pod = pod::template(&workload, role, objects);
    service::deployment(&workload, Component::Edge, replicas, START_WITHIN, pod, objects);
    autoscale::render(&workload, Component::Edge, replicas, "Deployment", objects);
}

/// How long a tunnel may take to be there.
const START_WITHIN: Duration = Duration(60_000);

/// The workload with the arguments, the configuration and the credentials of its program.
pub fn configured(platform: &Platform, edge: &Edge) -> Workload {
    let mut workload = edge.workload.clone();
    match edge.implementation {
        Implementation::CloudflareTunnel => cloudflared(platform, edge, &mut workload),
    }
    workload
}

const CONFIG: &str = "/etc/cloudflared/config.yaml";
const TOKEN: &str = "/etc/cloudflared/token";

fn cloudflared(platform: &Platform, edge: &Edge, workload: &mut Workload) {
    let metrics = format!("0.0.0.0:{}", edge.health.port);
    let args = [
        "tunnel",
        "--no-autoupdate",
        "--metrics",
        &metrics,
        "--config",
        CONFIG,
        "run",
        "--token-file",
        TOKEN,
    ];
    workload.args = args.map(str::to_owned).into();
    workload.configs.push(Config {
        path: path(CONFIG),
        content: emit::emit(&ingress(platform, edge)),
        span: edge.span,
    });
    workload.mounts.push(Mount { path: path(TOKEN), value: edge.credentials.clone(), span: edge.span });
}

fn path(text: &str) -> MountPath {
    MountPath::parse(Value::String(text)).expect("it is a path")
}

/// Each host to the gateway, which sees it in the request, and everything else refused. The gateway alone decides what a
/// path leads to.
fn ingress(platform: &Platform, edge: &Edge) -> serde_json::Value {
    let gateway = platform.cluster.gateways.get(&edge.gateway).map(entrance::url);
    let hosts = platform.hosts_of(&edge.workload.name).into_iter();
    let rules = hosts.map(|host| json!({ "hostname": host.to_string(), "service": gateway }));
    let otherwise = json!({ "service": format!("http_status:{}", edge.otherwise.0) });
    json!({ "ingress": rules.chain([otherwise]).collect::<Vec<_>>() })
}
