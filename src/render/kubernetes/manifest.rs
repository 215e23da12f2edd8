//! Where Kubernetes objects are made: a template filled, labelled, marked with its source and checked.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::image_policy::ImagePolicy;
use crate::language::project::Project;
use crate::render::kubernetes::by_hand::Refusal;
use crate::render::kubernetes::label::Labels;
use crate::render::kubernetes::{known, object, overriding, well_formed};
use crate::render::template::skeleton::{Filled, Marks};
use crate::render::template::user::Budget;
use crate::render::template::{self, Templates};
use crate::render::yaml::emit;
use crate::render::{Bug, Manifest, ManifestFile, ObjectId};
use crate::source::{SourceMap, Span};

/// What rendering reads.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The platform.
    pub platform: &'a Platform,
    /// The shapes of its objects.
    pub templates: &'a Templates,
    /// The texts that its spans stand in.
    pub sources: &'a SourceMap,
}

/// Collects the objects of one project, or of the platform as a whole. It never stops at a mistake: what is wrong with a
/// user's template is reported, and the built-in one stands in.
#[derive(Debug)]
pub struct Objects<'a> {
    /// What rendering reads.
    pub context: Context<'a>,
    /// The project that owns the objects; `None` for those of the platform.
    pub project: Option<&'a Project>,
    /// What was made, in the order of [`Objects::add`].
    pub drafts: Vec<Draft>,
    /// What is wrong with templates of the user; every mistake once, with the first declaration that shows it.
    pub findings: Diagnostics,
    /// The first fault of ours.
    bug: Option<Bug>,
    /// The texts of the drafts.
    text: String,
    /// What the templates of the user may still take.
    budget: Budget,
    reported: BTreeSet<(&'static str, String)>,
}

/// An object that has been written and has no place in a file yet.
#[derive(Debug)]
pub struct Draft {
    /// Which one it is.
    pub id: ObjectId,
    /// The declaration that caused it; of a raw object, its place in the file.
    pub origin: Span,
    /// Whether the author wrote it as it is.
    pub is_raw: bool,
    /// Where its text stands among those of the others.
    text: Range<usize>,
}

/// A part that several objects share, the pod template, to be placed by one slot of theirs.
#[derive(Debug)]
pub enum Part<V> {
    /// By the built-in template.
    BuiltIn(Filled<'static, V>),
    /// By the user's.
    Users(Value),
}

impl<V: Serialize> Serialize for Part<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::BuiltIn(filled) => filled.serialize(serializer),
            Self::Users(value) => value.serialize(serializer),
        }
    }
}

/// The annotation that says what caused an object, as `path:line`.
pub const SOURCE: &str = "trackside.dev/source";

/// Annotations of an object.
pub type Annotations = BTreeMap<&'static str, String>;

impl<'a> Objects<'a> {
    /// Starts the objects of the platform as a whole.
    pub fn of_platform(context: Context<'a>) -> Self {
        Self {
            context,
            project: None,
            drafts: Vec::new(),
            findings: Diagnostics::default(),
            bug: None,
            text: String::new(),
            budget: Budget::OF_PLATFORM,
            reported: BTreeSet::new(),
        }
    }

    /// Starts the objects of a project. Of what templates may take it has a part by its workloads: projects are rendered side
    /// by side, and what is found must not depend on which of them comes first.
    pub fn of_project(context: Context<'a>, project: &'a Project, workloads: usize) -> Self {
        let own = project.services.len() + project.crons.len() + 1;
        let budget = Budget::OF_PLATFORM.share(own, workloads + context.platform.projects.len());
        Self { project: Some(project), budget, ..Self::of_platform(context) }
    }

    /// The namespace that its workloads live in: that of the project, or of what the platform itself runs.
    pub fn namespace(&self) -> String {
        let platform = self.context.platform;
        self.project.map_or_else(|| platform.system_namespace(), |it| platform.namespace(&it.name))
    }

    /// Fills a template and takes the object in. `template` is a name of [`built_in`](super::built_in); the template says
    /// `apiVersion`, `kind`, `metadata.name` and, for objects in a namespace, `metadata.namespace`. Labels and the
    /// annotation with the source are put on the object here (on a pod template by the view: it is not ours to guess).
    pub fn add(&mut self, template: &'static str, labels: &Labels, origin: Span, view: &impl Serialize) {
        self.add_annotated(template, labels, Annotations::new(), origin, view);
    }

