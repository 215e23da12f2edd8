//! `trackside reach`: what may talk to what, by anyone's manifests.

use std::fmt::Write as _;

use clap::ValueEnum;

use crate::cli::exit::{self, Exit};
use crate::cli::manifests::{self, Paths, Read};
use crate::cli::progress::Progress;
use crate::cli::report;
use crate::cli::terminal::Terminal;
use crate::diagnostic::suggest;
use crate::facts::connectivity::address::Range;
use crate::facts::connectivity::line::{Asked, Names};
use crate::facts::connectivity::stranger::Strangers;
use crate::facts::connectivity::{Connection, Connectivity, End, document};
use crate::facts::manifest::Places;

/// Say what may talk to what, by the manifests in files
///
/// The files may be anyone's: what counts is what their policies really allow, by `NetworkPolicy`, `ClusterNetworkPolicy`,
/// `AdminNetworkPolicy` and `BaselineAdminNetworkPolicy`, for every workload with a pod template, bare pods (by their owners) and the
/// pods that CloudNativePG makes. Ingress objects and routes show what is let in as `{ingress-controller}`. Addresses outside
/// are ranges, as exact as the policies; those of IPv6 show where a policy names one. A workload's connections to itself are
/// left out.
///
/// What cannot be read or followed is said on standard error; the rest is evaluated.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::CODES)]
pub(super) struct Args {
    #[command(flatten)]
    paths: Paths,
    /// Only what begins there: a workload (`web`, `shop/web`, `shop/web[Deployment]`), a namespace (`shop/`), an address or
    /// block (`10.0.0.0/8`), `external`, `ingress-controller`.
    #[arg(long, value_name = "X")]
    from: Option<String>,
    /// Only what leads there, as for `--from`.
    #[arg(long, value_name = "Y")]
    to: Option<String>,
    /// Say by which rules; with `--from` and `--to`, also why nothing is allowed.
    #[arg(long)]
    explain: bool,
    /// Show what pods may reach, and be reached by, that are not in the files: one with no labels in any namespace, one in each
    /// namespace, and one for each peer of a rule that means nobody in the files.
    #[arg(long)]
    exposure: bool,
    /// How it is written.
    #[arg(long, value_enum, default_value_t = Format::Text, conflicts_with = "explain")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line for each connection, sorted.
    Text,
    /// One JSON object; schema/reach.schema.json describes it.
    Json,
    /// A graph for Graphviz.
    Dot,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { paths, from, to, explain, exposure, format } = args;
    let progress = Progress::start(terminal, "reading");
    let Read { sources, manifests, sql: _, mut findings } = manifests::read(paths)?;
    progress.step("evaluating");
    let places = Places::new(&sources);
    let strangers = if *exposure { Strangers::All } else { Strangers::Unknown };
    let mut connectivity = Connectivity::of(&manifests, strangers, &places, &mut findings);
    progress.end();
    findings.sort();
    terminal.err.print(&report::human(&findings, &sources, &terminal.err))?;

    let names = Names::of(&connectivity);
    let names_v6 = connectivity.names_v6;
    let (from, to) = (from.as_deref().map(Asked::parse), to.as_deref().map(Asked::parse));
    for asked in [&from, &to].into_iter().flatten() {
        check_known(asked, &connectivity, &names)?;
    }
    let is_shown = |end: End| names_v6 || !matches!(end, End::Outside(Range::V6(..)));
    let is_asked = |it: &Connection<'_>| {
        let means = |asked: &Option<Asked>, end| asked.as_ref().is_none_or(|it| it.means(end, &names));
        is_shown(it.from) && is_shown(it.to) && means(&from, it.from) && means(&to, it.to)
    };
    let owned = |it: Connection<'_>| (it.from, it.to, it.ports.clone());
    let mut all: Vec<_> = connectivity.connections().into_iter().filter(is_asked).map(owned).collect();
    if *exposure {
        all.extend(connectivity.exposure().into_iter().filter(is_asked).map(owned));
    }
    let connections = all.iter().map(|(from, to, ports)| Connection { from: *from, to: *to, ports });
    let mut connections: Vec<(String, Connection<'_>)> =
        connections.map(|it| (names.line(&it), it)).collect();
    connections.sort_by(|a, b| a.0.cmp(&b.0));
    let mut text = String::new();
    match format {
        Format::Text => {
            for (line, connection) in &connections {
                writeln!(text, "{line}")?;
                if *explain {
                    let Connection { from, to, .. } = *connection;
                    for why in connectivity.explain(from, to, &manifests, &places, &sources) {
                        writeln!(text, "    {why}")?;
                    }
                }
            }
            if let (Some(from), Some(to), true) = (&from, &to, *explain) {
                text += &refused(from, to, &connections, &connectivity, |from, to| {
                    connectivity.explain(from, to, &manifests, &places, &sources)
                });
            }
        }
        Format::Json => text = document::json(&connections, &names, manifests.left_out),
        Format::Dot => text = document::dot(&connections, &names),
    }
    terminal.out.print(&text)?;
    Ok(Exit::of_findings(findings.fails()))
}

/// Why what was asked for is not allowed, for pairs of workloads of which nothing is.
fn refused(
    from: &Asked,
    to: &Asked,
    connections: &[(String, Connection<'_>)],
    connectivity: &Connectivity,
    explain: impl Fn(End, End) -> Vec<String>,
) -> String {
    let names = Names::of(connectivity);
    let workloads = (0..connectivity.cluster.workloads.len()).map(End::Workload);
    let ends = |ranges: &[Range]| -> Vec<End> {
        workloads.clone().chain([End::Entrance]).chain(ranges.iter().copied().map(End::Outside)).collect()
    };
    let mut text = String::new();
    for source in ends(&connectivity.sources).into_iter().filter(|it| from.means(*it, &names)) {
        for destination in ends(&connectivity.destinations).into_iter().filter(|it| to.means(*it, &names)) {
            let is_outside = |it: End| matches!(it, End::Outside(_) | End::Entrance);
            let is_told = connections.iter().any(|(_, it)| it.from == source && it.to == destination);
            if is_told || source == destination || is_outside(source) && is_outside(destination) {
                continue;
            }
            let lines = explain(source, destination).into_iter().map(|it| format!("    {it}\n"));
            let ends = [source, destination].map(|it| names.end(it));
            text += &ends.join(" => ");
            text += " : No Connections\n";
            text.extend(lines);
        }
    }
    text
}

/// A name that nothing has is a mistake: silence would read as if it reached nothing.
fn check_known(asked: &Asked, connectivity: &Connectivity, names: &Names) -> anyhow::Result<()> {
    let Asked::Named(text) = asked else { return Ok(()) };
    let workloads = (0..connectivity.cluster.workloads.len()).map(End::Workload);
    let mut ends = workloads.chain((0..connectivity.strangers.len()).map(End::Stranger));
    if ends.any(|it| asked.means(it, names)) {
        return Ok(());
    }
    let workloads = connectivity.cluster.workloads.iter();
    let known: Vec<String> = match text.ends_with('/') {
        true => workloads.map(|it| format!("{}/", it.namespace)).collect(),
        false => workloads.map(|it| format!("{}/{}", it.namespace, it.name)).collect(),
    };
    match suggest::closest(text, known.iter().map(String::as_str)) {
        Some(near) => anyhow::bail!("nothing in the files is called `{text}`: did you mean `{near}`?"),
        None => anyhow::bail!("nothing in the files is called `{text}`"),
    }
}
