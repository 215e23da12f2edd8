//! How long commands take and how much memory, side by side: in each round every one runs once, so that a machine that gets
//! slower gets slower for all.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use wait4::{ResourceUsage, Wait4 as _};

/// A command, and where it writes.
pub(crate) struct Contender {
    pub(crate) name: String,
    /// A file or a folder; it is removed before each run. A command that does not name it in its arguments writes it to its
    /// standard output.
    pub(crate) output: String,
    pub(crate) command: Vec<String>,
}

struct Run {
    seconds: f64,
    /// Of all processors together.
    processor_seconds: f64,
    /// Peak of resident memory.
    megabytes: f64,
}

/// Runs all in turn; returns rows of a table in Markdown, in which the first is what the others are compared with.
pub(crate) fn measure(contenders: &[Contender], rounds: usize) -> Result<String, String> {
    let mut runs: Vec<Vec<Run>> = contenders.iter().map(|_| Vec::new()).collect();
    for round in 1..=rounds {
        eprint!("  round {round} of {rounds}:");
        for (contender, runs) in contenders.iter().zip(&mut runs) {
            let run = contender.run()?;
            eprint!(" {} {:.2} s", contender.name, run.seconds);
            runs.push(run);
        }
        eprintln!();
    }
    let rows = contenders.iter().zip(&runs).map(|(contender, own)| row(&contender.name, own, &runs[0]));
    Ok(rows.collect())
}

impl Contender {
    fn run(&self) -> Result<Run, String> {
        let failed = |it: &dyn std::fmt::Display| format!("{}: {it}", self.name);
        let output = Path::new(&self.output);
        if output.is_dir() {
            fs::remove_dir_all(output).map_err(|it| failed(&it))?;
        } else if output.exists() {
            fs::remove_file(output).map_err(|it| failed(&it))?;
        }
        let names_output = self.command.iter().any(|it| it.contains(&self.output));
        let stdout = match names_output {
            true => Stdio::null(),
            false => File::create(output).map_err(|it| failed(&it))?.into(),
        };
        let [program, arguments @ ..] = self.command.as_slice() else {
            return Err(failed(&"there is no command"));
        };
        let start = Instant::now();
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(stdout)
            // Hints; whoever measures has seen the command succeed before.
            .stderr(Stdio::null())
            .spawn()
            .map_err(|it| failed(&it))?;
        let finished = child.wait4().map_err(|it| failed(&it))?;
        let seconds = start.elapsed().as_secs_f64();
        if !finished.status.success() {
            return Err(failed(&finished.status));
        }
        #[expect(clippy::cast_precision_loss, reason = "it is shown without decimals")]
        let megabytes = finished.rusage.maxrss as f64 / 1e6;
        let ResourceUsage { utime, stime, .. } = finished.rusage;
        Ok(Run { seconds, processor_seconds: (utime + stime).as_secs_f64(), megabytes })
    }
}

fn row(name: &str, own: &[Run], first: &[Run]) -> String {
    let [fastest, middle, slowest] = spread(own.iter().map(|it| it.seconds * 1e3));
    let [least, ratio, most] = spread(own.iter().zip(first).map(|(own, first)| own.seconds / first.seconds));
    let [_, processor, _] = spread(own.iter().map(|it| it.processor_seconds * 1e3));
    let [.., megabytes] = spread(own.iter().map(|it| it.megabytes));
    format!(
        "| {name} | {middle:.0} ms | {fastest:.0}–{slowest:.0} ms | {ratio:.1} | {least:.1}–{most:.1} | {processor:.0} ms | {megabytes:.0} MB |\n"
    )
}

/// The least, the median and the most.
fn spread(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    [values[0], values[values.len() / 2], values[values.len() - 1]]
}
