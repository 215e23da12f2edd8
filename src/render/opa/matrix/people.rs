//! What declared people may do.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::language::name::Name;
use crate::render::opa::data::itself;
use crate::render::opa::matrix::Context;
use crate::render::opa::matrix::subject::{CALLER, nobody, thing};
use crate::render::opa::reference::{Caller, Thing};

/// A declared team or project.
#[derive(Serialize)]
pub(super) struct PlaceTable<'a> {
    place: &'static str,
    id: &'a Name,
    groups: Vec<GroupTable<'a>>,
}

/// People who may do the same.
#[derive(Serialize)]
struct GroupTable<'a> {
    /// `null` is somebody whom git does not know.
    emails: Vec<Option<&'a str>>,
    allowed: Vec<String>,
}

/// Declared people with the same platform role.
#[derive(Serialize)]
pub(super) struct PersonTable<'a> {
    emails: Vec<&'a str>,
    allowed: BTreeMap<&'a str, Vec<String>>,
}

impl PlaceTable<'_> {
    pub(super) fn people(&self) -> usize {
        self.groups.iter().map(|it| it.emails.len()).sum()
    }
}

impl PersonTable<'_> {
    pub(super) fn people(&self) -> usize {
        self.emails.len()
    }
}

/// All declared teams and projects.
pub(super) fn members<'a>(context: &'a Context<'a>) -> BTreeMap<String, PlaceTable<'a>> {
    let platform = context.platform;
    let teams = platform.teams.values().map(|team| {
        let emails = team.members.iter().map(|it| it.email.as_str()).collect();
        let groups = groups(context, ("team", team.name.as_str()), emails);
        (format!("team {}", team.name), PlaceTable { place: "team", id: &team.name, groups })
    });
    let projects = platform.projects.values().map(|project| {
        let team = project.team.as_ref().and_then(|it| platform.teams.get(it));
        let owners = team.map(|it| it.members.as_slice()).unwrap_or_default();
        let emails = project.members.iter().chain(owners).map(|it| it.email.as_str()).collect();
        let groups = groups(context, ("project", project.name.as_str()), emails);
        (format!("project {}", project.name), PlaceTable { place: "project", id: &project.name, groups })
    });
    teams.chain(projects).collect()
}

/// The people of a declared place and somebody unknown, all of whom the API presents as holding every role there.
fn groups<'a>(
    context: &'a Context<'a>,
    (place, id): (&'static str, &'a str),
    emails: BTreeSet<&'a str>,
) -> Vec<GroupTable<'a>> {
    let mut groups: BTreeMap<Vec<String>, Vec<Option<&str>>> = BTreeMap::new();
    for email in std::iter::once(None).chain(emails.into_iter().map(Some)) {
        let presented = BTreeMap::from([(id, context.names.iter().map(|it| it.as_str()).collect())]);
        let caller = match place {
            "team" => Caller { id: CALLER, email, teams: presented, ..Caller::default() },
            _ => Caller { id: CALLER, email, projects: presented, ..Caller::default() },
        };
        let may = context.allowed(|resource| {
            let common = thing(resource, None);
            let own = if itself(resource) == Some(place) { Some(id) } else { common.id };
            let thing = match place {
                "team" => Thing { id: own, team: Some(id), ..common },
                _ => Thing { id: own, project: Some(id), team: None, ..common },
            };
            (caller.clone(), thing)
        });
        groups.entry(may).or_default().push(email);
    }
    groups.into_iter().map(|(allowed, emails)| GroupTable { emails, allowed }).collect()
}

/// Declared people, all of whom the API presents as holding every platform role.
pub(super) fn persons<'a>(context: &'a Context<'a>) -> Vec<PersonTable<'a>> {
    let mut by_role: BTreeMap<Option<&Name>, Vec<&str>> = BTreeMap::new();
    for (email, person) in &context.platform.persons {
        by_role.entry(person.platform_role.as_ref()).or_default().push(email.as_str());
    }
    let table = |emails: Vec<&'a str>| {
        let rows = context.by_state(|state| {
            context.allowed(|resource| {
                let thing = thing(resource, state);
                let caller = Caller {
                    email: emails.first().copied(),
                    platform_roles: context.names.iter().map(|it| it.as_str()).collect(),
                    ..nobody(Some(&thing), state)
                };
                (caller, thing)
            })
        });
        PersonTable { emails, allowed: rows }
    };
    by_role.into_values().map(table).collect()
}
