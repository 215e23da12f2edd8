//! Which limits hold for whom.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use crate::language::Platform;
use crate::language::api::Api;
use crate::language::limit::Counted;
use crate::language::name::Name;
use crate::language::value::text::Email;
use crate::render::opa::matrix::route;
use crate::render::opa::matrix::subject::{OTHER, request_value};
use crate::render::opa::reference::{self, From};

/// An interface that counts.
#[derive(Serialize)]
pub(super) struct LimitTable<'a> {
    /// By what somebody who is logged in is counted.
    key: &'static str,
    /// The tier of each caller, about each declared project and about none.
    places: Vec<PlaceTable<'a>>,
    /// What each request counts for, in the tier of nobody.
    routes: BTreeMap<String, CountTable<'a>>,
}

#[derive(Serialize)]
struct PlaceTable<'a> {
    project: Option<&'a Name>,
    groups: Vec<GroupTable<'a>>,
}

/// People with the same tier for the same reason. `null` is somebody whom git does not know.
#[derive(Serialize)]
struct GroupTable<'a> {
    tier: &'a Name,
    from: &'static str,
    emails: Vec<Option<&'a Email>>,
}

#[derive(Serialize)]
struct CountTable<'a> {
    request: Value,
    /// How many may pass in how many seconds, by counter.
    counters: BTreeMap<&'a Name, Vec<[u64; 2]>>,
}

impl LimitTable<'_> {
    /// How many questions it answers.
    pub(super) fn questions(&self) -> usize {
        let people = self.places.iter().flat_map(|it| &it.groups).map(|it| it.emails.len());
        people.sum::<usize>() + self.routes.len()
    }
}

/// All interfaces that count.
pub(super) fn tables(platform: &Platform) -> BTreeMap<&Name, LimitTable<'_>> {
    let counting = platform.apis.values().filter_map(|api| Some((&api.name, table(platform, api)?)));
    counting.collect()
}

fn table<'a>(platform: &'a Platform, api: &'a Api) -> Option<LimitTable<'a>> {
    let key = api.key.as_ref()?;
    let everybody = platform.teams.values().flat_map(|it| &it.members).map(|it| &it.email).collect();
    let nowhere = PlaceTable { project: None, groups: groups(platform, api, None, everybody) };
    let projects = platform.projects.values().map(|project| {
        let team = project.team.as_ref().and_then(|it| platform.teams.get(it));
        let owners = team.map(|it| it.members.as_slice()).unwrap_or_default();
        let emails = project.members.iter().chain(owners).map(|it| &it.email).collect();
        PlaceTable {
            project: Some(&project.name),
            groups: groups(platform, api, Some(&project.name), emails),
        }
    });
    let counts = |counter: &Name, own: Option<&Name>| {
        api.counters.get(counter).is_some_and(|it| it.routes == Counted::Every) || own == Some(counter)
    };
    let count = |own: Option<&Name>, request: Value| {
        let tier = &platform.rate_tiers[&key.anonymous];
        let counted = api.counters.keys().filter(|it| counts(it, own));
        let windows =
            |counter: &'a Name| tier.limits_of(counter).map(|it| [it.count, it.within.seconds()]).collect();
        CountTable { request, counters: counted.map(|it| (it, windows(it))).collect() }
    };
    let routes = api.routes.values().map(|it| {
        let request = request_value(&route::request(api, it, None, OTHER));
        (it.name.to_string(), count(it.counter.as_ref(), request))
    });
    let unknown = count(None, json!({ "method": "X-METHOD", "path": [] }));
    Some(LimitTable {
        key: key.by.word(),
        places: std::iter::once(nowhere).chain(projects).collect(),
        routes: routes.chain([("a route that nobody declared".to_owned(), unknown)]).collect(),
    })
}

fn groups<'a>(
    platform: &'a Platform,
    api: &'a Api,
    project: Option<&'a Name>,
    emails: BTreeSet<&'a Email>,
) -> Vec<GroupTable<'a>> {
    let mut groups: BTreeMap<(&Name, &'static str), Vec<Option<&Email>>> = BTreeMap::new();
    for email in std::iter::once(None).chain(emails.into_iter().map(Some)) {
        let Some((tier, from)) = reference::tier(platform, api, email, project) else { continue };
        let from = match from {
            From::Project => "project",
            From::Team => "team",
            From::Nobody => "nobody",
        };
        groups.entry((tier, from)).or_default().push(email);
    }
    groups.into_iter().map(|((tier, from), emails)| GroupTable { tier, from, emails }).collect()
}
