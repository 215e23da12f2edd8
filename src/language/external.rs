//! The `external` declaration: places outside the cluster that workloads may reach.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Diagnostics;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Habit, Kind};
use crate::language::name::Name;
use crate::language::value::network::{Cidr, TransportPort, as_tcp};
use crate::source::{Span, Spanned};

/// The table.
pub static KIND: Kind = Kind::new(
    "external",
    Class::Named,
    "A place outside the cluster that workloads may reach. Enforced by NetworkPolicy, which knows addresses and not \
     names: an external without `ranges` is anywhere outside. Link-local addresses (the cloud's metadata service among \
     them) and the cluster's own ranges are always excepted, private ranges unless they are written.",
)
.arguments(&[Field::required::<Name>("name", "What it is called.")])
.children(&[&RANGES, &PORTS])
.requires(&["ports"])
.habits(&[Habit {
    words: &["host", "hosts", "url", "address", "domain", "fqdn"],
    help: "NetworkPolicy knows addresses and no names: write `ranges` where its addresses are known, else `ports` alone",
}])
.unused("no workload reaches it");

static RANGES: Kind = Kind::new("ranges", Class::List, "Its addresses, where they are known.")
    .rest(Field::required::<Cidr>("range", "A range of addresses."))
    .most(10_000);

static PORTS: Kind = Kind::new("ports", Class::List, "The ports that may be reached there.")
    .rest(Field::required::<TransportPort>("port", "A port and its transport.").unit(as_tcp))
    .most(1_000);

/// Reads all externals.
pub fn resolve(items: &[Item<'_>], sink: &mut Diagnostics) -> BTreeMap<Name, External> {
    let externals = items.iter().filter(|it| it.kind.word == KIND.word);
    externals.filter_map(|it| resolve_one(it, sink)).map(|it| (it.name.clone(), it)).collect()
}

fn resolve_one(item: &Item<'_>, sink: &mut Diagnostics) -> Option<External> {
    let name = item.own_name(sink);
    let ranges = item.child("ranges").map(|it| it.rest::<Cidr>(sink)).unwrap_or_default();
    let ports = item.child("ports").map(|it| it.rest::<TransportPort>(sink)).unwrap_or_default();
    Some(External { name: name?, ranges: sorted(ranges), ports: sorted(ports), span: item.span() })
}

/// The values of a list, which is a set.
fn sorted<T: Ord>(values: Vec<Spanned<T>>) -> Vec<T> {
    let mut values: Vec<T> = values.into_iter().map(|it| it.value).collect();
    values.sort_unstable();
    values
}

/// An external place as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct External {
    /// What it is called.
    pub name: Name,
    /// Its addresses; empty for anywhere outside, private, link-local and the cluster's own ranges excepted.
    pub ranges: Vec<Cidr>,
    /// Its ports; at least one.
    pub ports: Vec<TransportPort>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}
