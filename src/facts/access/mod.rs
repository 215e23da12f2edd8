//! Who may do what to a cluster, by the RBAC objects in the files and by what Kubernetes itself brings.
//!
//! ```text
//! Manifests ─┬→ Role    (role.rs, rule.rs, aggregation.rs: what is allowed) ─┐
//!            └→ Binding (binding.rs, subject.rs: to whom, and where)         ┴→ Access ─→ may(who, what) · rules(who)
//! ```
//!
//! Decisions are those of the API server with `--authorization-mode=RBAC`: rules only ever add, a binding of the cluster holds
//! in every namespace, one of a namespace there alone, and the group `system:masters` is not asked for rules at all. Other
//! authorizers (of nodes, webhooks) are not known here: they may allow more.

pub mod aggregation;
pub mod binding;
pub mod defaults;
pub mod request;
pub mod role;
pub mod rule;
pub mod rule_set;
pub mod subject;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::facts::access::aggregation::Uncertain;
use crate::facts::access::binding::{Binding, GROUP};
use crate::facts::access::defaults::{DEFAULTS, KUBERNETES, is_made_by_kubernetes};
use crate::facts::access::request::Request;
use crate::facts::access::role::{Role, RoleId};
use crate::facts::access::rule::Rule;
use crate::facts::access::rule_set::{RuleSet, TooMany};
use crate::facts::access::subject::{Identity, MASTERS, Subject};
use crate::facts::manifest::{Manifests, Object, Places};
use crate::facts::selector::{Invalid, Labels};
use crate::render::yaml::{keys, path_text};

/// Who may do what.
#[derive(Debug, Default)]
pub struct Access {
    /// All roles: those of Kubernetes first, then those of the files.
    pub roles: Vec<Role>,
    /// All bindings, likewise.
    pub bindings: Vec<Binding>,
    /// How many objects do not count here: the API server would refuse them, or what they name is not known.
    pub left_out: usize,
    by_id: BTreeMap<RoleId, usize>,
    by_subject: BTreeMap<Subject, Given>,
}

/// What a subject is given.
#[derive(Debug, Default)]
struct Given {
    everywhere: Vec<Naming>,
    /// By namespace.
    there: BTreeMap<String, Vec<Naming>>,
}

impl Given {
    fn all(&self) -> impl Iterator<Item = Naming> {
        self.everywhere.iter().chain(self.there.values().flatten()).copied()
    }
}

/// A place where a binding names a subject.
#[derive(Clone, Copy, Debug)]
struct Naming {
    binding: usize,
    subject: usize,
}

/// Why somebody may do something.
#[derive(Clone, Copy, Debug)]
pub enum Why<'a> {
    /// They are in `system:masters`.
    Master,
    /// It is given to them.
    Given(Grant<'a>),
}

/// A rule that somebody is given.
#[derive(Clone, Copy, Debug)]
pub struct Grant<'a> {
    /// The binding.
    pub binding: &'a Binding,
    /// Which of its subjects.
    pub subject: usize,
    /// The role that it gives.
    pub role: &'a Role,
    /// The role that the rule is written in: another one where the first gathers the rules of others.
    pub source: &'a Role,
    /// The rule.
    pub rule: &'a Rule,
}

/// All that somebody may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// In every namespace, and in none.
    pub everywhere: RuleSet,
    /// By namespace, what they may do besides; never nothing.
    pub there: BTreeMap<String, RuleSet>,
}

/// How many rules of one subject are put into their one form.
const MOST_RULES: usize = 200_000;

impl Access {
    /// Computes it. What the API server would refuse, and what leads out of the files, is reported and left out.
    pub fn of(manifests: &Manifests, places: &Places<'_>, sink: &mut Diagnostics) -> Self {
        let mut access =
            Self { roles: DEFAULTS.roles.clone(), bindings: DEFAULTS.bindings.clone(), ..Self::default() };
        access.by_id = access.roles.iter().enumerate().map(|(at, it)| (it.id.clone(), at)).collect();
        for (at, object) in manifests.objects.iter().enumerate().filter(|it| it.1.group() == GROUP) {
            let refused = access.take(at, object, places, sink);
            access.left_out += usize::from(refused.is_err());
            if let Err(Some(invalid)) = refused {
                sink.report_with(Code::ManifestMalformed, || refusal(object, &invalid, places));
            }
        }
        let uncertain = aggregation::aggregate(&mut access.roles);
        access.report_uncertain(&uncertain, manifests, places, sink);
        access.index();
        access.report_dangling(manifests, places, sink);
        access
    }

