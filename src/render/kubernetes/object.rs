//! Raw objects: read, put into their place, labelled like the rest and held to the same rules.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::object::Object;
use crate::language::project::Project;
use crate::render::kubernetes::label::{self, Component};
use crate::render::kubernetes::manifest::{Context, SOURCE};
use crate::render::kubernetes::{known, pod_security, well_formed};
use crate::render::yaml::{self, Kind, Node, Step, path_text};
use crate::render::{Manifest, ObjectId};
use crate::source::{FileId, SourceMap, Span};

/// Reads the raw objects of a project, or those of the top. What is wrong with one is reported, and it is left out.
pub fn read(context: Context<'_>, project: Option<&Project>, sink: &mut Diagnostics) -> Vec<Manifest> {
    let objects = project.map_or(&context.platform.objects, |it| &it.objects);
    objects.iter().flat_map(|object| read_file(object, context, project, sink)).collect()
}

/// Reports objects that are the same one as another; `manifests` are all of the platform, raw ones included.
pub fn check_taken(manifests: &[&Manifest], sink: &mut Diagnostics) {
    let mut first: BTreeMap<&ObjectId, Span> = BTreeMap::new();
    for manifest in manifests {
        let Some(other) = first.insert(&manifest.id, manifest.origin) else { continue };
        // Of two rendered ones, `check` knows better what the author can do about it.
        let is_raw = |it: &&&Manifest| it.id == manifest.id && it.is_raw;
        if manifests.iter().any(|it| is_raw(&it)) {
            let ObjectId { kind, name, .. } = &manifest.id;
            sink.report(
                Diagnostic::new(
                    Code::ObjectTaken,
                    manifest.origin,
                    format!("the {kind} `{name}` is there already"),
                )
                .related(other, "the other one")
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
) -> Vec<Manifest> {
    let documents = match yaml::read(&object.text) {
        Ok(documents) => documents,
        Err(yaml::Invalid { at, message }) => {
            let span = rest_of_line(context.sources, object.file, at);
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
    let nodes = documents.iter().flat_map(|it| unpacked(&it.root));
    nodes.filter_map(|node| Raw { node, object, context, project, sink: &mut *sink }.read()).collect()
}

/// The objects of a List, or the object itself.
fn unpacked(node: &Node) -> Vec<&Node> {
    let is_list = matches!(node.get("kind").map(|it| &it.kind), Some(Kind::Scalar(Value::String(it))) if it.ends_with("List"));
    match node.get("items").map(|it| &it.kind) {
        Some(Kind::Sequence(items)) if is_list => items.iter().collect(),
        _ => vec![node],
    }
}

/// One raw object on its way to a manifest.
struct Raw<'a, 's> {
    node: &'a Node,
    object: &'a Object,
    context: Context<'a>,
    project: Option<&'a Project>,
    sink: &'s mut Diagnostics,
}

/// What the cluster alone writes.
const OF_CLUSTER: &[&[&str]] = &[
    &["status"],
    &["metadata", "creationTimestamp"],
    &["metadata", "deletionGracePeriodSeconds"],
    &["metadata", "deletionTimestamp"],
    &["metadata", "generation"],
    &["metadata", "managedFields"],
    &["metadata", "resourceVersion"],
    &["metadata", "selfLink"],
    &["metadata", "uid"],
];

impl Raw<'_, '_> {
    /// Reads it. Every mistake is reported that does not follow from another.
    fn read(mut self) -> Option<Manifest> {
        let mut value = self.node.to_value();
        let Some(mut id) = ObjectId::of(&value) else {
            self.report_incomplete();
            return None;
        };
        let before = self.sink.len();
        self.check_of_cluster(&value);
        self.check_secret(&id, &value);
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
        let project = self.project.map(|it| it.name.to_string());
        Some(Manifest { id, project, object: value, origin, is_raw: true })
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

    fn check_of_cluster(&mut self, value: &Value) {
        for path in OF_CLUSTER {
            let found = path.iter().try_fold(value, |value, key| value.get(key));
            if found.is_some_and(|it| !it.is_null()) {
                let path = keys(path);
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
                let help = "declare it by `secret`, sealed with `trackside secret seal`, and change the value: it is in the history of git";
                self.report(Code::ObjectSecret, &keys(&[field]), message, help);
            }
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
        let level = self.context.platform.pod_security.level;
        for violation in pod_security::violations(template, level) {
            let path = [way.clone(), violation.path].concat();
            let message = format!("`{}` {}", path_text(&path), violation.message);
            let help = "the namespace of the project refuses such pods";
            self.report(Code::ObjectPodSecurity, &path, message, help);
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
        super::manifest::mark(value, &labels, self.context.sources.place(origin));
        for key in ["app.kubernetes.io/name", "app.kubernetes.io/component"] {
            if let Some(own) = own.get(key) {
                value["metadata"]["labels"][key] = own.clone();
            }
        }
        debug_assert!(value["metadata"]["annotations"][SOURCE].is_string());
    }

    fn report(&mut self, code: Code, path: &[Step], message: String, help: &str) {
        let span = self.span(self.node.locate(path));
        self.sink.report(
            Diagnostic::new(code, span, message).related(self.object.span, "declared here").help(help),
        );
    }

    fn span(&self, at: u32) -> Span {
        rest_of_line(self.context.sources, self.object.file, at)
    }
}

fn keys(path: &[&str]) -> Vec<Step> {
    path.iter().map(|it| Step::Key((*it).to_owned())).collect()
}

/// From a byte to the end of its line.
fn rest_of_line(sources: &SourceMap, file: FileId, at: u32) -> Span {
    let text = &sources.file(file).text[at as usize..];
    let line = text.lines().next().unwrap_or_default().trim_end();
    let length = u32::try_from(line.len()).expect("a text has less than 4 GiB");
    Span::new(file, at, at + length)
}
