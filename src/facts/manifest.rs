//! Kubernetes objects as they stand in files, ours or anyone's, with where everything in them stands.
//!
//! Files are strangers': a document that cannot be read, or is no object, is reported and left out, and the rest is
//! evaluated. Whoever concludes something from the objects asks [`Manifests::left_out`] first.

use std::cell::RefCell;
use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::render::ObjectId;
use crate::render::kubernetes::known;
use crate::render::kubernetes::well_formed;
use crate::render::yaml::{self, Kind, Node, Step, key, path_text};
use crate::source::{FileId, SourceMap, Span};

/// The objects of some files.
#[derive(Clone, Debug, Default)]
pub struct Manifests {
    /// In the order in which they stand; of several that are the same one, the last, as `kubectl apply` leaves it.
    pub objects: Vec<Object>,
    /// How many documents could not be read or are no objects.
    pub left_out: usize,
}

/// One object.
#[derive(Clone, Debug)]
pub struct Object {
    /// Which one it is; an object without a namespace of a kind that has one is in `default`.
    pub id: ObjectId,
    /// All of it.
    pub value: Value,
    /// The document that it stands in.
    pub document: Span,
    /// Where it stands there: the way into a list, mostly empty.
    pub within: Vec<Step>,
}

impl Manifests {
    /// Reads files, side by side. What is wrong with them is reported in the order of the files.
    pub fn read(files: &[FileId], sources: &SourceMap, sink: &mut Diagnostics) -> Self {
        let read: Vec<File> = files.par_iter().map(|it| File::read(*it, sources)).collect();
        let mut manifests = Self::default();
        let mut first: BTreeMap<ObjectId, usize> = BTreeMap::new();
        for File { objects, findings, left_out } in read {
            sink.extend(findings);
            manifests.left_out += left_out;
            for object in objects {
                match first.get(&object.id) {
                    None => {
                        first.insert(object.id.clone(), manifests.objects.len());
                        manifests.objects.push(object);
                    }
                    Some(at) => {
                        let earlier = std::mem::replace(&mut manifests.objects[*at], object);
                        sink.report_with(Code::ManifestTwice, || {
                            twice(&manifests.objects[*at], &earlier, sources)
                        });
                    }
                }
            }
        }
        manifests
    }

    /// The objects of a kind of an API group, of whatever version.
    pub fn of_kind<'a>(&'a self, group: &'a str, kind: &'a str) -> impl Iterator<Item = &'a Object> {
        self.objects.iter().filter(move |it| it.is(group, kind))
    }
}

impl Object {
    /// Whether it is of a kind of an API group; the group of `v1` is empty.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.id.kind == kind && self.group() == group
    }

    /// Its API group: `apps` of `apps/v1`, nothing of `v1`.
    pub fn group(&self) -> &str {
        self.id.api_version.split_once('/').map_or("", |it| it.0)
    }

    /// Its namespace; empty for objects of the cluster.
    pub fn namespace(&self) -> &str {
        self.id.namespace.as_deref().unwrap_or_default()
    }

    /// Reads it as a type. What does not fit is reported at its field.
    pub fn read_as<T: DeserializeOwned>(&self, places: &Places<'_>, sink: &mut Diagnostics) -> Option<T> {
        self.read_part_as(&[], places, sink)
    }

    /// Reads what a path leads to as a type.
    pub fn read_part_as<T: DeserializeOwned>(
        &self,
        path: &[Step],
        places: &Places<'_>,
        sink: &mut Diagnostics,
    ) -> Option<T> {
        let read = |value: &Value| T::deserialize(value).map_err(|it| it.to_string());
        let part = path.iter().try_fold(&self.value, |value, step| match step {
            Step::Key(it) => value.get(it),
            Step::Index(it) => value.get(it),
        })?;
        match read(part) {
            Ok(it) => Some(it),
            Err(message) => {
                sink.report_with(Code::ManifestMalformed, || {
                    let misfit = well_formed::misfit(part, |it| read(it).map(|_| ()), &message);
                    let path = [path, &misfit.path].concat();
                    let text = format!("{}: `{}` {}", self.name(), path_text(&path), misfit.message);
                    Diagnostic::new(Code::ManifestMalformed, places.find(self, &path), text)
                        .help("it is left out here, as the API server would refuse it")
                });
                None
            }
        }
    }

    /// How people speak of it: `Deployment shop/web`.
    pub fn name(&self) -> String {
        let ObjectId { kind, namespace, name, .. } = &self.id;
        match namespace {
            Some(namespace) => format!("{kind} `{namespace}/{name}`"),
            None => format!("{kind} `{name}`"),
        }
    }
}

/// Finds where fields stand. A document is read again for that, and kept until somebody asks for another one.
#[derive(Debug)]
pub struct Places<'a> {
    sources: &'a SourceMap,
    last: RefCell<Option<(Span, Node)>>,
}

impl<'a> Places<'a> {
    /// Looks into these texts.
    pub fn new(sources: &'a SourceMap) -> Self {
        Self { sources, last: RefCell::new(None) }
    }

