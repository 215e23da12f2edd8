//! `tests/data.json`: what every role, route and declared person may do, for `tests/matrix_test.rego` to ask.
//!
//! The tables say what is allowed; everything that they do not list must be denied. They are filled by asking
//! [`reference`](super::reference) every single question, never from the data that the policies read.

mod limit;
mod people;
mod route;
pub(super) mod subject;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::language::Platform;
use crate::language::condition::Condition;
use crate::language::name::Name;
use crate::language::resource::Resource;
use crate::language::value::permission::Permission;
use crate::render::opa::data::itself;
use crate::render::opa::matrix::limit::LimitTable;
use crate::render::opa::matrix::people::{PersonTable, PlaceTable};
use crate::render::opa::matrix::route::RouteTable;
use crate::render::opa::matrix::subject::State;
use crate::render::opa::reference::{Ask, Caller, Question, Thing};

/// Where a role is held.
pub(super) const PLACES: [&str; 4] = ["elsewhere", "platform", "project", "team"];
/// The state in which no condition holds.
const NONE: &str = "";

#[derive(Serialize)]
struct Tables<'a> {
    /// Every permission, by the kind of thing it is about.
    permissions: BTreeMap<String, &'a Name>,
    /// A thing of every kind, as it is presented.
    things: BTreeMap<&'a Name, Value>,
    /// The kinds of things that are projects or teams themselves.
    itself: BTreeMap<&'a Name, &'static str>,
    /// What is presented besides, so that one condition holds.
    states: BTreeMap<&'a str, State>,
    /// By name, place and state, the permissions it gives.
    roles: BTreeMap<&'a Name, Rows<'a, String>>,
    /// All roles and platform roles by name. A name may be both; where it is held tells which counts.
    names: &'a BTreeSet<&'a Name>,
    routes: BTreeMap<String, RouteTable<'a>>,
    members: BTreeMap<String, PlaceTable<'a>>,
    /// People with the same platform role may do the same.
    persons: Vec<PersonTable<'a>>,
    /// By interface, whose limits hold for whom and what is counted.
    limits: BTreeMap<&'a Name, LimitTable<'a>>,
    claims: Claims<'a>,
    /// How many questions the tests ask; a test that finds none would pass.
    count: Count,
}

/// By place and state, what is allowed. A state that is left out is like the state in which no condition holds.
type Rows<'a, T> = BTreeMap<&'static str, BTreeMap<&'a str, Vec<T>>>;

/// What the API claims of everybody who asks for limits: to be in every declared place, each with the best tier.
#[derive(Serialize)]
struct Claims<'a> {
    /// Without a role there: being in it is enough.
    teams: BTreeMap<&'a Name, Vec<&'a str>>,
    projects: BTreeMap<&'a Name, Vec<&'a str>>,
    tiers: BTreeMap<&'a Name, &'a Name>,
}

#[derive(Serialize)]
struct Count {
    roles: usize,
    routes: usize,
    changes: usize,
    members: usize,
    persons: usize,
    limits: usize,
}

/// What the tables are made of.
struct Context<'a> {
    platform: &'a Platform,
    permissions: Vec<(Permission, &'a Resource)>,
    names: BTreeSet<&'a Name>,
    /// Who answers.
    answer: &'a dyn Fn(&Question<'_>) -> bool,
}