    /// Whether somebody may do something, and why.
    pub fn may(&self, who: &Identity, request: &Request<'_>) -> Option<Why<'_>> {
        if who.groups.contains(MASTERS) {
            return Some(Why::Master);
        }
        let subjects: Vec<Subject> = who.subjects().collect();
        let given = || subjects.iter().filter_map(|it| self.by_subject.get(it));
        let everywhere = given().flat_map(|it| &it.everywhere);
        let there = given().filter_map(|it| it.there.get(request.namespace())).flatten();
        // Whatever binds a role, its rules are the same.
        let mut seen: BTreeSet<&RoleId> = BTreeSet::new();
        let namings = everywhere.chain(there).filter(|it| seen.insert(&self.bindings[it.binding].role));
        let mut grants = namings.flat_map(|it| self.grants_of(*it));
        grants.find(|it| it.rule.allows(request)).map(Why::Given)
    }

    /// Everybody whom a binding names.
    pub fn subjects(&self) -> impl Iterator<Item = &Subject> {
        self.by_subject.keys()
    }

    /// All rules that bindings give to a subject by its name: not those of groups that it is in.
    pub fn grants(&self, subject: &Subject) -> impl Iterator<Item = Grant<'_>> {
        let namings = self.by_subject.get(subject).into_iter().flat_map(Given::all);
        namings.flat_map(|it| self.grants_of(it))
    }

    /// All that somebody may do, in a form that is the same for all who may do the same. Of `system:masters`, what is given
    /// to it besides.
    ///
    /// # Errors
    ///
    /// Where that is too much to be written down.
    pub fn rules(&self, who: &Identity) -> Result<Rules, TooMany> {
        let mut roles: BTreeMap<Option<&str>, BTreeSet<&RoleId>> = BTreeMap::new();
        let given: Vec<&Given> = who.subjects().filter_map(|it| self.by_subject.get(&it)).collect();
        for naming in given.iter().flat_map(|it| it.all()) {
            let binding = &self.bindings[naming.binding];
            roles.entry(binding.namespace.as_deref()).or_default().insert(&binding.role);
        }
        let rules = |of: &BTreeSet<&RoleId>| -> Vec<&Rule> {
            let roles = of.iter().filter_map(|it| self.role(it));
            roles.flat_map(|it| self.rules_of(it)).map(|it| it.1).take(MOST_RULES + 1).collect()
        };
        let mut everywhere = RuleSet::default();
        let mut there = BTreeMap::new();
        let mut left = MOST_RULES;
        for (namespace, roles) in &roles {
            let rules = rules(roles);
            left = left.checked_sub(rules.len()).ok_or(TooMany)?;
            match namespace {
                None => everywhere = RuleSet::of(rules)?,
                Some(namespace) => {
                    let more = RuleSet::in_namespace(rules)?.without(&everywhere);
                    if !more.atoms.is_empty() {
                        there.insert((*namespace).to_owned(), more);
                    }
                }
            }
        }
        Ok(Rules { everywhere, there })
    }

    /// A role.
    pub fn role(&self, id: &RoleId) -> Option<&Role> {
        self.by_id.get(id).map(|at| &self.roles[*at])
    }

