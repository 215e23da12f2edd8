//! What services and cron jobs share: an image, its surroundings, what it may reach and how it is confined.

use std::collections::{BTreeMap, BTreeSet};

use crate::language::name::{InProject, Name};
use crate::language::value::image::Image;
use crate::language::value::quantity::{Bytes, Cpu, Range};
use crate::language::value::text::{EnvName, LabelKey, LabelValue, MountPath};
use crate::language::value::time::Duration;
use crate::language::waive::Safeguard;
use crate::source::{Span, Spanned};

/// A workload as meant.
#[derive(Clone, Debug)]
pub struct Workload {
    /// What it is called.
    pub name: Name,
    /// The framework it is written in, as a label for people and tools.
    pub framework: Option<Name>,
    /// Labels of its own.
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// What runs.
    pub image: Spanned<Image>,
    /// Secrets that the image is pulled with.
    pub pull_secrets: BTreeSet<Name>,
    /// The program, where not the image's own.
    pub command: Vec<String>,
    /// Its arguments, where not the image's own.
    pub args: Vec<String>,
    /// Its environment.
    pub env: BTreeMap<EnvName, Env>,
    /// Files with content from the tree.
    pub configs: Vec<Config>,
    /// Files whose content is a secret.
    pub mounts: Vec<Mount>,
    /// Writable directories that are lost with the pod, those of `pod-security` included.
    pub scratch: Vec<Scratch>,
    /// What it asks for and what it gets at most.
    pub resources: Resources,
    /// Which user and groups it runs as.
    pub run_as: RunAs,
    /// How long it may take to stop.
    pub stop_within: Duration,
    /// What it may reach. Names are always answered.
    pub reaches: BTreeMap<Reach, Span>,
    /// The defaults it leaves, and the waiver that lets it.
    pub waived: BTreeMap<Safeguard, Span>,
    /// Where it is declared.
    pub span: Span,
}

/// An environment variable.
#[derive(Clone, Debug)]
pub struct Env {
    /// Its value.
    pub value: EnvValue,
    /// Where it is declared.
    pub span: Span,
}

/// The value of an environment variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvValue {
    /// A text that everybody may see.
    Plain(String),
    /// A secret of the project or of the platform.
    Secret(Name),
    /// The address of a service that it reaches.
    Address(InProject, AddressPart),
}

/// Which part of a service's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddressPart {
    /// `http://api.hello-shop.svc:8080`.
    Url,
    /// `api.hello-shop.svc`.
    Host,
    /// `8080`.
    Port,
}

/// A file with content from the tree.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it is mounted.
    pub path: MountPath,
    /// What it says.
    pub content: String,
    /// Where it is declared.
    pub span: Span,
}

/// A file whose content is a secret.
#[derive(Clone, Debug)]
pub struct Mount {
    /// Where it is mounted.
    pub path: MountPath,
    /// The secret.
    pub secret: Name,
    /// Where it is declared.
    pub span: Span,
}

/// A writable directory that is lost with the pod.
#[derive(Clone, Debug)]
pub struct Scratch {
    /// Where it is mounted.
    pub path: MountPath,
    /// How much fits.
    pub up_to: Bytes,
    /// Where it is declared.
    pub span: Span,
}

/// What a container asks for and what it gets at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resources {
    /// Processor time.
    pub cpu: Range<Cpu>,
    /// Memory.
    pub memory: Range<Bytes>,
}

/// Which user and groups a process runs as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunAs {
    /// The user id.
    pub user: u32,
    /// The group id.
    pub group: u32,
    /// The group that owns mounted files.
    pub fs_group: u32,
}

/// What a workload may reach.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// A service, of the same project or of one that it offers itself to.
    Service(InProject),
    /// A place outside.
    External(Name),
}
