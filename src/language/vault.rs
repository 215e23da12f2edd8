//! The `vault` declaration: a HashiCorp Vault that secrets are fetched from while the platform runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::suggest;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::item::{self, Item};
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::secret::{Sealed, Secret};
use crate::language::value::refusal::quote;
use crate::language::value::text::HttpsUrl;
use crate::language::value::{Form, Invalid, Parse, serialized_as_displayed};
use crate::language::word::words;
use crate::source::{Span, Spanned};
use crate::syntax::Value;

/// The table.
pub static KIND: Kind = Kind::new(
    "vault",
    Class::Named,
    "A HashiCorp Vault. A secret that is written `(vault)\"secret/projects/shop/database\"` is fetched from the one that \
     mounts the front of that path, by External Secrets, which keeps the Kubernetes Secret as the vault has it. Who may \
     read and write there is the vault's own to say.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.properties(&[Field::required::<HttpsUrl>("address", "Where it answers.")])
.children(&[&MOUNT, &LOGIN])
.requires(&["mount", "login"])
.unused("no secret is in it")
.most(20);

static MOUNT: Kind = Kind::new("mount", Class::Named, "A place in the vault where secrets lie.")
    .arguments(&[Field::required::<VaultPath>("path", "The front of the paths of its secrets.")])
    .properties(&[Field::required::<SecretEngine>("engine", "What answers there.")])
    .most(50);

static LOGIN: Kind = Kind::new(
    "login",
    Class::Single,
    "How the one who fetches shows who it is: by the token of its service account, which the vault asks the cluster about.",
)
.arguments(&[Field::required::<LoginMethod>("method", "The method.")])
.properties(&[
    Field::required::<VaultRole>(
        "as",
        "The role of the vault that it takes. `{project}` in it stands for the name of the project (`system` for what the \
         platform itself runs), so that the vault can tell them apart.",
    ),
    Field::default::<VaultPath>("at", "\"kubernetes\"", "Where the method is mounted in the vault."),
]);

/// A vault as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Vault {
    /// What it is called.
    pub name: Name,
    /// Where it answers: an `https` address.
    pub address: HttpsUrl,
    /// Its places for secrets, by the front of their paths.
    pub mounts: BTreeMap<VaultPath, Mount>,
    /// How the one who fetches shows who it is.
    pub login: Login,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// A place in a vault where secrets lie.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Mount {
    /// What answers there.
    pub engine: SecretEngine,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// How the one who fetches from a vault shows who it is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Login {
    /// The method.
    pub method: LoginMethod,
    /// The role of the vault that it takes.
    pub role: VaultRole,
    /// Where the method is mounted in the vault.
    pub at: VaultPath,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// What answers at a place of a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretEngine {
    /// The second version of the store for keys and values, which keeps older versions.
    KvV2,
}

/// How the one who fetches shows who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginMethod {
    /// By the token of its service account.
    Kubernetes,
}

words! { SecretEngine: "secret engine", KvV2 = "kv-v2" }
words! { LoginMethod: "way to log in to a vault", Kubernetes = "kubernetes" }

/// A path in a vault, without a slash at its ends: `secret/projects/shop/database`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VaultPath(Arc<str>);

impl VaultPath {
    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is left of it behind another path that it lies in.
    fn behind(&self, front: &Self) -> Option<&str> {
        self.0.strip_prefix(&*front.0)?.strip_prefix('/')
    }

    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 512)?;
        form.only(text, |it| it.is_ascii_alphanumeric() || "_-./".contains(it))?;
        if text.split('/').any(|it| matches!(it, "" | "." | "..")) {
            return Err(form.refuse(format!("{} has a part that is empty or leads elsewhere", quote(text))));
        }
        Ok(Self(Arc::from(text)))
    }
}

serialized_as_displayed!(VaultPath);

impl std::fmt::Display for VaultPath {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Parse for VaultPath {
    const FORM: Form = Form {
        name: "path in a vault",
        expects: "names of letters, digits, `_`, `-` and `.` with `/` between them",
        example: "\"secret\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| it.mend(text.trim().trim_matches('/'), Self::read))
    }
}

/// Where in a vault a secret lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Place {
    /// The vault.
    pub vault: Name,
    /// The front of the path, where its engine is mounted.
    pub mount: VaultPath,
    /// The path behind that.
    pub path: VaultPath,
}

