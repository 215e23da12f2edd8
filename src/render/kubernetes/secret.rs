//! Secrets that lie in a vault: External Secrets fetches them, and keeps them as the vault has them, in the namespaces of
//! those who take them.
//!
//! Sealed secrets are not here: they are opened when they are applied, and no artifact holds a value. External Secrets runs
//! in a namespace of its own and reaches the vault from there; nothing of ours opens a connection to it. It asks for a token
//! of the service account `vault.<name>` of the namespace, so the vault's role says by namespace who may read what.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::language::Platform;
use crate::language::database::DatabaseId;
use crate::language::name::Name;
use crate::language::project::Project;
use crate::language::secret::{Sealed, Secret};
use crate::language::vault::{Login, LoginMethod, Place, SecretEngine, Vault, VaultPath};
use crate::language::workload::{EnvValue, Workload};
use crate::render::kubernetes::custom::external_secrets::{
    Datum, RemoteRef, TargetTemplate, TemplateMetadata,
};
use crate::render::kubernetes::label::{self, Labels};
use crate::render::kubernetes::manifest::Objects;
use crate::render::kubernetes::name;

#[derive(Serialize)]
struct SecretStoreView<'a> {
    name: String,
    namespace: &'a str,
    server: String,
    mount: &'a str,
    version: &'static str,
    login_path: &'a str,
    role: String,
    account: &'a str,
}

#[derive(Serialize)]
struct ExternalSecretView<'a> {
    name: &'a Name,
    namespace: &'a str,
    store: String,
    template: TargetTemplate,
    data: Vec<Datum>,
}

#[derive(Serialize)]
struct ServiceAccountView<'a> {
    name: &'a str,
    namespace: &'a str,
}

/// Renders those of a project: its own, and those of the top that it takes.
pub fn render(project: &Project, objects: &mut Objects<'_>) {
    let platform = objects.context.platform;
    let mut secrets: BTreeMap<&Name, &Secret> = project.secrets.iter().collect();
    let taken = taken_by_project(platform, project);
    secrets.extend(platform.secrets.iter().filter(|(name, _)| taken.contains(name)));
    render_all(&secrets, &label::of_project(platform, project), objects);
}

/// Renders those that the platform itself takes.
pub fn render_system(objects: &mut Objects<'_>) {
    let platform = objects.context.platform;
    let mut taken: BTreeSet<&Name> = platform.edges.values().map(|it| &it.credentials.secret).collect();
    taken.extend(platform.edges.values().flat_map(|it| taken_by(platform, &it.workload)));
    let secrets = platform.secrets.iter().filter(|(name, _)| taken.contains(name)).collect();
    render_all(&secrets, &label::of_platform(platform), objects);
}

fn render_all(secrets: &BTreeMap<&Name, &Secret>, labels: &Labels, objects: &mut Objects<'_>) {
    let platform = objects.context.platform;
    let places = secrets.values().filter_map(|secret| match &secret.sealed {
        Sealed::Vault(place) => Some((*secret, place, platform.vaults.get(&place.vault)?)),
        Sealed::Envelope { .. } | Sealed::File { .. } | Sealed::Nothing { .. } => None,
    });
    let places: Vec<(&Secret, &Place, &Vault)> = places.collect();
    let vaults: BTreeMap<&Name, &Vault> = places.iter().map(|it| (&it.2.name, it.2)).collect();
    for vault in vaults.into_values() {
        account(vault, labels, objects);
        let mounts: BTreeSet<&VaultPath> =
            places.iter().filter(|it| it.2.name == vault.name).map(|it| &it.1.mount).collect();
        for mount in mounts {
            store(vault, mount, labels, objects);
        }
    }
    for (secret, place, vault) in places {
        external_secret(secret, place, vault, labels, objects);
    }
}

/// The account that External Secrets logs in as. A dot keeps its name apart from those of workloads.
fn account_of(vault: &Vault) -> String {
    format!("vault.{}", vault.name)
}