    /// The same for an object with annotations of its own.
    pub fn add_annotated(
        &mut self,
        template: &'static str,
        labels: &Labels,
        mut annotations: Annotations,
        origin: Span,
        view: &impl Serialize,
    ) {
        annotations.insert(SOURCE, self.context.sources.place(origin));
        let marks = Marks { labels, annotations: &annotations };
        if let Err(bug) = self.try_add(template, marks, origin, view) {
            self.bug.get_or_insert(bug);
        }
    }

    fn try_add(
        &mut self,
        template: &'static str,
        marks: Marks<'_>,
        origin: Span,
        view: &impl Serialize,
    ) -> Result<(), Bug> {
        let bug = |message| Bug { template: template.to_owned(), message };
        let filled = self.context.templates.fill(template, view)?;
        if let Some(mut object) = self.fill_users(template, origin, &filled, overriding::of_object)? {
            mark(&mut object, marks);
            return self.write(object, origin, false).map_err(bug);
        }
        let filled = filled.marked(marks);
        // Whether a built-in template gives what Kubernetes knows does not depend on the platform, as no value changes its
        // shape and every value has a type: tests and debug builds see to it, and a release spares most of its time.
        if cfg!(debug_assertions) {
            let object = template::value(template, &filled)?;
            well_formed::check_ours(&object).map_err(|it| bug(it.to_string()))?;
        }
        let id = filled.id().ok_or_else(|| bug("it has no kind or name".to_owned()))?;
        self.push(id, origin, false, &filled).map_err(bug)
    }

    /// Fills the template of a part.
    pub fn part<V: Serialize>(&mut self, template: &'static str, origin: Span, view: V) -> Part<V> {
        let part = self.context.templates.fill(template, view).and_then(|filled| {
            let users = self.fill_users(template, origin, &filled, overriding::of_pod_template)?;
            Ok(users.map_or(Part::BuiltIn(filled), Part::Users))
        });
        part.unwrap_or_else(|bug| {
            self.bug.get_or_insert(bug);
            // Never used: a bug ends the rendering.
            Part::Users(Value::Null)
        })
    }

    /// Reads the raw objects of the project, or those of the top, and takes them in.
    pub fn add_raw(&mut self) {
        for (object, origin) in object::read(self.context, self.project, &mut self.findings) {
            if let Err(message) = self.write(object, origin, true) {
                self.bug.get_or_insert(Bug { template: self.context.sources.place(origin), message });
            }
        }
    }

    /// The file of all objects, in the order in which they are applied; `None` where there are none.
    ///
    /// # Errors
    ///
    /// The first fault of ours.
    pub fn into_file(self) -> Result<Option<ManifestFile>, Bug> {
        let Self { drafts, project, bug, text: drafted, .. } = self;
        bug.map_or(Ok(()), Err)?;
        if drafts.is_empty() {
            return Ok(None);
        }
        let mut drafts: Vec<_> = drafts.into_iter().map(|it| (known::rank(&it.id), it)).collect();
        drafts.sort_by(|(a, left), (b, right)| (a, &left.id).cmp(&(b, &right.id)));
        let mut text = String::with_capacity(drafted.len() + drafts.len() * BETWEEN.len());
        let places: Vec<Range<usize>> = drafts
            .iter()
            .map(|(_, it)| {
                text.push_str(BETWEEN);
                let start = text.len();
                text.push_str(&drafted[it.text.clone()]);
                start..text.len()
            })
            .collect();
        let text = Arc::new(text);
        let manifests = drafts.into_iter().zip(places).map(|((_, draft), place)| {
            let Draft { id, origin, is_raw, text: _ } = draft;
            let project = project.map(|it| it.name.clone());
            Manifest { id, project, origin, is_raw, file: Arc::clone(&text), place }
        });
        let manifests = manifests.collect();
        Ok(Some(ManifestFile { project: project.map(|it| it.name.clone()), text, manifests }))
    }

