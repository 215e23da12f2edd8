//! A database that CloudNativePG runs: its `Cluster`. The edges that it lives by are in [`network`](super::network).
//!
//! Its pods meet the `restricted` standard by themselves. What the cluster has to see to: the operator puts its own image
//! into each of these pods, and the image policy lets that in only if it is pinned and comes from a registry that is listed
//! (the operator takes it from its variable `OPERATOR_IMAGE_NAME`).

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ResourceRequirements;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use serde::Serialize;

use crate::language::database::Database;
use crate::language::database::server::{CloudNativePg, Server};
use crate::language::name::Name;
use crate::language::value::network::Port;
use crate::language::value::quantity::{Bytes, Cpu};
use crate::language::workload::Resources;
use crate::render::kubernetes::custom::cloudnative_pg::{Postgresql, Storage, Synchronous};
use crate::render::kubernetes::label::{self, Labels};
use crate::render::kubernetes::manifest::Objects;
use crate::render::kubernetes::{database, quantity};

/// The port on which each instance tells the operator and the others how it is.
pub const STATUS: Port = Port(8000);

#[derive(Serialize)]
struct ClusterView<'a> {
    name: &'a Name,
    namespace: &'a str,
    instances: u32,
    image: String,
    labels: Labels,
    database: String,
    postgresql: Postgresql,
    storage: Storage,
    resources: ResourceRequirements,
}

/// The labels of the operator's pods.
pub fn operator() -> Labels {
    [("app.kubernetes.io/name".to_owned(), "cloudnative-pg".to_owned())].into()
}

/// The servers of these databases; none for those that run elsewhere.
pub fn render<'a>(databases: impl Iterator<Item = &'a Database>, objects: &mut Objects<'_>) {
    for database in databases {
        if let Server::CloudNativePg(server) = &database.server {
            cluster(database, server, objects);
        }
    }
}

fn cluster(database: &Database, server: &CloudNativePg, objects: &mut Objects<'_>) {
    // Where the operator runs is in the NetworkPolicy.
    let CloudNativePg { image, instances, size, class, operator_namespace: _, resources, span } = server;
    let labels = label::of_database(objects.context.platform, objects.project, &database.name);
    let Resources { cpu, memory } = resources;
    let view = ClusterView {
        name: &database.name,
        namespace: &objects.namespace(),
        instances: *instances,
        image: image.to_string(),
        labels: label::of_made(objects.context.platform, objects.project),
        database: database::database_name(&database.name),
        postgresql: postgresql(*instances),
        storage: Storage {
            size: Some(quantity::of_bytes(*size).0),
            storage_class: class.as_ref().map(ToString::to_string),
        },
        resources: ResourceRequirements {
            requests: Some(amounts(cpu.from, memory.from)),
            limits: Some(amounts(cpu.to, memory.to)),
            claims: None,
        },
    };
    objects.add("database/cluster.yaml.j2", &labels, *span, &view);
}

/// Connections without TLS are refused, which the operator's own rules do not do. From three instances on, a transaction is
/// done when another one has it as well, so that the loss of one loses nothing; with two, the loss of one would stop all.
fn postgresql(instances: u32) -> Postgresql {
    let synchronous = Synchronous {
        method: Some("any".to_owned()),
        number: Some(1),
        data_durability: Some("required".to_owned()),
    };
    Postgresql {
        pg_hba: Some(vec!["hostnossl all all all reject".to_owned()]),
        synchronous: (instances >= 3).then_some(synchronous),
    }
}

fn amounts(cpu: Cpu, memory: Bytes) -> BTreeMap<String, Quantity> {
    [("cpu", quantity::of_cpu(cpu)), ("memory", quantity::of_bytes(memory))]
        .map(|(resource, amount)| (resource.to_owned(), amount))
        .into()
}
