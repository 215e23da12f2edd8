//! Secrets, in the namespaces of those who take them.
//!
//! Those that lie in a vault External Secrets fetches, and keeps as the vault has them. It runs in a namespace of its own and
//! reaches the vault from there; nothing of ours opens a connection to it. It asks for a token of the service account
//! `vault.<name>` of the namespace, so the vault's role says by namespace who may read what.
//!
//! Of those that are sealed in the tree no artifact holds a value: what is known of them is [`Unfilled`], and whoever applies
//! them opens the value and fills them. The pods that read one carry its digest, so that another value replaces them.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::envelope::label::Place;
use crate::language::Platform;
use crate::language::auth::Auth;
use crate::language::database::DatabaseId;
use crate::language::name::Name;
use crate::language::project::Project;
use crate::language::secret::{Sealed, Secret};
use crate::language::value::text::SecretKey;
use crate::language::vault::{self, Login, LoginMethod, SecretEngine, Vault, VaultPath};
use crate::language::workload::{EnvValue, Workload};
use crate::render::kubernetes::custom::external_secrets::{
    Datum, RemoteRef, TargetTemplate, TemplateMetadata,
};
use crate::render::kubernetes::label::{self, Labels};
use crate::render::kubernetes::manifest::{self, Objects};
use crate::render::kubernetes::name;
use crate::render::yaml::emit;
use crate::source::{SourceMap, Span};
use crate::tree::digest::Digest;

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
    let secrets = of_project(platform, project).map(|it| (&it.name, it)).collect();
    render_all(&secrets, &label::of_project(platform, project), objects);
}

/// Its own, and those of the top that it takes.
fn of_project<'a>(platform: &'a Platform, project: &'a Project) -> impl Iterator<Item = &'a Secret> {
    let taken = taken_by_project(platform, project);
    let of_top = platform.secrets.values().filter(move |it| taken.contains(&it.name));
    project.secrets.values().chain(of_top)
}

/// Renders those that the platform itself takes.
pub fn render_system(objects: &mut Objects<'_>) {
    let platform = objects.context.platform;
    let secrets = of_system(platform).map(|it| (&it.name, it)).collect();
    render_all(&secrets, &label::of_platform(platform), objects);
}

fn of_system(platform: &Platform) -> impl Iterator<Item = &Secret> {
    let mut taken: BTreeSet<&Name> = platform.edges.values().map(|it| &it.credentials.secret).collect();
    taken.extend(platform.edges.values().flat_map(|it| taken_by(platform, &it.workload)));
    taken.extend(platform.edges.values().flat_map(|it| &it.workload.pull_secrets));
    platform.secrets.values().filter(move |it| taken.contains(&it.name))
}

fn render_all(secrets: &BTreeMap<&Name, &Secret>, labels: &Labels, objects: &mut Objects<'_>) {
    let platform = objects.context.platform;
    let places = secrets.values().filter_map(|secret| match &secret.sealed {
        Sealed::Vault(place) => Some((*secret, place, platform.vaults.get(&place.vault)?)),
        Sealed::Envelope { .. } | Sealed::File { .. } | Sealed::Nothing { .. } => None,
    });
    let places: Vec<(&Secret, &vault::Place, &Vault)> = places.collect();
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
    place: &vault::Place,
    vault: &Vault,
    labels: &Labels,
    objects: &mut Objects<'_>,
) {
    let data = secret.keys.iter().map(|key| Datum {
        secret_key: Some(key.to_string()),
        remote_ref: Some(RemoteRef { key: Some(place.path.to_string()), property: Some(key.to_string()) }),
    });
    let is_pull = secret.keys.iter().any(|it| it.as_str() == PULLED);
    let view = ExternalSecretView {
        name: &secret.name,
        namespace: &objects.namespace(),
        store: store_of(vault, &place.mount),
        // Without one, the Secret would carry what says that the ExternalSecret is ours.
        template: TargetTemplate {
            kind: Some(type_of(is_pull).to_owned()),
            metadata: Some(TemplateMetadata {
                labels: Some(label::of_made(objects.context.platform, objects.project)),
            }),
        },
        data: data.collect(),
    };
    objects.add("secret/external-secret.yaml.j2", labels, secret.span, &view);
}

/// The key of a Secret that images are pulled with.
const PULLED: &str = ".dockerconfigjson";

/// The type of a Secret; that of one that images are pulled with has to have its key.
fn type_of(is_pull: bool) -> &'static str {
    if is_pull { "kubernetes.io/dockerconfigjson" } else { "Opaque" }
}

/// A Secret of the cluster whose values are sealed in the tree: it is filled when it is applied.
#[derive(Clone, Debug)]
pub struct Unfilled {
    /// Its namespace.
    pub namespace: String,
    /// What it is called, as the secret is.
    pub name: Name,
    /// `Opaque`, or that of one that images are pulled with.
    pub kind: &'static str,
    /// Where the value is declared.
    pub place: Place,
    /// What tells its sealed bytes from others.
    pub digest: Digest,
    /// What its values are.
    pub values: Values,
    /// The declaration that caused it.
    pub origin: Span,
    /// The object without its values, as one YAML document.
    pub head: String,
}