/// The role of a vault, with `{project}` where the name of a project belongs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VaultRole(Arc<str>);

impl VaultRole {
    const PROJECT: &str = "{project}";

    /// The role that a project takes.
    pub fn of(&self, project: &str) -> String {
        self.0.replace(Self::PROJECT, project)
    }

    /// Whether each project has its own.
    pub fn is_per_project(&self) -> bool {
        self.0.contains(Self::PROJECT)
    }
}

serialized_as_displayed!(VaultRole);

impl std::fmt::Display for VaultRole {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Parse for VaultRole {
    const FORM: Form = Form {
        name: "role of a vault",
        expects: "letters, digits, `_`, `-`, `.` and `{project}`",
        example: "\"trackside-{project}\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| it.mend(text.trim(), Self::read))
    }
}

impl VaultRole {
    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 128)?;
        let around = text.replace(Self::PROJECT, "");
        if around.contains(['{', '}']) {
            return Err(
                form.refuse(format!("{} has a place for something else than `{{project}}`", quote(text)))
            );
        }
        form.only(&around, |it| it.is_ascii_alphanumeric() || "_-.".contains(it))?;
        Ok(Self(Arc::from(text)))
    }
}

/// Says which vaults cannot tell projects apart that fetch from them.
pub fn check_roles(platform: &Platform, sink: &mut Diagnostics) {
    for vault in platform.vaults.values().filter(|it| !it.login.role.is_per_project()) {
        let lies_here =
            |it: &&Secret| matches!(&it.sealed, Sealed::Vault(place) if place.vault == vault.name);
        let owners = platform.projects.values().filter(|it| it.secrets.values().any(|it| lies_here(&it)));
        let offered = platform.secrets.values().filter(lies_here).flat_map(|it| it.offers.keys());
        let projects: BTreeSet<&Name> = owners.map(|it| &it.name).chain(offered).collect();
        if projects.len() < 2 {
            continue;
        }
        let message = format!(
            "{} fetch from vault `{}` in one role: it could give none of them less than another",
            item::listed(projects.iter().map(|it| it.as_str())),
            vault.name
        );
        sink.report(Diagnostic::new(Code::SharedVaultRole, vault.login.span, message).help(format!(
            "give each a role of its own there, and write `as=\"{}-{{project}}\"`",
            vault.login.role
        )));
    }
}