fn account(vault: &Vault, labels: &Labels, objects: &mut Objects<'_>) {
    let view = ServiceAccountView { name: &account_of(vault), namespace: &objects.namespace() };
    objects.add("workload/service-account.yaml.j2", labels, vault.span, &view);
}

fn store_of(vault: &Vault, mount: &VaultPath) -> String {
    format!("{}.{}", vault.name, name::of_path(&format!("/{mount}")))
}

fn store(vault: &Vault, mount: &VaultPath, labels: &Labels, objects: &mut Objects<'_>) {
    let Vault { name: _, address, mounts, login, span } = vault;
    let Login { method: LoginMethod::Kubernetes, role, at, span: _ } = login;
    let Some(engine) = mounts.get(mount).map(|it| it.engine) else { return };
    let view = SecretStoreView {
        name: store_of(vault, mount),
        namespace: &objects.namespace(),
        server: address.to_string(),
        mount: mount.as_str(),
        version: match engine {
            SecretEngine::KvV2 => "v2",
        },
        login_path: at.as_str(),
        role: role.of(objects.project.map_or("system", |it| it.name.as_str())),
        account: &account_of(vault),
    };
    objects.add("secret/secret-store.yaml.j2", labels, *span, &view);
}

fn external_secret(
    secret: &Secret,
    place: &Place,
    vault: &Vault,
    labels: &Labels,
    objects: &mut Objects<'_>,
) {
    let data = secret.keys.iter().map(|key| Datum {
        secret_key: Some(key.to_string()),
        remote_ref: Some(RemoteRef { key: Some(place.path.to_string()), property: Some(key.to_string()) }),
    });
    // Images are pulled with a secret that has this key, and its type.
    let is_pull = secret.keys.iter().any(|it| it.as_str() == ".dockerconfigjson");
    let kind = if is_pull { "kubernetes.io/dockerconfigjson" } else { "Opaque" };
    let view = ExternalSecretView {
        name: &secret.name,
        namespace: &objects.namespace(),
        store: store_of(vault, &place.mount),
        // Without one, the Secret would carry what says that the ExternalSecret is ours.
        template: TargetTemplate {
            kind: Some(kind.to_owned()),
            metadata: Some(TemplateMetadata {
                labels: Some(label::of_made(objects.context.platform, objects.project)),
            }),
        },
        data: data.collect(),
    };
    objects.add("secret/external-secret.yaml.j2", labels, secret.span, &view);
}

/// The secrets that a project's workloads take, its own and those of the top; where the token service runs, also those that
/// it opens.
fn taken_by_project<'a>(platform: &'a Platform, project: &'a Project) -> BTreeSet<&'a Name> {
    let services = project.services.values().map(|it| &it.workload);
    let workloads = services.chain(project.crons.values().map(|it| &it.workload));
    let auth = platform.auth.iter().filter(|it| it.service.project == project.name);
    let opened = auth.flat_map(|it| it.secrets().into_iter().map(|(it, _)| it).chain(platform.signatures()));
    workloads.flat_map(|it| taken_by(platform, it)).chain(opened.map(|it| &it.secret)).collect()
}

fn taken_by<'a>(platform: &'a Platform, workload: &'a Workload) -> impl Iterator<Item = &'a Name> {
    let of_env = workload.env.values().filter_map(|it| match &it.value {
        EnvValue::Plain(_) | EnvValue::Address { .. } => None,
        EnvValue::Secret(value) => Some(&value.secret),
        EnvValue::Login { database: id, key: _ } => login_of(platform, id),
    });
    of_env.chain(workload.mounts.iter().map(|it| &it.value.secret)).chain(&workload.pull_secrets)
}

fn login_of<'a>(platform: &'a Platform, id: &DatabaseId) -> Option<&'a Name> {
    platform.database(id)?.login.as_ref().map(|it| &it.value)
}