    /// What the user's template gives in the place of the built-in one, where there is one and nothing is wrong with it.
    fn fill_users(
        &mut self,
        name: &'static str,
        origin: Span,
        built_in: &Filled<'_, impl Serialize>,
        judge: fn(&Value, &Value, Option<&ImagePolicy>) -> Vec<Refusal>,
    ) -> Result<Option<Value>, Bug> {
        let Context { platform, templates, sources } = self.context;
        let Some(file) = templates.user(name) else { return Ok(None) };
        let (view, built_in) = (template::value(name, built_in.view())?, template::value(name, built_in)?);
        let filled = match templates.fill_user(name, &view, &mut self.budget, sources) {
            None => return Ok(None),
            Some(Err(finding)) => {
                self.report(name, finding, origin);
                return Ok(None);
            }
            Some(Ok(filled)) => filled,
        };
        let refusals = judge(&built_in, &filled.object, platform.image_policy.as_ref());
        if refusals.is_empty() {
            return Ok(Some(filled.object));
        }
        for Refusal { code, path, message, help } in refusals {
            let span = template::line(file, filled.line(&path), sources);
            if code == Code::PlainSecret {
                self.findings.hide(span);
            }
            self.report(name, Diagnostic::new(code, span, message).help(help), origin);
        }
        Ok(None)
    }

    /// Takes in an object that somebody else has given its shape; what it is stands at its top.
    fn write(&mut self, object: Value, origin: Span, is_raw: bool) -> Result<(), String> {
        let id = ObjectId::of(&object).ok_or("it has no kind or name")?;
        let Value::Object(mut rest) = object else { return Err("it is no object".to_owned()) };
        let head = ["apiVersion", "kind", "metadata"];
        let head: Map<_, _> = head.iter().filter_map(|it| rest.shift_remove_entry(*it)).collect();
        let object: Map<_, _> = head.into_iter().chain(rest).collect();
        self.push(id, origin, is_raw, &object)
    }

    fn push(
        &mut self,
        id: ObjectId,
        origin: Span,
        is_raw: bool,
        object: &impl Serialize,
    ) -> Result<(), String> {
        let start = self.text.len();
        emit::emit_into(object, &mut self.text).map_err(|it| it.to_string())?;
        self.drafts.push(Draft { id, origin, is_raw, text: start..self.text.len() });
        Ok(())
    }

    fn report(&mut self, name: &'static str, finding: Diagnostic, origin: Span) {
        if self.reported.insert((name, finding.message.clone())) {
            self.findings.report(finding.related(origin, "when it is filled for this"));
        }
    }
}

/// Reports what is wrong with what users bring: a mistake of a template once, however many projects show it.
pub fn report(all: Vec<Objects<'_>>, sink: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    for Objects { mut findings, .. } in all {
        findings.retain(|it| {
            let place = it.primary.as_ref().map(|it| it.span);
            seen.insert((place, it.code, it.message.clone()))
        });
        // What is hidden and what is only counted goes along.
        sink.extend(findings);
    }
}

/// What stands between two objects of a stream, and before the first.
pub const BETWEEN: &str = "---\n";

/// Puts our labels and annotations on an object. They win over what is there: selectors and the inventory rely on them.
pub fn mark(object: &mut Value, marks: Marks<'_>) {
    let Some(object) = object.as_object_mut() else { return };
    let metadata = entries(object, "metadata");
    let own = entries(metadata, "labels");
    own.extend(marks.labels.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))));
    own.sort_keys();
    let annotations = marks.annotations.iter();
    entries(metadata, "annotations")
        .extend(annotations.map(|(key, value)| ((*key).to_owned(), Value::from(value.as_str()))));
}

fn entries<'a>(object: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    let value = object.entry(key).or_insert_with(|| Value::Object(Map::new()));
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut().expect("it was made one")
}

