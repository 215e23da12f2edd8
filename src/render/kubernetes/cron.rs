//! A cron job: a CronJob whose runs are bounded in time and number.
//!
//! `up-to` bounds a run with all its retries. A run that a drained node cut short counts as no failure. A run that could
//! not start on time is made up for as long as a run may take, at most; later it is left out.

use serde::Serialize;

use crate::language::cron::{Cron, Overlap};
use crate::render::kubernetes::label::{self, Component, Labels};
use crate::render::kubernetes::manifest::Objects;
use crate::render::kubernetes::pod::{self, Pod, Role};
use crate::render::kubernetes::probe::Probes;
use crate::render::kubernetes::{quantity, workload};

#[derive(Serialize)]
struct CronJobView<'a> {
    name: &'a str,
    namespace: &'a str,
    schedule: String,
    zone: String,
    overlap: &'static str,
    late_seconds: i64,
    labels: &'a Labels,
    up_to_seconds: i64,
    retries: u32,
    pod: Pod<'a>,
}

/// The shortest time for which a late start is made up: the controller looks every ten seconds and may be restarting.
const SHORTEST_DELAY: i64 = 300;

/// All objects of a cron job.
pub fn render(cron: &Cron, objects: &mut Objects<'_>) {
    let Cron { workload, schedule, zone, up_to, retries, overlap } = cron;
    workload::render(workload, Component::Cron, objects);
    let labels = label::of_workload(objects.context.platform, objects.project, workload, Component::Cron);
    let role = Role {
        component: Component::Cron,
        restart: "Never",
        ports: Vec::new(),
        probes: Probes::default(),
        disks: &[],
        spread: Vec::new(),
    };
    let up_to_seconds = quantity::of_seconds(*up_to);
    let view = CronJobView {
        pod: pod::template(workload, role, objects),
        name: workload.name.as_str(),
        namespace: &objects.namespace(),
        schedule: schedule.to_string(),
        zone: zone.to_string(),
        overlap: match overlap {
            Overlap::Allow => "Allow",
            Overlap::Forbid => "Forbid",
            Overlap::Replace => "Replace",
        },
        late_seconds: up_to_seconds.max(SHORTEST_DELAY),
        labels: &labels,
        up_to_seconds,
        retries: *retries,
    };
    objects.add("cron/cron-job.yaml.j2", &labels, workload.span, &view);
}
