//! The `cron` declaration: a workload that runs by the clock and ends.

use crate::language::value::time::{CronLine, Duration, Zone};
use crate::language::workload::Workload;

/// A cron job as meant.
#[derive(Clone, Debug)]
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
