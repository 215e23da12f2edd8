//! The labels that every object carries, and those by which pods are selected.

use std::collections::BTreeMap;

use crate::language::Platform;
use crate::language::name::Name;
use crate::language::project::Project;
use crate::language::value::text::{LabelKey, LabelValue};
use crate::language::workload::Workload;
use crate::render::kubernetes::well_formed;

/// The kind of declaration that an object comes from, as `app.kubernetes.io/component`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Component {
    /// The platform as a whole.
    Platform,
    /// A project as a whole.
    Project,
    /// A service.
    Service,
    /// A cron job.
    Cron,
    /// A tunnel in front of a gateway.
    Edge,
    /// A database that an operator runs.
    Database,
    /// A raw object.
    Object,
}

/// The framework that a workload is written in.
const FRAMEWORK: &str = "trackside.dev/framework";

/// Labels of an object.
pub type Labels = BTreeMap<String, String>;

/// Labels of what belongs to the platform as a whole.
pub fn of_platform(platform: &Platform) -> Labels {
    let name = platform.name.as_str();
    standard(platform, name, name.to_owned(), Component::Platform)
}

/// Labels of what belongs to a project as a whole.
pub fn of_project(platform: &Platform, project: &Project) -> Labels {
    let mut labels = own(&[&project.labels]);
    let instance = platform.namespace(&project.name);
    labels.extend(standard(platform, project.name.as_str(), instance, Component::Project));
    labels
}

/// Labels of a workload, for its objects and its pods alike. Without a project, it is one that the platform itself runs.
pub fn of_workload(
    platform: &Platform,
    project: Option<&Project>,
    workload: &Workload,
    component: Component,
) -> Labels {
    let of_project = project.map(|it| &it.labels);
    let mut labels = own(&of_project.into_iter().chain([&workload.labels]).collect::<Vec<_>>());
    labels.extend(workload.framework.as_ref().map(|it| (FRAMEWORK.to_owned(), it.to_string())));
    labels.extend(standard(platform, workload.name.as_str(), instance(platform, project), component));
    labels
}

/// Labels of a database, for its objects and its pods alike.
pub fn of_database(platform: &Platform, project: Option<&Project>, name: &Name) -> Labels {
    let of_project = project.map(|it| &it.labels);
    let mut labels = own(&of_project.into_iter().collect::<Vec<_>>());
    labels.extend(standard(platform, name.as_str(), instance(platform, project), Component::Database));
    labels
}

/// Labels for what an operator makes out of our objects. It is the operator's, so nothing says that we manage it: whoever
/// looks for what is ours would take it for left over.
pub fn of_made(platform: &Platform, project: Option<&Project>) -> Labels {
    let of_project = project.map(|it| &it.labels);
    let mut labels = own(&of_project.into_iter().collect::<Vec<_>>());
    labels.insert("app.kubernetes.io/part-of".to_owned(), platform.name.to_string());
    labels
}

/// Labels of a raw object.
pub fn of_object(platform: &Platform, project: Option<&Project>, name: &str) -> Labels {
    let mut labels = project.map_or_else(|| of_platform(platform), |it| of_project(platform, it));
    let word = Component::Object.word();
    labels.insert("app.kubernetes.io/component".to_owned(), word.to_owned());
    // Names of some kinds are longer than a label may be, or have a colon.
    let name = if well_formed::is_label_value(name) { name } else { word };
    labels.insert("app.kubernetes.io/name".to_owned(), name.to_owned());
    labels
}

/// The labels by which the pods of a workload are selected in their namespace. They never change while it keeps its name,
/// because the selector of a `Deployment` or `StatefulSet` is immutable.
pub fn selector(workload: &str, component: Component) -> Labels {
    [("app.kubernetes.io/name", workload), ("app.kubernetes.io/component", component.word())]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}

impl Component {
    /// Its label value.
    pub fn word(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Project => "project",
            Self::Service => "service",
            Self::Cron => "cron",
            Self::Edge => "edge",
            Self::Database => "database",
            Self::Object => "object",
        }
    }
}

/// What the author wrote, the later ones over the earlier. The language refuses keys that are ours.
fn own(from: &[&BTreeMap<LabelKey, LabelValue>]) -> Labels {
    let pairs = from.iter().flat_map(|it| it.iter());
    pairs.map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

fn instance(platform: &Platform, project: Option<&Project>) -> String {
    project.map_or_else(|| platform.system_namespace(), |it| platform.namespace(&it.name))
}

fn standard(platform: &Platform, name: &str, instance: String, component: Component) -> Labels {
    [
        ("app.kubernetes.io/name", name.to_owned()),
        ("app.kubernetes.io/instance", instance),
        ("app.kubernetes.io/component", component.word().to_owned()),
        ("app.kubernetes.io/part-of", platform.name.to_string()),
        ("app.kubernetes.io/managed-by", "trackside".to_owned()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}