    /// The line of a field of an object, or of the last part of the way to it that there is.
    pub fn find(&self, object: &Object, path: &[Step]) -> Span {
        let mut last = self.last.borrow_mut();
        let is_known = last.as_ref().is_some_and(|(document, _)| *document == object.document);
        if !is_known {
            let text = self.sources.text(object.document);
            // It has been read before.
            *last = yaml::read(text).ok().and_then(|mut it| it.pop()).map(|it| (object.document, it.root));
        }
        let way: Vec<&Step> = object.within.iter().chain(path).collect();
        let offset = last.as_ref().map_or(0, |(_, node)| node.locate(way));
        self.sources.rest_of_line(object.document.file, object.document.start + offset)
    }
}

/// What came of one file.
#[derive(Default)]
struct File {
    objects: Vec<Object>,
    findings: Diagnostics,
    left_out: usize,
}

impl File {
    fn read(id: FileId, sources: &SourceMap) -> Self {
        let text = &sources.file(id).text;
        let mut file = Self::default();
        let documents = yaml::read_each(text);
        let starts: Vec<u32> = documents.iter().flatten().map(|it| it.root.start).collect();
        let end = u32::try_from(text.len()).expect("a text has less than 4 GiB");
        let mut behind = starts.iter().skip(1).copied().chain([end]);
        for document in &documents {
            match document {
                Ok(it) => {
                    let span = Span::new(id, it.root.start, behind.next().unwrap_or(end));
                    file.unpack(&it.root, span, &mut Vec::new(), None, sources);
                }
                Err(yaml::Invalid { at, message }) => {
                    file.left_out += 1;
                    let is_template = text.contains("{{");
                    file.findings.report_with(Code::ManifestUnreadable, || {
                        let span = sources.rest_of_line(id, *at);
                        let diagnostic = Diagnostic::new(Code::ManifestUnreadable, span, message.clone());
                        match is_template {
                            true => diagnostic
                                .help("render templates first: `helm template`, then give what it prints"),
                            false => diagnostic,
                        }
                    });
                }
            }
        }
        file
    }

    /// Takes the objects of a node in. `list` is what a list says that its items are.
    fn unpack(
        &mut self,
        node: &Node,
        document: Span,
        within: &mut Vec<Step>,
        list: Option<(&str, &str)>,
        sources: &SourceMap,
    ) {
        let text = |name: &str| match node.get(name).map(|it| &it.kind) {
            Some(Kind::Scalar(Value::String(it))) => Some(it.as_str()),
            _ => None,
        };
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        if let (Some(kind), Some(Kind::Sequence(items))) = (kind, node.get("items").map(|it| &it.kind))
            && let Some(of) = kind.strip_suffix("List")
        {
            let list = api_version.filter(|_| !of.is_empty()).map(|it| (it, of));
            within.push(key("items"));
            for (index, item) in items.iter().enumerate() {
                within.push(Step::Index(index));
                self.unpack(item, document, within, list, sources);
                within.pop();
            }
            within.pop();
            return;
        }
        let api_version = api_version.or(list.map(|it| it.0));
        let kind = kind.or(list.map(|it| it.1));
        match (api_version, kind) {
            (Some(api_version), Some(kind)) => self.take(node, api_version, kind, document, within, sources),
            _ => {
                let missing = if api_version.is_none() { "apiVersion" } else { "kind" };
                let message = format!("this is no Kubernetes object: it has no `{missing}`");
                self.leave_out(message, node.start, document, sources);
            }
        }
    }

    fn take(
        &mut self,
        node: &Node,
        api_version: &str,
        kind: &str,
        document: Span,
        within: &[Step],
        sources: &SourceMap,
    ) {
        let mut value = node.to_value();
        value["apiVersion"] = api_version.into();
        value["kind"] = kind.into();
        let metadata = &value["metadata"];
        let text = |name: &str| metadata[name].as_str().filter(|it| !it.is_empty());
        let Some(name) = text("name").or(text("generateName")) else {
            let message = format!("this {kind} has no `metadata.name`");
            return self.leave_out(message, node.start, document, sources);
        };
        let namespaced = known::find(api_version, kind).map(|it| it.namespaced);
        let namespace = match (text("namespace"), namespaced) {
            (_, Some(false)) => None,
            (None, Some(true)) => Some("default"),
            // What makes pods lives in a namespace, whoever's kind it is.
            (None, None) if value.pointer("/spec/template").is_some() => Some("default"),
            (written, _) => written,
        };
        let id = ObjectId {
            api_version: api_version.to_owned().into(),
            kind: kind.to_owned().into(),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        };
        self.objects.push(Object { id, value, document, within: within.to_vec() });
    }

    fn leave_out(&mut self, message: String, at: u32, document: Span, sources: &SourceMap) {
        self.left_out += 1;
        self.findings.report_with(Code::ManifestNoObject, || {
            Diagnostic::new(Code::ManifestNoObject, sources.rest_of_line(document.file, at), message)
        });
    }
}

fn twice(later: &Object, earlier: &Object, sources: &SourceMap) -> Diagnostic {
    let places = Places::new(sources);
    let message = format!("{} stands here a second time, and what stands here counts", later.name());
    Diagnostic::new(Code::ManifestTwice, places.find(later, &[]), message)
        .related(places.find(earlier, &[]), "the first time")
        .help("leave one of them out")
}