    /// The rules that a role has, with the role that each is written in.
    pub fn rules_of<'a>(&'a self, role: &'a Role) -> impl Iterator<Item = (&'a Role, &'a Rule)> {
        let sources = role.sources.iter().map(|it| &self.roles[*it]);
        sources.flat_map(|source| source.rules.iter().map(move |rule| (source, rule)))
    }

    fn grants_of(&self, Naming { binding, subject }: Naming) -> impl Iterator<Item = Grant<'_>> {
        let binding = &self.bindings[binding];
        let role = self.role(&binding.role);
        let rules = role
            .into_iter()
            .flat_map(|role| self.rules_of(role).map(move |(source, rule)| (role, source, rule)));
        rules.map(move |(role, source, rule)| Grant { binding, subject, role, source, rule })
    }

    /// Takes an object in. What does not fit its type has been reported.
    fn take(
        &mut self,
        at: usize,
        object: &Object,
        places: &Places<'_>,
        sink: &mut Diagnostics,
    ) -> Result<(), Option<Invalid>> {
        // Of a version that is no longer served, nobody knows that it has one.
        let namespace = Some(object.namespace()).filter(|it| !it.is_empty()).unwrap_or("default");
        match object.id.kind.as_ref() {
            "Role" => {
                let role = object.read_as(places, sink).ok_or(None)?;
                self.add_role(Role::of_namespace(role, namespace, Some(at))?);
            }
            "ClusterRole" => {
                let role = object.read_as(places, sink).ok_or(None)?;
                self.add_role(Role::of_cluster(role, Some(at))?);
            }
            "RoleBinding" => {
                let binding = object.read_as(places, sink).ok_or(None)?;
                self.add_binding(Binding::of_namespace(binding, namespace, Some(at))?, object);
            }
            "ClusterRoleBinding" => {
                let binding = object.read_as(places, sink).ok_or(None)?;
                self.add_binding(Binding::of_cluster(binding, Some(at))?, object);
            }
            _ => {}
        }
        Ok(())
    }

    fn add_role(&mut self, mut role: Role) {
        match self.by_id.get(&role.id) {
            None => {
                self.by_id.insert(role.id.clone(), self.roles.len());
                self.roles.push(role);
            }
            Some(at) => {
                let known = &mut self.roles[*at];
                if !is_made_by_kubernetes(&role.labels) {
                    role.rules.append(&mut known.rules);
                    role.labels.append(&mut known.labels);
                    role.aggregates = role.aggregates.or(known.aggregates.take());
                }
                *known = role;
            }
        }
    }

    fn add_binding(&mut self, binding: Binding, object: &Object) {
        let labels = &object.value["metadata"]["labels"];
        let labels: Labels = serde_json::from_value(labels.clone()).unwrap_or_default();
        let is_same = |it: &&mut Binding| it.namespace == binding.namespace && it.name == binding.name;
        let mut known = self.bindings.iter_mut().take(DEFAULTS.bindings.len());
        match known.find(is_same) {
            Some(known) if is_made_by_kubernetes(&labels) => *known = binding,
            _ => self.bindings.push(binding),
        }
    }

    fn index(&mut self) {
        for (at, binding) in self.bindings.iter().enumerate() {
            for (index, subject) in binding.subjects.iter().enumerate() {
                let naming = Naming { binding: at, subject: index };
                let given = self.by_subject.entry(subject.clone()).or_default();
                match &binding.namespace {
                    None => given.everywhere.push(naming),
                    Some(namespace) => given.there.entry(namespace.clone()).or_default().push(naming),
                }
            }
        }
    }

    fn report_dangling(&mut self, manifests: &Manifests, places: &Places<'_>, sink: &mut Diagnostics) {
        for binding in &self.bindings {
            let Some(object) = binding.object.map(|at| &manifests.objects[at]) else { continue };
            if self.by_id.contains_key(&binding.role) {
                continue;
            }
            self.left_out += 1;
            sink.report_with(Code::ManifestNotFollowed, || {
                let role = &binding.role;
                let message = format!("{binding} gives {role}, which is not in the files");
                let span = places.find(object, &keys(&["roleRef", "name"]));
                let diagnostic = Diagnostic::new(Code::ManifestNotFollowed, span, message);
                match role.name.starts_with("system:") {
                    true => diagnostic.help(format!(
                        "Kubernetes {KUBERNETES} does not make it either: add what `kubectl get clusterrole {} -o yaml` prints",
                        role.name
                    )),
                    false => diagnostic
                        .help("add it, or leave the binding out: whoever makes a role of that name decides what is given"),
                }
            });
        }
    }

    fn report_uncertain(
        &mut self,
        Uncertain { circles, too_wide }: &Uncertain,
        manifests: &Manifests,
        places: &Places<'_>,
        sink: &mut Diagnostics,
    ) {
        let span = |role: &Role| {
            let object = role.object.map(|at| &manifests.objects[at])?;
            Some(places.find(object, &keys(&["aggregationRule", "clusterRoleSelectors"])))
        };
        for circle in circles {
            let written = circle.iter().map(|at| &self.roles[*at]).find(|it| it.object.is_some());
            let Some(role) = written else { continue };
            sink.report_with(Code::ManifestNotFollowed, || {
                let others = circle.iter().map(|at| &self.roles[*at].id).filter(|it| **it != role.id);
                let others: Vec<String> = others.take(3).map(ToString::to_string).collect();
                let message = format!(
                    "{} and {} gather rules from each other: whether they keep what is written in them is open",
                    role.id,
                    others.join(", ")
                );
                let help = "they are looked at as if they kept it: leave out the rules that are written beside `aggregationRule`";
                match span(role) {
                    Some(it) => Diagnostic::new(Code::ManifestNotFollowed, it, message).help(help),
                    None => Diagnostic::nowhere(Code::ManifestNotFollowed, message).help(help),
                }
            });
        }
        self.left_out += too_wide.len();
        for role in too_wide.iter().map(|at| &self.roles[*at]) {
            sink.report_with(Code::ManifestNotFollowed, || {
                let message = format!("{} gathers rules from too many roles to look at", role.id);
                let help = "it is taken for a role without rules: write a selector that finds fewer";
                match span(role) {
                    Some(it) => Diagnostic::new(Code::ManifestNotFollowed, it, message).help(help),
                    None => Diagnostic::nowhere(Code::ManifestNotFollowed, message).help(help),
                }
            });
        }
    }
}

/// Of an object that the API server would refuse.
fn refusal(object: &Object, Invalid { path, message }: &Invalid, places: &Places<'_>) -> Diagnostic {
    let message = format!("{}: `{}` {message}", object.name(), path_text(path));
    Diagnostic::new(Code::ManifestMalformed, places.find(object, path), message)
        .help("it is left out here, as the API server would refuse it")
}
