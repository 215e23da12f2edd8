//! Raw objects: read, put into their place, labelled like the rest and held to the same rules.

pub mod kinds;
mod rules;
pub mod trap;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, mask};
use crate::language::object::Object;
use crate::language::project::Project;
use crate::render::ObjectId;
use crate::render::kubernetes::label::{self, Component};
use crate::render::kubernetes::manifest::{self, Annotations, Context, Draft, SOURCE};
use crate::render::kubernetes::pod_security::Standard;
use crate::render::kubernetes::pod_security::version::Minor;
use crate::render::kubernetes::{by_hand, check, known, pod_security, well_formed};
use crate::render::template::skeleton::Marks;
use crate::render::yaml::{self, Kind, Node, Step, keys, path_text};
use crate::source::Span;

/// Reads the raw objects of a project, or those of the top. What is wrong with one is reported, and it is left out.
pub fn read(context: Context<'_>, project: Option<&Project>, sink: &mut Diagnostics) -> Vec<(Value, Span)> {
    let objects = project.map_or(&context.platform.objects, |it| &it.objects);
    objects.iter().flat_map(|object| read_file(object, context, project, sink)).collect()
}

/// Reports objects that are the same one as another; `drafts` are all of the platform, raw ones included. Of two
/// rendered ones, [`check`](mod@super::check) knows better what the author can do about it.
pub fn check_taken<'a>(drafts: impl Iterator<Item = &'a Draft>, sink: &mut Diagnostics) {
    let mut first: BTreeMap<&ObjectId, &Draft> = BTreeMap::new();
    for draft in drafts {
        let Some(other) = first.insert(&draft.id, draft) else { continue };
        let (raw, other) = if draft.is_raw { (draft, other) } else { (other, draft) };
        if raw.is_raw {
            let ObjectId { kind, name, .. } = &raw.id;
            sink.report(
                Diagnostic::new(
                    Code::ObjectTaken,
                    raw.origin,
                    format!("the {kind} `{name}` is there already"),
                )
                .related(other.origin, "the other one")
                .help("give one of them another name, or leave it out"),
            );
        }
    }
}

fn read_file(
    object: &Object,
    context: Context<'_>,
    project: Option<&Project>,
    sink: &mut Diagnostics,
) -> Vec<(Value, Span)> {
    let documents = match yaml::read(&object.text) {
        Ok(documents) => documents,
        Err(yaml::Invalid { at, message }) => {
            let span = context.sources.rest_of_line(object.file, at);
            sink.report(
                Diagnostic::new(Code::ObjectUnreadable, span, message).related(object.span, "declared here"),
            );
            return Vec::new();
        }
    };
    if documents.is_empty() {
        let message = format!("`{}` holds no object", context.sources.file(object.file).path);
        sink.report(
            Diagnostic::new(Code::ObjectIncomplete, object.span, message)
                .help("remove this line, or write the object"),
        );
    }
    let behind = documents.iter().skip(1).map(|it| Some(it.root.start)).chain([None]);
    let nodes = documents.iter().zip(behind).flat_map(|(it, behind)| unpacked(&it.root, behind));
    nodes
        .filter_map(|(node, behind)| {
            Raw { node, behind, object, context, project, sink: &mut *sink, is_hidden: false }.read()
        })
        .collect()
}

/// The objects that a node stands for. Whatever has `items` is a list to kubectl and to the machinery of the API, of whatever
/// kind it says it is; and a list may hold lists. Beside each stands where the next thing begins.
fn unpacked(node: &Node, behind: Option<u32>) -> Vec<(&Node, Option<u32>)> {
    match node.get("items").map(|it| &it.kind) {
        Some(Kind::Sequence(items)) => {
            let following = items.iter().skip(1).map(|it| Some(it.start)).chain([behind]);
            items.iter().zip(following).flat_map(|(it, behind)| unpacked(it, behind)).collect()
        }
        _ => vec![(node, behind)],
    }
}

/// One raw object on its way to a manifest.
struct Raw<'a, 's> {
    node: &'a Node,
    /// Where the next thing begins, if there is one.
    behind: Option<u32>,
    object: &'a Object,
    context: Context<'a>,
    project: Option<&'a Project>,
    sink: &'s mut Diagnostics,
    /// Whether all of it is hidden already.
    is_hidden: bool,
}