impl ObjectId {
    /// What an object says it is; `None` where it does not say.
    pub fn of(object: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().filter(|it| !it.is_empty()).map(str::to_owned);
        let metadata = object.get("metadata")?;
        Some(Self {
            api_version: text(object.get("apiVersion")?)?.into(),
            kind: text(object.get("kind")?)?.into(),
            namespace: metadata.get("namespace").and_then(text),
            name: text(metadata.get("name")?)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::language::Selection;
    use crate::render::template::FOLDER;
    use crate::tree::Tree;

    const PLATFORM: &str = r#"platform "hello" edition="2026"
cluster {
    kubernetes "1.35"
    pods "10.244.0.0/16"
    services "10.96.0.0/12"
    dns namespace="kube-system" label="k8s-app=kube-dns"
}
project "shop" {
    service "api" { image "a.example/a@sha256:7777777777777777777777777777777777777777777777777777777777777777"; port 80 }
    service "web" { image "a.example/a@sha256:7777777777777777777777777777777777777777777777777777777777777777"; port 80 }
}
"#;

    /// What comes of a template of the user: findings, or the services.
    fn check(name: &str, text: &str) -> String {
        let path = format!("{FOLDER}{name}");
        let tree = Tree::memory([("platform.kdl", PLATFORM), (path.as_str(), text)]);
        let outcome = crate::compile(&tree, &Selection::default()).expect("no fault of ours");
        let shown = outcome.diagnostics.iter().map(|it| {
            let place = it.primary.as_ref().map(|it| outcome.sources.place(it.span)).unwrap_or_default();
            let related = it.related.first().map(|it| outcome.sources.place(it.span)).unwrap_or_default();
            format!("{place} ({related}) {}: {}", it.code, it.message)
        });
        let shown: Vec<String> = shown.collect();
        let compiled = outcome.compiled.as_ref();
        let manifests = compiled.into_iter().flat_map(|it| it.artifacts.in_order());
        let services = manifests.filter(|it| it.id.kind == "Service").map(|it| it.object().to_string());
        shown.into_iter().chain(services).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_users_template_takes_the_place_of_the_built_in_one() {
        let text = "\
apiVersion: v1
kind: Service
metadata:
  name: {{ name }}
  namespace: {{ namespace }}
  annotations: {mine: {{ [name, ports | length] | join('-') }}}
spec:
  type: ClusterIP
  selector: {{ selector }}
  ports: {{ ports }}
  trafficDistribution: {% if name == 'web' %}PreferSameZone{% else %}null{% endif %}
";
        insta::assert_snapshot!(check("service/service.yaml.j2", text), @r#"
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"api","namespace":"hello-shop","annotations":{"mine":"api-1","trackside.dev/source":"platform.kdl:9"},"labels":{"app.kubernetes.io/component":"service","app.kubernetes.io/instance":"hello-shop","app.kubernetes.io/managed-by":"trackside","app.kubernetes.io/name":"api","app.kubernetes.io/part-of":"hello"}},"spec":{"type":"ClusterIP","selector":{"app.kubernetes.io/component":"service","app.kubernetes.io/name":"api"},"ports":[{"name":"tcp","port":80,"protocol":"TCP","targetPort":80}]}}
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"hello-shop","annotations":{"mine":"web-1","trackside.dev/source":"platform.kdl:10"},"labels":{"app.kubernetes.io/component":"service","app.kubernetes.io/instance":"hello-shop","app.kubernetes.io/managed-by":"trackside","app.kubernetes.io/name":"web","app.kubernetes.io/part-of":"hello"}},"spec":{"type":"ClusterIP","selector":{"app.kubernetes.io/component":"service","app.kubernetes.io/name":"web"},"ports":[{"name":"tcp","port":80,"protocol":"TCP","targetPort":80}],"trafficDistribution":"PreferSameZone"}}
        "#);
    }

    #[test]
    fn a_mistake_is_said_once_with_the_first_declaration_that_shows_it() {
        let seen = [
            check("service/servce.yaml.j2", "a: 1\n"),
            check("service/service.yaml.j2", "a: 1\nb: {{ nme }}\n"),
            check("service/service.yaml.j2", "apiVersion: v1\n{% if %}\n"),
            check("service/service.yaml.j2", "apiVersion: v1\nkind: Service\nmetadata: {name: {{ name }}}\n"),
            check(
                "workload/pod.yaml.j2",
                "spec:\n  containers:\n  - {name: {{ name }}, image: {{ image }}, imge: a}\n",
            ),
            check(
                "workload/service-account.yaml.j2",
                "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: {{ name }}, namespace: {{ namespace }}}\n",
            ),
        ];
        insta::assert_snapshot!(seen.join("\n"), @r#"
        templates/kubernetes/service/servce.yaml.j2:1 () TS401: there is no built-in template `service/servce.yaml.j2` that this could replace
        templates/kubernetes/service/service.yaml.j2:2 (platform.kdl:9) TS402: undefined value: `nme` is undefined
        templates/kubernetes/service/service.yaml.j2:2 () TS402: syntax error: unexpected end of block
        templates/kubernetes/service/service.yaml.j2:3 (platform.kdl:9) TS403: it gives another object: `.metadata.namespace` is missing, not `hello-shop`
        templates/kubernetes/workload/pod.yaml.j2:3 (platform.kdl:9) TS405: `.spec.containers[0].imge` is no field that Kubernetes knows
        templates/kubernetes/workload/service-account.yaml.j2:1 (platform.kdl:8) TS404: `.automountServiceAccountToken` is missing, which the built-in template has
        "#);
    }
}
