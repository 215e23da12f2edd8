//! The `storage-class` declaration: a sort of disks that the cluster hands out.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Diagnostics;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::value::network::Host;
use crate::source::Span;

/// The table.
pub static KIND: Kind = Kind::new(
    "storage-class",
    Class::Named,
    "A sort of disks that the cluster hands out, for `disk … class=`. Disks are kept when their claim is deleted, are made \
     where the pod runs, and can grow.",
)
.arguments(&[Field::required::<Name>("name", "What it is called, in the whole cluster.")])
.properties(&[Field::required::<Host>("provisioner", "The driver that makes the disks, by its CSI name.")])
.children(&[&PARAMETER]);

static PARAMETER: Kind = Kind::new("parameter", Class::Named, "What the driver is told.").arguments(&[
    Field::required::<String>("name", "The driver's name for it."),
    Field::required::<String>("value", "Its value, always a string."),
]);

/// A storage class as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StorageClass {
    /// What it is called.
    pub name: Name,
    /// The driver that makes the disks.
    pub provisioner: Host,
    /// What the driver is told.
    pub parameters: BTreeMap<String, String>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Reads all storage classes.
pub fn resolve(items: &[Item<'_>], sink: &mut Diagnostics) -> BTreeMap<Name, StorageClass> {
    let classes = items.iter().filter(|it| it.kind.word == KIND.word);
    classes.filter_map(|it| resolve_one(it, sink)).map(|it| (it.name.clone(), it)).collect()
}

fn resolve_one(item: &Item<'_>, sink: &mut Diagnostics) -> Option<StorageClass> {
    let name = item.argument::<Name>(0, sink);
    let provisioner = item.property::<Host>("provisioner", sink);
    let parameters = item.children(PARAMETER.word).filter_map(|it| {
        let (name, value) = (it.argument::<String>(0, sink), it.argument::<String>(1, sink));
        Some((name?.value, value?.value))
    });
    let parameters = parameters.collect();
    Some(StorageClass { name: name?.value, provisioner: provisioner?.value, parameters, span: item.span() })
}