/// What the cluster alone writes: the field that it stands in, and its own.
const OF_CLUSTER: &[(&str, &str)] = &[
    ("", "status"),
    ("metadata", "creationTimestamp"),
    ("metadata", "deletionGracePeriodSeconds"),
    ("metadata", "deletionTimestamp"),
    ("metadata", "generation"),
    ("metadata", "managedFields"),
    ("metadata", "ownerReferences"),
    ("metadata", "resourceVersion"),
    ("metadata", "selfLink"),
    ("metadata", "uid"),
];

impl Raw<'_, '_> {
    /// Reads it. Every mistake is reported that does not follow from another.
    fn read(mut self) -> Option<(Value, Span)> {
        let mut value = self.node.to_value();
        let Some(mut id) = ObjectId::of(&value) else {
            self.report_incomplete();
            return None;
        };
        let before = self.sink.len();
        self.check_of_cluster(&mut value);
        self.check_secret(&id, &value);
        self.check_rules(&id, &value);
        self.place(&mut id);
        if let (Some(metadata), Some(namespace)) = (value["metadata"].as_object_mut(), &id.namespace) {
            metadata.insert("namespace".to_owned(), namespace.clone().into());
        }
        if let Err(malformed) = well_formed::check(&value) {
            let message = malformed.to_string();
            self.report(
                Code::ObjectMalformed,
                &malformed.path,
                message,
                "compare it with the API reference of Kubernetes",
            );
        }
        self.check_pods(&value);
        if self.sink.len() > before {
            return None;
        }
        let origin = self.span(self.node.start);
        self.mark(&mut value, origin);
        Some((value, origin))
    }

    fn report_incomplete(&mut self) {
        if !matches!(self.node.kind, Kind::Mapping(_)) {
            self.report(
                Code::ObjectIncomplete,
                &[],
                "this is no object".to_owned(),
                "begin with `apiVersion:`, `kind:` and `metadata:`",
            );
            return;
        }
        let is_text = |path: &[&str]| {
            let found = path.iter().try_fold(self.node, |node, key| node.get(key));
            found.is_some_and(|it| matches!(&it.kind, Kind::Scalar(Value::String(it)) if !it.is_empty()))
        };
        let missing =
            [["apiVersion"].as_slice(), &["kind"], &["metadata", "name"]].into_iter().find(|it| !is_text(it));
        let path = keys(missing.unwrap_or_default());
        let message = format!("`{}` is missing or no text", path_text(&path));
        let help = match self.node.get("metadata").and_then(|it| it.get("generateName")) {
            Some(_) => "give it a name of its own instead of `generateName`",
            None => "an object says `apiVersion`, `kind` and `metadata.name`",
        };
        self.report(Code::ObjectIncomplete, &path, message, help);
    }

    fn check_of_cluster(&mut self, value: &mut Value) {
        for (parent, field) in OF_CLUSTER {
            let parents = if parent.is_empty() { Some(&mut *value) } else { value.get_mut(*parent) };
            let taken = parents.and_then(Value::as_object_mut).and_then(|it| it.shift_remove(*field));
            if taken.is_some_and(|it| !it.is_null()) {
                let path: Vec<Step> = keys(&[*parent, *field])
                    .into_iter()
                    .filter(|it| *it != Step::Key(String::new()))
                    .collect();
                let message = format!("`{}` is for the cluster to write", path_text(&path));
                self.report(Code::ObjectOfCluster, &path, message, "remove it");
            }
        }
    }

    fn check_secret(&mut self, id: &ObjectId, value: &Value) {
        if id.kind != "Secret" || id.api_version != "v1" {
            return;
        }
        for field in ["data", "stringData"] {
            if value.get(field).and_then(Value::as_object).is_some_and(|it| !it.is_empty()) {
                let message = format!("the Secret `{}` stands here for everybody to read", id.name);
                let help = "seal it with `age -a -r RECIPIENT`, declare it by `secret`, and change the value: it is in the history of git";
                self.report(Code::ObjectSecret, &keys(&[field]), message, help);
            }
        }
    }

    /// A raw object is for what has no word, and undoes nothing of what has one.
    fn check_rules(&mut self, id: &ObjectId, value: &Value) {
        let refusals = match self.project {
            Some(project) => rules::of_project(id, value, self.context.platform, project),
            None => rules::of_top(id, value, self.context.platform),
        };
        // The values of a Secret are refused as a whole.
        let is_secret = id.kind == "Secret" && id.api_version == "v1";
        let secrets = if is_secret { Vec::new() } else { by_hand::secrets(value) };
        for by_hand::Refusal { code, path, message, help } in refusals.into_iter().chain(secrets) {
            self.report(code, &path, message, help);
        }
    }

