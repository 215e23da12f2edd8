//! Where Kubernetes objects are made: a template filled, labelled, marked with its source and checked.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::image_policy::ImagePolicy;
use crate::language::project::Project;
use crate::render::kubernetes::by_hand::Refusal;
use crate::render::kubernetes::label::Labels;
use crate::render::kubernetes::{object, overriding, well_formed};
use crate::render::template::{self, Templates};
use crate::render::{Bug, Manifest, ObjectId};
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
    pub manifests: Vec<Manifest>,
    /// What is wrong with templates of the user; every mistake once, with the first declaration that shows it.
    pub findings: Diagnostics,
    /// The first fault of ours.
    pub bug: Option<Bug>,
    reported: BTreeSet<(&'static str, String)>,
}

/// The annotation that says what caused an object, as `path:line`.
pub const SOURCE: &str = "trackside.dev/source";

impl<'a> Objects<'a> {
    /// Starts the objects of the platform as a whole.
    pub fn of_platform(context: Context<'a>) -> Self {
        Self {
            context,
            project: None,
            manifests: Vec::new(),
            findings: Diagnostics::default(),
            bug: None,
            reported: BTreeSet::new(),
        }
    }

    /// Starts the objects of a project.
    pub fn of_project(context: Context<'a>, project: &'a Project) -> Self {
        Self { project: Some(project), ..Self::of_platform(context) }
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
        let made = self.fill(template, origin, view, overriding::of_object).and_then(|mut object| {
            mark(&mut object, labels, self.context.sources.place(origin));
            let bug = |message| Bug { template: template.to_owned(), message };
            let id = ObjectId::of(&object).ok_or_else(|| bug("it has no kind or name".to_owned()))?;
            // Whether a built-in template gives what Kubernetes knows does not depend on the platform, as no value changes its
            // shape and every value has a type: tests and debug builds see to it, and a release spares a third of its time.
            if cfg!(debug_assertions) {
                well_formed::check_ours(&object).map_err(|it| bug(it.to_string()))?;
            }
            Ok(Manifest {
                id,
                project: self.project.map(|it| it.name.to_string()),
                object,
                origin,
                is_raw: false,
            })
        });
        match made {
            Ok(manifest) => self.manifests.push(manifest),
            Err(bug) => _ = self.bug.get_or_insert(bug),
        }
    }

    /// Fills the template of a part that several objects share, the pod template, to be placed by one slot of theirs.
    pub fn part(&mut self, template: &'static str, origin: Span, view: &impl Serialize) -> Value {
        match self.fill(template, origin, view, overriding::of_pod_template) {
            Ok(part) => part,
            Err(bug) => {
                self.bug.get_or_insert(bug);
                // Never used: a bug ends the rendering.
                Value::Null
            }
        }
    }

    /// Reads the raw objects of the project, or those of the top, and takes them in.
    pub fn add_raw(&mut self) {
        self.manifests.extend(object::read(self.context, self.project, &mut self.findings));
    }

    /// The built-in template, filled, or what the user's template gives in its place where nothing is wrong with that.
    fn fill(
        &mut self,
        name: &'static str,
        origin: Span,
        view: &impl Serialize,
        judge: fn(&Value, &Value, Option<&ImagePolicy>) -> Vec<Refusal>,
    ) -> Result<Value, Bug> {
        let Context { platform, templates, sources } = self.context;
        let view = template::view(name, view)?;
        let Some(file) = templates.user(name) else { return templates.fill(name, view) };
        let built_in = templates.fill(name, view.clone())?;
        let filled = match templates.fill_user(name, &view, sources) {
            None => return Ok(built_in),
            Some(Err(finding)) => {
                self.report(name, finding, origin);
                return Ok(built_in);
            }
            Some(Ok(filled)) => filled,
        };
        let refusals = judge(&built_in, &filled.object, platform.image_policy.as_ref());
        if refusals.is_empty() {
            return Ok(filled.object);
        }
        for Refusal { code, path, message, help } in refusals {
            let span = template::line(file, filled.line(&path), sources);
            self.report(name, Diagnostic::new(code, span, message).help(help), origin);
        }
        Ok(built_in)
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
    for finding in all.into_iter().flat_map(|it| it.findings) {
        let place = finding.primary.as_ref().map(|it| it.span);
        if seen.insert((place, finding.code, finding.message.clone())) {
            sink.report(finding);
        }
    }
}

/// Puts our labels and the source on an object. They win over what is there: selectors and the inventory rely on them.
pub fn mark(object: &mut Value, labels: &Labels, source: String) {
    let Some(object) = object.as_object_mut() else { return };
    let metadata = entries(object, "metadata");
    let own = entries(metadata, "labels");
    own.extend(labels.iter().map(|(key, value)| (key.clone(), Value::from(value.clone()))));
    own.sort_keys();
    entries(metadata, "annotations").insert(SOURCE.to_owned(), source.into());
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
            api_version: text(object.get("apiVersion")?)?,
            kind: text(object.get("kind")?)?,
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
        let manifests = outcome.compiled.into_iter().flat_map(|it| it.artifacts.manifests);
        let services = manifests.filter(|it| it.id.kind == "Service").map(|it| it.object.to_string());
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
                "project/namespace.yaml.j2",
                "apiVersion: v1\nkind: Namespace\nmetadata: {name: {{ name }}}\n",
            ),
        ];
        insta::assert_snapshot!(seen.join("\n"), @"
        templates/kubernetes/service/servce.yaml.j2:1 () TS401: there is no built-in template `service/servce.yaml.j2` that this could replace
        templates/kubernetes/service/service.yaml.j2:2 (platform.kdl:9) TS402: undefined value: `nme` is undefined
        templates/kubernetes/service/service.yaml.j2:2 () TS402: syntax error: unexpected end of block
        templates/kubernetes/service/service.yaml.j2:3 (platform.kdl:9) TS403: it gives another object: `.metadata.namespace` is missing, not `hello-shop`
        templates/kubernetes/workload/pod.yaml.j2:3 (platform.kdl:9) TS405: `.spec.containers[0].imge` is no field that Kubernetes knows
        templates/kubernetes/project/namespace.yaml.j2:3 (platform.kdl:8) TS404: `.metadata.labels` is missing, which the built-in template has
        ");
    }
}
