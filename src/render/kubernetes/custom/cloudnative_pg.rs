//! The `Cluster` of `CloudNativePG`. Its definition is in no registry, so this follows its published reference.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ResourceRequirements, SeccompProfile};

use super::{object, part};

/// The API group.
pub const GROUP: &str = "postgresql.cnpg.io";

object! {
    /// A PostgreSQL server with its standbys.
    Cluster("postgresql.cnpg.io", "v1", "Cluster", "clusters") ClusterSpec
}

part! {
    /// What runs, and with what.
    ClusterSpec {
        instances: u32,
        image_name: String,
        image_pull_policy: String,
        #[serde(rename = "enablePDB")]
        enable_pdb: bool,
        enable_superuser_access: bool,
        inherited_metadata: InheritedMetadata,
        seccomp_profile: SeccompProfile,
        bootstrap: Bootstrap,
        postgresql: Postgresql,
        storage: Storage,
        resources: ResourceRequirements,
        affinity: Affinity,
    }
}

part! {
    /// What all its objects carry.
    InheritedMetadata {
        labels: BTreeMap<String, String>,
    }
}

part! {
    /// How it comes to be.
    Bootstrap {
        initdb: InitDb,
    }
}

part! {
    /// An empty database, and who owns it.
    InitDb {
        database: String,
        owner: String,
        data_checksums: bool,
        encoding: String,
    }
}

part! {
    /// The server's own configuration.
    Postgresql {
        #[serde(rename = "pg_hba")]
        pg_hba: Vec<String>,
        synchronous: Synchronous,
    }
}

part! {
    /// Which standbys have a transaction before it counts as done.
    Synchronous {
        method: String,
        number: u32,
        data_durability: String,
    }
}

part! {
    /// A disk of each instance.
    Storage {
        size: String,
        storage_class: String,
    }
}

part! {
    /// Where instances stand.
    Affinity {
        enable_pod_anti_affinity: bool,
        pod_anti_affinity_type: String,
        topology_key: String,
    }
}