    /// Puts the object into the namespace that it belongs to.
    fn place(&mut self, id: &mut ObjectId) {
        let platform = self.context.platform;
        let namespaced = known::find(&id.api_version, &id.kind).map(|it| it.namespaced);
        let path = keys(&["metadata", "namespace"]);
        match self.project {
            Some(project) => {
                let own = platform.namespace(&project.name);
                match &id.namespace {
                    _ if namespaced == Some(false) => {
                        let message = format!(
                            "a {} belongs to the cluster, not to project `{}`",
                            id.kind, project.name
                        );
                        self.report(
                            Code::ObjectOutside,
                            &keys(&["kind"]),
                            message,
                            "declare the `object` at the top, beside the projects",
                        );
                    }
                    Some(other) if *other != own => {
                        let message = format!("`{other}` is not the namespace of project `{}`", project.name);
                        self.report(
                            Code::ObjectOutside,
                            &path,
                            message,
                            "leave `namespace` out: the object lands in that of its project",
                        );
                    }
                    _ => id.namespace = Some(own),
                }
            }
            None => match &id.namespace {
                Some(_) if namespaced == Some(false) => {
                    let message = format!("a {} lives in no namespace", id.kind);
                    self.report(Code::ObjectOutside, &path, message, "leave `namespace` out");
                }
                None if namespaced == Some(true) => {
                    let message = format!("the {} `{}` does not say its namespace", id.kind, id.name);
                    self.report(
                        Code::ObjectOutside,
                        &keys(&["metadata"]),
                        message,
                        "write `namespace`, or declare the `object` in a project",
                    );
                }
                Some(namespace) => {
                    let owner = platform.projects.keys().find(|it| platform.namespace(it) == *namespace);
                    if *namespace == platform.system_namespace() {
                        let message =
                            format!("`{namespace}` is the namespace of what the platform itself runs");
                        self.report(Code::ObjectOutside, &path, message, "take a namespace of your own");
                    }
                    if let Some(owner) = owner {
                        let message = format!("`{namespace}` is the namespace of project `{owner}`");
                        self.report(
                            Code::ObjectOutside,
                            &path,
                            message,
                            "declare the `object` in that project",
                        );
                    }
                }
                None => (),
            },
        }
    }

    /// Pods of a project are confined as its namespace enforces, and are nobody else's.
    fn check_pods(&mut self, value: &Value) {
        let (Some(project), Some((way, template))) = (self.project, pod_security::template_of(value)) else {
            return;
        };
        let platform = self.context.platform;
        let version = Minor::of(platform.cluster.kubernetes);
        let standard = Standard { level: platform.pod_security.level, version };
        for violation in pod_security::violations(template, standard) {
            let path = [way.clone(), violation.path].concat();
            let message = format!("`{}` {}", path_text(&path), violation.message);
            let help = "the namespace of the project refuses such pods";
            self.report(Code::ObjectPodSecurity, &path, message, help);
        }
        let labels = template["metadata"]["labels"].as_object();
        for key in labels.into_iter().flat_map(serde_json::Map::keys).filter(|it| check::is_of_others(it)) {
            let path = [way.clone(), keys(&["metadata", "labels", key])].concat();
            let message =
                format!("the label `{key}` is put on pods by others, and makes these count as theirs");
            self.report(Code::ObjectSelected, &path, message, "leave it out");
        }
        let has = |(key, value): (&String, &String)| template["metadata"]["labels"][key] == value.as_str();
        let services = project.services.keys().map(|it| (it, Component::Service));
        let mut workloads = services.chain(project.crons.keys().map(|it| (it, Component::Cron)));
        let taken =
            workloads.find(|(name, component)| label::selector(name.as_str(), *component).iter().all(has));
        if let Some((name, component)) = taken {
            let path = [way, keys(&["metadata", "labels"])].concat();
            let message = format!("these labels are those of the {} `{name}`", component.word());
            self.report(
                Code::ObjectSelected,
                &path,
                message,
                "give the pods another `app.kubernetes.io/name`",
            );
        }
    }

