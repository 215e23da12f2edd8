//! The `cron` declaration: a workload that runs by the clock and ends.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Diagnostics;
use crate::language::Context;
use crate::language::item::{self, Item};
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::reach;
use crate::language::value::time::{CronLine, Duration, Zone};
use crate::language::waive;
use crate::language::word::words;
use crate::language::workload::{self, Workload};

/// The table.
pub static KIND: Kind =
    Kind::new("cron", Class::Named, "A workload that runs by the clock and ends. Nothing can reach it.")
        .arguments(&[Field::required::<Name>("name", "What it is called.")])
        .properties(&[
            Field::required::<CronLine>("schedule", "When it starts."),
            Field::default::<Zone>("zone", "\"Etc/UTC\"", "The time zone of the schedule."),
            Field::default::<Duration>("up-to", "\"1h\"", "How long one run may take; then it is stopped."),
            Field::default::<u32>("retries", "3", "How often a failed run is tried again."),
            Field::default::<Overlap>(
                "overlap",
                "\"forbid\"",
                "What happens when a run is due and the last one still goes on.",
            ),
            Field::optional::<Name>("framework", "What it is written in; a label for people and tools."),
        ])
        .children(&[
            &workload::IMAGE,
            &workload::COMMAND,
            &workload::ARGS,
            &workload::RESOURCES,
            &workload::ENV,
            &workload::CONFIG,
            &workload::MOUNT,
            &workload::SCRATCH,
            &workload::RUN_AS,
            &workload::STOP_WITHIN,
            &workload::PULL,
            &workload::LABEL,
            &reach::REACHES,
            &waive::KIND,
        ])
        .requires(&["image"]);

/// Reads a cron job.
pub fn resolve<'a>(item: &Item<'a>, context: &Context<'_, 'a>, sink: &mut Diagnostics) -> Option<Cron> {
    let schedule = item.property::<CronLine>("schedule", sink);
    let zone = item.property_or_default::<Zone>("zone", sink);
    let up_to = item.property_or_default::<Duration>("up-to", sink);
    let retries = item.property_or_default::<u32>("retries", sink);
    let overlap = item.property_or_default::<Overlap>("overlap", sink);
    let workload = workload::resolve(item, &context.defaults.cron, context, sink);
    if let Some(workload) = &workload {
        workload::check_paths(workload, std::iter::empty(), sink);
    }
    Some(Cron {
        workload: workload?,
        schedule: schedule.map_or_else(item::stand_in, |it| it.value),
        zone,
        up_to,
        retries,
        overlap,
    })
}

/// A cron job as meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Cron {
    /// What it shares with every workload.
    pub workload: Workload,
    /// When it starts.
    pub schedule: CronLine,
    /// The time zone of the schedule.
    pub zone: Zone,
    /// How long one run may take.
    pub up_to: Duration,
    /// How often a failed run is tried again.
    pub retries: u32,
    /// What happens when a run is due and the last one still goes on.
    pub overlap: Overlap,
}

/// What happens when a run is due and the last one still goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Overlap {
    /// Both run.
    Allow,
    /// The new one is left out: the default.
    Forbid,
    /// The old one is stopped.
    Replace,
}

words! { Overlap: "rule for overlapping runs", Allow = "allow", Forbid = "forbid", Replace = "replace" }