/// The keys of a Secret, and what is to stand under them.
#[derive(Clone, Debug)]
pub enum Values {
    /// The whole value, under each of these.
    Whole(BTreeSet<&'static str>),
    /// Under each key the field of the same name.
    Fields(BTreeSet<SecretKey>),
}

impl Values {
    /// The keys.
    pub fn keys(&self) -> Vec<&str> {
        match self {
            Self::Whole(keys) => keys.iter().copied().collect(),
            Self::Fields(keys) => keys.iter().map(SecretKey::as_str).collect(),
        }
    }
}

/// The annotation of a Secret and of the pods that read it that changes with what is sealed.
pub const SEALED_DIGEST: &str = "trackside.dev/sealed-digest";

/// The Secrets of a platform that are filled when they are applied: those of what the platform itself runs, then those of
/// each project.
pub fn unfilled(platform: &Platform, sources: &SourceMap) -> Vec<Unfilled> {
    let pulled: BTreeSet<&Name> = platform.edges.values().flat_map(|it| &it.workload.pull_secrets).collect();
    let of_system = of_system(platform)
        .filter_map(|it| unfilled_one(platform, None, it, pulled.contains(&it.name), sources))
        .collect();
    platform.projects.values().fold(of_system, |mut all: Vec<Unfilled>, project| {
        let pulled: BTreeSet<&Name> = project.workloads().flat_map(|it| &it.pull_secrets).collect();
        let of_project = of_project(platform, project);
        all.extend(
            of_project.filter_map(|it| {
                unfilled_one(platform, Some(project), it, pulled.contains(&it.name), sources)
            }),
        );
        all
    })
}

fn unfilled_one(
    platform: &Platform,
    project: Option<&Project>,
    secret: &Secret,
    is_pulled: bool,
    sources: &SourceMap,
) -> Option<Unfilled> {
    let digest = secret.sealed.envelope()?;
    let owner = project.filter(|it| it.secrets.contains_key(&secret.name)).map(|it| &it.name);
    let values = match (secret.keys.is_empty(), is_pulled) {
        (false, _) => Values::Fields(secret.keys.clone()),
        // A workload that takes it otherwise finds it as ever.
        (true, true) => Values::Whole([PULLED, name::SECRET_KEY].into()),
        (true, false) => Values::Whole([name::SECRET_KEY].into()),
    };
    let kind = type_of(values.keys().contains(&PULLED));
    let namespace = project.map_or_else(|| platform.system_namespace(), |it| platform.namespace(&it.name));
    let labels = project.map_or_else(|| label::of_platform(platform), |it| label::of_project(platform, it));
    let annotations = [(manifest::SOURCE, sources.place(secret.span)), (SEALED_DIGEST, digest.to_string())];
    let object = core::Secret {
        metadata: ObjectMeta {
            name: Some(secret.name.to_string()),
            namespace: Some(namespace.clone()),
            labels: Some(labels),
            annotations: Some(annotations.map(|(key, value)| (key.to_owned(), value)).into()),
            ..ObjectMeta::default()
        },
        type_: Some(kind.to_owned()),
        ..core::Secret::default()
    };
    let mut head = String::new();
    emit::emit_into(&object, &mut head).expect("it is made of texts");
    let place = secret.place(owner);
    Some(Unfilled {
        namespace,
        name: secret.name.clone(),
        kind,
        place,
        digest,
        values,
        origin: secret.span,
        head,
    })
}

/// What changes with the sealed values that a workload reads, so that pods are replaced when one does; `None` where it reads
/// none.
pub fn digest(platform: &Platform, project: Option<&Project>, workload: &Workload) -> Option<String> {
    let mut taken: BTreeSet<&Name> = taken_by(platform, workload).collect();
    taken.extend(
        platform
            .auth
            .iter()
            .filter(|it| project.is_some_and(|project| it.is_run_by(project, workload)))
            .flat_map(|it| opened_by(platform, it)),
    );
    let own = |name: &Name| project.and_then(|it| it.secrets.get(name));
    let sealed = taken.into_iter().filter_map(|name| {
        Some((name, own(name).or_else(|| platform.secrets.get(name))?.sealed.envelope()?))
    });
    let mut digest = None;
    for (name, envelope) in sealed {
        let digest = digest.get_or_insert_with(Sha256::new);
        digest.update(format!("{name} {envelope}\n"));
    }
    digest.map(|it| name::hex(&it.finalize()))
}

/// The secrets that a project's workloads take, its own and those of the top; where the token service runs, also those that
/// it opens.
fn taken_by_project<'a>(platform: &'a Platform, project: &'a Project) -> BTreeSet<&'a Name> {
    let workloads = project.workloads();
    let auth = platform.auth.iter().filter(|it| it.service.project == project.name);
    let opened = auth.flat_map(|it| opened_by(platform, it));
    let pulled = project.workloads().flat_map(|it| &it.pull_secrets);
    workloads.flat_map(|it| taken_by(platform, it)).chain(pulled).chain(opened).collect()
}

/// Those that the token service opens.
fn opened_by<'a>(platform: &'a Platform, auth: &'a Auth) -> impl Iterator<Item = &'a Name> {
    auth.secrets().into_iter().map(|(it, _)| it).chain(platform.signatures()).map(|it| &it.secret)
}

/// Those whose values a workload reads.
fn taken_by<'a>(platform: &'a Platform, workload: &'a Workload) -> impl Iterator<Item = &'a Name> {
    let of_env = workload.env.values().filter_map(|it| match &it.value {
        EnvValue::Plain(_) | EnvValue::Address { .. } => None,
        EnvValue::Secret(value) => Some(&value.secret),
        EnvValue::Login { database: id, key: _ } => login_of(platform, id),
    });
    of_env.chain(workload.mounts.iter().map(|it| &it.value.secret))
}

fn login_of<'a>(platform: &'a Platform, id: &DatabaseId) -> Option<&'a Name> {
    platform.database(id)?.login.as_ref().map(|it| &it.value)
}