    /// Our labels and the source. What the author says of name and component stays.
    fn mark(&self, value: &mut Value, origin: Span) {
        let name = value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let labels = label::of_object(self.context.platform, self.project, &name);
        let own = value["metadata"]["labels"].clone();
        let annotations = Annotations::from([(SOURCE, self.context.sources.place(origin))]);
        manifest::mark(value, Marks { labels: &labels, annotations: &annotations });
        for key in ["app.kubernetes.io/name", "app.kubernetes.io/component"] {
            if let Some(own) = own.get(key) {
                value["metadata"]["labels"][key] = own.clone();
            }
        }
        debug_assert!(value["metadata"]["annotations"][SOURCE].is_string());
    }

    fn report(&mut self, code: Code, path: &[Step], message: String, help: &str) {
        if code == Code::PlainSecret {
            self.hide(path);
        }
        let Self { node, object, context, .. } = *self;
        self.sink.report_with(code, || {
            let span = context.sources.rest_of_line(object.file, node.locate(path));
            Diagnostic::new(code, span, message).related(object.span, "declared here").help(help)
        });
    }

    /// Hides the secret that stands at a path.
    fn hide(&mut self, path: &[Step]) {
        if self.is_hidden {
            return;
        }
        // Of an object with so many, nothing is shown.
        self.is_hidden = self.sink.is_full(Code::PlainSecret);
        let path = if self.is_hidden { &[] } else { path };
        let Some((node, next)) = self.node.find(path) else { return };
        let (file, start) = (self.object.file, node.start);
        let rest = &self.context.sources.file(file).text[start as usize..];
        let next = next.or(self.behind).filter(|it| *it > start);
        let written = &rest[..next.map_or(rest.len(), |it| (it - start) as usize)];
        let written = written[..written.find("\n---").unwrap_or(written.len())].trim_end();
        let of_length = |length: usize| {
            Span::new(file, start, start + u32::try_from(length).expect("a text has less than 4 GiB"))
        };
        let span = of_length(written.len());
        let Kind::Scalar(Value::String(text)) = &node.kind else { return self.sink.hide(span) };
        if mask::looks_secret(text).is_some() {
            return self.sink.hide_within(span, written, text);
        }
        // It is secret by its name, as a whole.
        let line = written.lines().next().unwrap_or_default();
        let end = line.find(text.as_str()).map(|it| it + text.len());
        self.sink.hide(end.map_or(span, of_length));
    }

    fn span(&self, at: u32) -> Span {
        self.context.sources.rest_of_line(self.object.file, at)
    }
}

#[cfg(test)]
mod tests {
    use crate::language::Selection;
    use crate::render::Manifest;
    use crate::tree::Tree;

    const HEAD: &str = r#"platform "hello" edition="2026"
cluster {
    kubernetes "1.35"
    pods "10.244.0.0/16"
    services "10.96.0.0/12"
    dns namespace="kube-system" label="k8s-app=kube-dns"
}
"#;

    /// What comes of a raw manifest in the project `shop`, or of one at the top; any other place is a declaration beside
    /// that project.
    fn check(place: &str, text: &str) -> String {
        let project = format!(
            "project \"shop\" {{\n  service \"web\" {{ image \"a.example/web@sha256:{}\"; port 8080 }}\n  {} }}\n",
            "7".repeat(64),
            if place == "top" { "" } else { "object file=\"a.yaml\"" }
        );
        let top = match place {
            "top" => "object file=\"a.yaml\"\n",
            "shop" => "",
            declaration => declaration,
        };
        let platform = format!("{HEAD}{project}{top}");
        let tree = Tree::memory([("platform.kdl", platform.as_str()), ("a.yaml", text)]);
        let outcome = crate::compile(&tree, &Selection::default()).expect("no fault of ours");
        let findings = outcome.diagnostics.iter().map(|it| {
            let place = it.primary.as_ref().map(|it| outcome.sources.place(it.span)).unwrap_or_default();
            format!("{place} {}: {}\n", it.code, it.message)
        });
        let findings: String = findings.collect();
        let compiled = outcome.compiled.as_ref();
        let raw = compiled.into_iter().flat_map(|it| it.artifacts.in_order()).filter(|it| it.is_raw);
        findings + &raw.map(Manifest::text).collect::<Vec<_>>().join("---\n")
    }