/// The file, with the answers of `answer`.
pub(super) fn json(platform: &Platform, answer: &dyn Fn(&Question<'_>) -> bool) -> Vec<u8> {
    let resources = platform.resources.values();
    let permissions = resources.flat_map(|resource| {
        resource.actions.keys().map(move |action| {
            (Permission { resource: resource.name.clone(), action: action.clone() }, resource)
        })
    });
    let names = platform.roles.keys().chain(platform.platform_roles.keys());
    let context = Context { platform, permissions: permissions.collect(), names: names.collect(), answer };
    let mut bytes =
        serde_json::to_vec_pretty(&tables(&context)).expect("keys are strings and nothing here fails");
    bytes.push(b'\n');
    bytes
}

fn tables<'a>(context: &'a Context<'a>) -> Tables<'a> {
    let Context { platform, permissions, names, answer: _ } = context;
    let routes = route::tables(context);
    let members = people::members(context);
    let persons = people::persons(context);
    let limits = limit::tables(platform);
    let states = platform.conditions.len() + 1;
    let count = Count {
        roles: names.len() * PLACES.len() * states * permissions.len(),
        routes: routes.len() * names.len() * PLACES.len() * states,
        changes: routes.values().map(RouteTable::changes).sum(),
        members: members.values().map(PlaceTable::people).sum::<usize>() * permissions.len(),
        persons: persons.iter().map(PersonTable::people).sum::<usize>() * states * permissions.len(),
        limits: limits.values().map(LimitTable::questions).sum(),
    };
    let resources = platform.resources.values();
    Tables {
        permissions: permissions.iter().map(|(it, resource)| (it.to_string(), &resource.name)).collect(),
        things: resources
            .clone()
            .map(|it| (&it.name, subject::presented(&subject::thing(it, None))))
            .collect(),
        itself: resources.filter_map(|it| Some((&it.name, itself(it)?))).collect(),
        states: context.states().map(|(name, it)| (name, subject::state(it))).collect(),
        roles: names.iter().map(|name| (*name, role(context, name.as_str()))).collect(),
        names,
        routes,
        members,
        persons,
        limits,
        claims: claims(platform),
        count,
    }
}

fn claims(platform: &Platform) -> Claims<'_> {
    let best = platform.rate_tiers.values().max_by_key(|it| it.rank);
    Claims {
        teams: platform.teams.keys().map(|it| (it, Vec::new())).collect(),
        projects: platform.projects.keys().map(|it| (it, Vec::new())).collect(),
        tiers: best.iter().flat_map(|best| platform.teams.keys().map(|it| (it, &best.name))).collect(),
    }
}

fn role<'a>(context: &'a Context<'a>, name: &'a str) -> Rows<'a, String> {
    let of = |place| {
        let rows = context.by_state(|state| {
            context.allowed(|resource| {
                let thing = subject::thing(resource, state);
                (subject::caller(name, place, Some(&thing), state), thing)
            })
        });
        (place, rows)
    };
    PLACES.into_iter().map(of).collect()
}

impl<'a> Context<'a> {
    /// No condition, and each.
    fn states(&self) -> impl Iterator<Item = (&'a str, Option<&'a Condition>)> + use<'a> {
        let conditions = self.platform.conditions.iter();
        std::iter::once((NONE, None)).chain(conditions.map(|(name, it)| (name.as_str(), Some(it))))
    }

    /// What is allowed by state, less the rows that say nothing new.
    fn by_state<T: PartialEq>(
        &self,
        ask: impl Fn(Option<&'a Condition>) -> Vec<T>,
    ) -> BTreeMap<&'a str, Vec<T>> {
        let mut rows: BTreeMap<&str, Vec<T>> = BTreeMap::new();
        for (name, state) in self.states() {
            let allowed = ask(state);
            if rows.get(NONE) != Some(&allowed) {
                rows.insert(name, allowed);
            }
        }
        rows
    }

    /// The permissions that somebody has on a thing.
    fn allowed<'q>(&'q self, with: impl Fn(&'q Resource) -> (Caller<'q>, Thing<'q>)) -> Vec<String> {
        let held = self.permissions.iter().filter(|(permission, resource)| {
            let (caller, thing) = with(resource);
            let ask = Ask::Permission(permission);
            (self.answer)(&Question { caller: Some(caller), ask, thing: Some(thing), subscription: None })
        });
        held.map(|(permission, _)| permission.to_string()).collect()
    }
}
