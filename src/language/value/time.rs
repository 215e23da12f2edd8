//! Durations, dates, time zones and schedules.

use std::sync::Arc;

/// A span of time in whole milliseconds: `500ms`, `15m`, `1h`, `90d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub u64);

/// A day: `2027-03-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub jiff::civil::Date);

/// A time zone of the IANA database: `Europe/Berlin`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Zone(pub(super) Arc<str>);

/// A cron line of five fields, as Kubernetes reads it: `15 3 * * *`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CronLine(pub(super) Arc<str>);