/// Reads all vaults.
pub fn resolve(items: &[Item<'_>], sink: &mut Diagnostics) -> BTreeMap<Name, Vault> {
    let vaults = items.iter().filter(|it| it.kind.word == KIND.word);
    let vaults = vaults.filter_map(|it| resolve_one(it, sink)).map(|it| (it.name.clone(), it)).collect();
    check(&vaults, sink);
    vaults
}

fn resolve_one(item: &Item<'_>, sink: &mut Diagnostics) -> Option<Vault> {
    let name = item.own_name(sink);
    let address = item.property::<HttpsUrl>("address", sink);
    let mounts = item.children(MOUNT.word).filter_map(|it| {
        let path = it.argument::<VaultPath>(0, sink);
        let engine = it.property::<SecretEngine>("engine", sink).map_or(SecretEngine::KvV2, |it| it.value);
        Some((path?.value, Mount { engine, span: it.span() }))
    });
    let mounts = mounts.collect();
    let login = item.child(LOGIN.word).map(|it| Login {
        method: it.argument::<LoginMethod>(0, sink).map_or(LoginMethod::Kubernetes, |it| it.value),
        role: it.property::<VaultRole>("as", sink).map_or_else(item::stand_in, |it| it.value),
        at: it.property_or_default::<VaultPath>("at", sink),
        span: it.span(),
    });
    let nobody = || Login {
        method: LoginMethod::Kubernetes,
        role: item::stand_in(),
        at: item::stand_in(),
        span: item.span(),
    };
    Some(Vault {
        name: name?,
        address: address.map_or_else(item::stand_in, |it| it.value),
        mounts,
        login: login.unwrap_or_else(nobody),
        span: item.span(),
    })
}

/// Reports places that two vaults have: which of them a path leads to could not be said.
fn check(vaults: &BTreeMap<Name, Vault>, sink: &mut Diagnostics) {
    let mut first: BTreeMap<&VaultPath, (&Name, Span)> = BTreeMap::new();
    for vault in vaults.values() {
        for (path, mount) in &vault.mounts {
            if let Some((other, span)) = first.insert(path, (&vault.name, mount.span)) {
                let message = format!("`{path}` is a place of vault `{other}` as well");
                sink.report(
                    Diagnostic::new(Code::Duplicate, mount.span, message)
                        .related(span, "declared here")
                        .help(
                            "a secret names its vault by the front of its path: mount one of them elsewhere",
                        ),
                );
            }
        }
    }
}

/// Finds out where a path leads. One that leads nowhere is reported.
pub fn place(
    vaults: &BTreeMap<Name, Vault>,
    written: &Spanned<VaultPath>,
    sink: &mut Diagnostics,
) -> Option<Place> {
    let all = || vaults.values().flat_map(|vault| vault.mounts.keys().map(move |mount| (vault, mount)));
    let inside = all().filter_map(|(vault, mount)| Some((vault, mount, written.value.behind(mount)?)));
    let Some((vault, mount, path)) = inside.max_by_key(|(_, mount, _)| mount.as_str().len()) else {
        sink.report(no_mount(vaults, written));
        return None;
    };
    if let Some(plain) = path.strip_prefix("data/") {
        let message = format!("`{}` is how the vault's own interface spells the path", written.value);
        sink.report(Diagnostic::new(Code::InvalidValue, written.span, message).help(format!(
            "the `data` behind the mount is put there by whoever asks: write `\"{mount}/{plain}\"`"
        )));
    }
    let path = VaultPath::read(path).ok()?;
    Some(Place { vault: vault.name.clone(), mount: mount.clone(), path })
}

/// A text where the path of a secret in a vault belongs. Most likely it is the secret itself, so nothing of it is shown.
pub fn no_path(span: Span) -> Diagnostic {
    Diagnostic::new(Code::InvalidValue, span, "what stands here is no path in a vault")
}

fn no_mount(vaults: &BTreeMap<Name, Vault>, written: &Spanned<VaultPath>) -> Diagnostic {
    if vaults.is_empty() {
        let message = "this platform declares no vault that `(vault)` could lead to";
        return Diagnostic::new(Code::UnknownReference, written.span, message).help(
            "declare it, as in `vault \"main\" address=\"https://vault.example.com\"`, or seal the value with age",
        );
    }
    if !written.value.as_str().contains('/') {
        return no_path(written.span)
            .help("write the front of the path, where the vault mounts it, and the rest behind a `/`");
    }
    let mounts: Vec<&str> = vaults.values().flat_map(|it| it.mounts.keys()).map(VaultPath::as_str).collect();
    let front = written.value.as_str().split('/').next().unwrap_or_default();
    let message = format!("no vault has a place at the front of {}", quote(written.value.as_str()));
    let diagnostic = Diagnostic::new(Code::UnknownReference, written.span, message);
    match suggest::closest(front, mounts.iter().copied()) {
        Some(meant) if meant != front => {
            let behind = &written.value.as_str()[front.len()..];
            diagnostic
                .help(format!("did you mean `{meant}{behind}`?"))
                .replace(written.span, format!("\"{meant}{behind}\""))
        }
        Some(_) => diagnostic.help("write the path of a secret behind it"),
        None => diagnostic.help(format!("declared: {}", item::listed(mounts.into_iter()))),
    }
}

#[cfg(test)]
mod tests {
    use super::VaultRole;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn a_role_of_a_vault_may_have_the_project_in_it() {
        insta::assert_snapshot!(check::<VaultRole>(r#"
            trackside
            "trackside-{project}"
            "trackside-{team}"
            "trackside {project}"
            ""
        "#), @r#"
        trackside => trackside
        "trackside-{project}" => trackside-{project}
        "trackside-{team}" => `trackside-{team}` has a place for something else than `{project}` | write letters, digits, `_`, `-`, `.` and `{project}`, as in `"trackside-{project}"`
        "trackside {project}" => `trackside ` has a space, which a role of a vault cannot have | write letters, digits, `_`, `-`, `.` and `{project}`, as in `"trackside-{project}"`
        "" => a role of a vault cannot be empty | write letters, digits, `_`, `-`, `.` and `{project}`, as in `"trackside-{project}"`
        "#);
        holds::<VaultRole>("[a-z{}/-]{1,12}");
        let role = VaultRole::read("{project}-reader").expect("it is a role");
        assert_eq!((role.of("shop"), role.is_per_project()), ("shop-reader".to_owned(), true));
    }
}
