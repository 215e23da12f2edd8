//! `trackside posture`: what is wrong with anyone's manifests.

use std::collections::BTreeSet;
use std::path::Path;

use clap::ValueEnum;

use crate::cli::exit::{self, Exit};
use crate::cli::manifests::{self, Paths, Read};
use crate::cli::progress::Progress;
use crate::cli::report::{self, Format};
use crate::cli::terminal::Terminal;
use crate::diagnostic::counted;
use crate::facts::manifest::Places;
use crate::facts::rows::Rows;
use crate::language::pod_security::Level;
use crate::posture::{self, Area};
use crate::render::kubernetes::pod_security::Standard;
use crate::render::kubernetes::pod_security::version::Minor;

/// Say what is wrong with the manifests in files
///
/// The files may be anyone's. Pods and pod templates are judged by the Pod Security Standards, as the API server of the given
/// version does; network policies by what they really allow; Services and Ingress objects by where they lead; Roles and bindings by who may do what; and SQL, in files
/// called `*.sql`, by what it says of who sees which rows.
///
/// `trackside explain CODE` says more about each kind of finding. What cannot be read is a finding too, and the rest is looked
/// at all the same.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::CODES)]
pub(super) struct Args {
    #[command(flatten)]
    paths: Paths,
    /// The version of Kubernetes by whose standards pods are judged: `1.35`, or `latest`.
    #[arg(long, value_name = "1.NN", default_value = "latest", value_parser = minor)]
    kubernetes: Minor,
    /// How strict pods are judged.
    #[arg(long, value_enum, default_value_t = Strictness::Restricted)]
    level: Strictness,
    /// Look at this alone; may be given several times, or as a list.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "AREA")]
    only: Vec<Looked>,
    /// How findings are written.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Strictness {
    /// What is known to lead onto the node is forbidden.
    Baseline,
    /// Pods are hardened.
    Restricted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Looked {
    /// Pods, by the Pod Security Standards.
    PodSecurity,
    /// Network policies.
    Network,
    /// Services, Ingress objects and routes.
    Service,
    /// Who may do what, by RBAC.
    Rbac,
    /// Row-level security, in SQL.
    Rows,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Args { paths, kubernetes, level, only, format } = args;
    let progress = Progress::start(terminal, "reading");
    let Read { sources, manifests, sql, mut findings } = manifests::read(paths)?;
    progress.step("judging");
    let level = match level {
        Strictness::Baseline => Level::Baseline,
        Strictness::Restricted => Level::Restricted,
    };
    let areas: BTreeSet<Area> = match only.as_slice() {
        [] => Area::ALL.into(),
        some => some.iter().map(|it| area(*it)).collect(),
    };
    let standard = Standard { level, version: *kubernetes };
    let rows = Rows::read(&sql, &sources);
    posture::check(&manifests, &rows, &areas, standard, &Places::new(&sources), &mut findings);
    progress.end();
    findings.sort();
    let text = match format {
        Format::Human => {
            let objects = counted(manifests.objects.len(), "object");
            let looked = match manifests.left_out {
                0 => format!("{objects} looked at"),
                left_out => format!("{objects} looked at, {} left out", counted(left_out, "document")),
            };
            let listed = report::listed(&findings, &sources, Path::new(""), &terminal.out);
            listed + &report::counted(&looked, &findings, &terminal.out)
        }
        other => report::render(*other, &findings, &sources, Path::new(""), &terminal.out),
    };
    terminal.out.print(&text)?;
    Ok(Exit::of_findings(findings.fails()).leaving((manifests, sources)))
}

fn area(looked: Looked) -> Area {
    match looked {
        Looked::PodSecurity => Area::PodSecurity,
        Looked::Network => Area::Network,
        Looked::Service => Area::Service,
        Looked::Rbac => Area::Rbac,
        Looked::Rows => Area::Rows,
    }
}

fn minor(text: &str) -> Result<Minor, String> {
    let with_letter =
        if text == "latest" || text.starts_with('v') { text.to_owned() } else { format!("v{text}") };
    Minor::read(&with_letter).ok_or_else(|| "write it like `1.35`, or `latest`".to_owned())
}