    #[test]
    fn a_raw_object_lands_in_its_project_labelled_like_the_rest() {
        let text = "# ours\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: {app.kubernetes.io/name: mine, x: y}\ndata: {answer: 'no'}\n";
        insta::assert_snapshot!(check("shop", text), @r#"
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: a
          labels:
            app.kubernetes.io/component: object
            app.kubernetes.io/instance: hello-shop
            app.kubernetes.io/managed-by: trackside
            app.kubernetes.io/name: mine
            app.kubernetes.io/part-of: hello
            x: "y"
          namespace: hello-shop
          annotations:
            trackside.dev/source: a.yaml:2
        data:
          answer: "no"
        "#);
    }

    #[test]
    fn no_secret_of_a_raw_object_is_shown() {
        let head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
        let masked = |data: &str| {
            let tree = format!("{HEAD}project \"shop\" {{ object file=\"a.yaml\" }}\n");
            let text = format!("{head}{data}");
            let tree = Tree::memory([("platform.kdl", tree.as_str()), ("a.yaml", &text)]);
            let outcome = crate::compile(&tree, &Selection::default()).expect("no fault of ours");
            let file = outcome.sources.find("a.yaml").expect("it is read");
            outcome.diagnostics.masked(file, &outcome.sources)[head.len()..].to_owned()
        };
        let seen = [
            "data: {password: hunter, answer: 'no'}\n",
            "data:\n  password: \"hun\\x74er\"\n  answer: 'no'\n",
            "data:\n  a.yaml: |\n    user: app\n    password: hunter\n  answer: 'no'\n",
            "data:\n  password: |\n    hunter\n    horse\n---\n# other\n",
            "items:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}, data: {a: '1', password: &p hunter}}\n# other\n",
        ];
        insta::assert_snapshot!(seen.map(masked).concat(), @r#"
        data: {password: [masked], answer: 'no'}
        data:
          password: "[masked]"
          answer: 'no'
        data:
          a.yaml: |
            user: app
            password: [masked]
          answer: 'no'
        data:
          password: |
            [masked]
            [masked]
        ---
        # other
        items:
        - {apiVersion: v1, kind: ConfigMap, metadata: {name: b}, data: {a: '1', password: &p [masked]}}
        # other
        "#);
        let many: String = (0..1_100).map(|it| format!("  password{it}: x{it}y\n")).collect();
        assert_eq!(masked(&format!("data:\n{many}")).matches('y').count(), 0);
    }

    #[test]
    fn a_list_is_its_items() {
        let text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n- {apiVersion: v1, kind: ConfigMp, metadata: {name: b}}\n";
        insta::assert_snapshot!(check("shop", text), @"a.yaml:5 TS424: `.kind` is `ConfigMp`, which `v1` does not have or an author does not write");
    }

    #[test]
    fn every_mistake_is_said_at_its_line() {
        let object =
            |kind: &str, rest: &str| format!("apiVersion: v1\nkind: {kind}\nmetadata:\n  name: a\n{rest}");
        let shop = [
            "a: [\n".to_owned(),
            "# nothing\n".to_owned(),
            "- a\n".to_owned(),
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  generateName: a-\n".to_owned(),
            object("Secret", "stringData:\n  password: hunter2\n"),
            object("ConfigMap", "  namespace: kube-system\n"),
            object("Namespace", ""),
            object("ConfigMap", "  uid: 1-2\n  resourceVersion: '7'\nstatus: {}\n"),
            object("ConfigMap", "dta: {}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: B}\n"),
            object("Pod", "  labels: {cnpg.io/cluster: d}\nspec: {containers: []}\n"),
            object("Pod", "  labels: {app.kubernetes.io/name: web, app.kubernetes.io/component: service}\nspec:\n  hostNetwork: true\n  containers: []\n"),
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n".to_owned(),
        ];
        let top = [
            object("ConfigMap", ""),
            object("ConfigMap", "  namespace: hello-shop\n"),
            object("Namespace", "  namespace: a\n"),
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: hello-shop}\n".to_owned(),
        ];
        let seen = shop.map(|it| check("shop", &it)).into_iter().chain(top.map(|it| check("top", &it)));
        insta::assert_snapshot!(seen.collect::<String>(), @r#"
        a.yaml:1 TS420: unclosed bracket '['
        platform.kdl:10 TS421: `a.yaml` holds no object
        a.yaml:1 TS421: this is no object
        a.yaml:3 TS421: `.metadata.name` is missing or no text
        a.yaml:5 TS423: the Secret `a` stands here for everybody to read
        a.yaml:5 TS422: `kube-system` is not the namespace of project `shop`
        a.yaml:2 TS422: a Namespace belongs to the cluster, not to project `shop`
        a.yaml:5 TS426: `.metadata.uid` is for the cluster to write
        a.yaml:6 TS426: `.metadata.resourceVersion` is for the cluster to write
        a.yaml:7 TS426: `.status` is for the cluster to write
        a.yaml:5 TS424: `.dta` is no field that Kubernetes knows
        a.yaml:9 TS424: `.metadata.name` is `B`, not at most 253 small letters, digits, `-` and `.`, with a letter or digit at both ends
        a.yaml:5 TS428: the label `cnpg.io/cluster` is put on pods by others, and makes these count as theirs
        a.yaml:6 TS427: `.spec.automountServiceAccountToken` must be false
        a.yaml:5 TS428: these labels are those of the service `web`
        a.yaml:6 TS427: `.spec.automountServiceAccountToken` must be false
        a.yaml:7 TS427: `.spec.hostNetwork` must not be true
        a.yaml:1 TS425: the Service `web` is there already
        a.yaml:11 TS425: the ConfigMap `a` is there already
        a.yaml:3 TS422: the ConfigMap `a` does not say its namespace
        a.yaml:5 TS422: `hello-shop` is the namespace of project `shop`
        a.yaml:5 TS422: a Namespace lives in no namespace
        a.yaml:1 TS425: the Namespace `hello-shop` is there already
        "#);
    }

    #[test]
    fn what_has_a_word_is_not_written_by_hand() {
        let object = |api: &str, kind: &str, rest: &str| {
            format!("apiVersion: {api}\nkind: {kind}\nmetadata:\n  name: a\n{rest}")
        };
        let rbac = "rbac.authorization.k8s.io/v1";
        let bind = |name: &str| {
            format!(
                "roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}}\nsubjects:\n- {{apiGroup: rbac.authorization.k8s.io, kind: Group, name: {name}}}\n"
            )
        };
        let shop = [
            object("networking.k8s.io/v1", "NetworkPolicy", "spec: {podSelector: {}}\n"),
            object("networking.k8s.io/v1", "Ingress", ""),
            object("gateway.networking.k8s.io/v1", "HTTPRoute", ""),
            object("gateway.networking.k8s.io/v1", "GRPCRoute", ""),
            object("gateway.networking.k8s.io/v1alpha2", "TLSRoute", ""),
            object(rbac, "Role", ""),
            object(rbac, "RoleBinding", &bind("system:authenticated")),
            object("v1", "Endpoints", ""),
            object("discovery.k8s.io/v1", "EndpointSlice", "addressType: IPv4\nendpoints: []\n"),
            object("v1", "ResourceQuota", ""),
            object("v1", "LimitRange", ""),
            object("v1", "Service", "spec:\n  type: NodePort\n  externalIPs: [192.0.2.1]\n"),
            object("v1", "Service", "spec:\n  clusterIP: None\n  selector: {a: b}\n  ports: [{port: 80}]\n"),
            object("v1", "ConfigMap", "data:\n  a: b\n  key: AKIAZ7K4QXW2M5RTV3LP\n"),
        ];
        let top = [
            object(rbac, "ClusterRoleBinding", &bind("system:unauthenticated")),
            object(rbac, "ClusterRoleBinding", &bind("people")),
            object(
                rbac,
                "RoleBinding",
                &("  namespace: kube-system\n".to_owned() + &bind("system:anonymous")),
            ),
        ];
        let findings = |it: String| {
            let lines: Vec<&str> = it.lines().filter(|it| it.starts_with("a.yaml:")).collect();
            if lines.is_empty() { "nothing\n".to_owned() } else { lines.join("\n") + "\n" }
        };
        let seen = shop.map(|it| check("shop", &it)).into_iter().chain(top.map(|it| check("top", &it)));
        insta::assert_snapshot!(seen.map(findings).collect::<String>(), @"
        a.yaml:2 TS429: `NetworkPolicy` is not written by hand: there are declarations for it
        a.yaml:2 TS429: `Ingress` is not written by hand: there are declarations for it
        a.yaml:2 TS429: `HTTPRoute` is not written by hand: there are declarations for it
        a.yaml:2 TS429: `GRPCRoute` is not written by hand: there are declarations for it
        a.yaml:2 TS429: `TLSRoute` is not written by hand: there are declarations for it
        a.yaml:2 TS429: `Role` is not written by hand: there are declarations for it
        a.yaml:2 TS429: `RoleBinding` is not written by hand: there are declarations for it
        a.yaml:2 TS429: `Endpoints` is not written by hand: there are declarations for it
        a.yaml:2 TS429: `EndpointSlice` is not written by hand: there are declarations for it
        a.yaml:2 TS429: `ResourceQuota` is not written by hand: there are declarations for it
        a.yaml:2 TS429: `LimitRange` is not written by hand: there are declarations for it
        a.yaml:6 TS429: `.spec.type` opens a way that is not declared
        a.yaml:7 TS429: `.spec.externalIPs` leads traffic where no declaration says
        nothing
        a.yaml:7 TS304: this looks like an AWS access key, in plain text
        a.yaml:7 TS429: `system:unauthenticated` is anybody who reaches the API server
        nothing
        a.yaml:8 TS429: `system:anonymous` is anybody who reaches the API server
        ");
    }

    #[test]
    fn the_pods_of_a_raw_object_run_what_is_reviewed_and_hold_no_token() {
        let pinned = format!("b.example/c@sha256:{}", "7".repeat(64));
        let text = format!(
            "\
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  automountServiceAccountToken: true
  securityContext: {{runAsNonRoot: true, runAsUser: 1000, seccompProfile: {{type: RuntimeDefault}}}}
  initContainers:
  - name: a
    image: nginx
    securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
  containers:
  - name: b
    image: a.example/web:latest
    securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
  - name: c
    image: {pinned}
    securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
  volumes:
  - name: token
    projected:
      sources:
      - serviceAccountToken: {{path: token}}
      - serviceAccountToken: {{path: vault, audience: vault}}
"
        );
        let policy = "image-policy { registries \"a.example\" }\n";
        insta::assert_snapshot!(check(policy, &text), @r#"
        a.yaml:6 TS427: `.spec.automountServiceAccountToken` must be false
        a.yaml:10 TS301: `nginx` is no image with its registry and digest
        a.yaml:14 TS301: image `a.example/web:latest` is not pinned by digest
        a.yaml:17 TS302: image `b.example/c@sha256:7777777777777777777777777777777777777777777777777777777777777777` comes from a registry that `image-policy` does not list
        a.yaml:23 TS427: `.spec.volumes[0].projected.sources[0].serviceAccountToken` must name an audience that is not the API server
        "#);
    }

    #[test]
    fn nobody_undoes_by_hand_what_is_declared() {
        let kinds = [
            ("crd.projectcalico.org/v1", "GlobalNetworkPolicy"),
            ("cilium.io/v2", "CiliumClusterwideNetworkPolicy"),
            ("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy"),
            ("external-secrets.io/v1", "ClusterSecretStore"),
            ("external-secrets.io/v1", "ExternalSecret"),
            ("gateway.envoyproxy.io/v1alpha1", "SecurityPolicy"),
            ("gateway.envoyproxy.io/v1alpha1", "EnvoyPatchPolicy"),
            ("gateway.networking.k8s.io/v1", "Gateway"),
            ("gateway.networking.k8s.io/v1beta1", "ReferenceGrant"),
            ("gateway.networking.x-k8s.io/v1alpha1", "XListenerSet"),
            ("networking.istio.io/v1", "VirtualService"),
            ("postgresql.cnpg.io/v1", "Cluster"),
            ("argoproj.io/v1alpha1", "Rollout"),
            ("kyverno.io/v2", "PolicyException"),
        ];
        let seen = kinds.map(|(api_version, kind)| {
            let text = format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a}}\n");
            let said = |place| {
                let said = check(place, &text);
                said.lines().find(|it| it.contains(" TS")).unwrap_or("fine").to_owned()
            };
            format!("{kind}\n  in a project: {}\n  at the top: {}", said("shop"), said("top"))
        });
        insta::assert_snapshot!(seen.join("\n"), @r#"
        GlobalNetworkPolicy
          in a project: a.yaml:2 TS429: `GlobalNetworkPolicy` is not written by hand: there are declarations for it
          at the top: a.yaml:2 TS429: `GlobalNetworkPolicy` is not written by hand: there are declarations for it
        CiliumClusterwideNetworkPolicy
          in a project: a.yaml:2 TS429: `CiliumClusterwideNetworkPolicy` is not written by hand: there are declarations for it
          at the top: a.yaml:2 TS429: `CiliumClusterwideNetworkPolicy` is not written by hand: there are declarations for it
        AdminNetworkPolicy
          in a project: a.yaml:2 TS429: `AdminNetworkPolicy` is not written by hand: there are declarations for it
          at the top: a.yaml:2 TS429: `AdminNetworkPolicy` is not written by hand: there are declarations for it
        ClusterSecretStore
          in a project: a.yaml:2 TS429: `ClusterSecretStore` is not written by hand: there are declarations for it
          at the top: a.yaml:2 TS429: `ClusterSecretStore` is not written by hand: there are declarations for it
        ExternalSecret
          in a project: a.yaml:2 TS429: `ExternalSecret` is not written by hand: there are declarations for it
          at the top: a.yaml:2 TS429: `ExternalSecret` is not written by hand: there are declarations for it
        SecurityPolicy
          in a project: a.yaml:2 TS429: `SecurityPolicy` is not written by hand: there are declarations for it
          at the top: a.yaml:2 TS429: `SecurityPolicy` is not written by hand: there are declarations for it
        EnvoyPatchPolicy
          in a project: a.yaml:2 TS429: `EnvoyPatchPolicy` is not written by hand: there are declarations for it
          at the top: a.yaml:2 TS429: `EnvoyPatchPolicy` is not written by hand: there are declarations for it
        Gateway
          in a project: a.yaml:2 TS429: `Gateway` is not written by hand: there are declarations for it
          at the top: fine
        ReferenceGrant
          in a project: a.yaml:2 TS429: `ReferenceGrant` is not written by hand: there are declarations for it
          at the top: a.yaml:2 TS429: `ReferenceGrant` is not written by hand: there are declarations for it
        XListenerSet
          in a project: a.yaml:2 TS429: `XListenerSet` is not written by hand: there are declarations for it
          at the top: a.yaml:2 TS429: `XListenerSet` is not written by hand: there are declarations for it
        VirtualService
          in a project: a.yaml:2 TS429: `VirtualService` is not written by hand: there are declarations for it
          at the top: a.yaml:2 TS429: `VirtualService` is not written by hand: there are declarations for it
        Cluster
          in a project: a.yaml:2 TS429: `Cluster` is not written by hand: there are declarations for it
          at the top: a.yaml:2 TS429: `Cluster` is not written by hand: there are declarations for it
        Rollout
          in a project: a.yaml:2 TS422: whom a `Rollout` of `argoproj.io/v1alpha1` concerns is not known
          at the top: fine
        PolicyException
          in a project: a.yaml:2 TS422: whom a `PolicyException` of `kyverno.io/v2` concerns is not known
          at the top: fine
        "#);
    }

    #[test]
    fn whatever_has_items_is_what_they_are() {
        let binding = "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: b}, \
             roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}, \
             subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: 'system:serviceaccounts'}]}";
        let wrapped =
            format!("apiVersion: acme.dev/v1\nkind: Wrap\nmetadata: {{name: x}}\nitems: [{binding}]\n");
        let nested = format!(
            "apiVersion: v1\nkind: List\nitems: [{{apiVersion: acme.dev/v1, kind: XList, items: [{binding}]}}]\n"
        );
        let seen = [("shop", &wrapped), ("top", &wrapped), ("shop", &nested)];
        insta::assert_snapshot!(seen.map(|(place, text)| check(place, text)).concat(), @r#"
        a.yaml:4 TS422: a ClusterRoleBinding belongs to the cluster, not to project `shop`
        a.yaml:4 TS429: `system:serviceaccounts` is anybody who reaches the API server
        a.yaml:3 TS422: a ClusterRoleBinding belongs to the cluster, not to project `shop`
        "#);
    }

    #[test]
    fn a_policy_that_allows_what_it_seems_to_close_is_refused() {
        let policy = |spec: &str| {
            check(
                "top",
                &format!(
                    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: a, namespace: elsewhere}}\n\
                     spec: {{podSelector: {{}}, {spec}}}\n"
                ),
            )
        };
        let seen = [
            policy("egress: [{to: [{podSelector: {}}]}]"),
            policy("egress: [{ports: [{port: 443}]}]"),
            policy("ingress: [{from: [{namespaceSelector: {matchLabels: {name: ingress-nginx}}}]}]"),
            policy("egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]"),
        ];
        let fine = policy("egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16]}}]}]");
        assert!(!fine.contains(" TS"), "{fine}");
        insta::assert_snapshot!(seen.concat(), @r#"
        a.yaml:4 TS419: an empty `podSelector` allows the whole namespace: no rule of a NetworkPolicy refuses anything
        a.yaml:4 TS419: a rule without peers leads anywhere, the addresses where clouds hand out credentials included
        a.yaml:4 TS419: no namespace has the label `name` unless somebody puts it on, so this selects nothing
        a.yaml:4 TS419: the addresses where clouds hand out credentials lie in this range
        "#);
    }
}
