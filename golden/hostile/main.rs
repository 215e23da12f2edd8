//! Texts that somebody wrote to make the compiler slow, big or wrong. Each is compiled in a process of its own, which counts
//! what it allocates: a count is the same on every machine, however busy it is.
//!
//! `cargo test --test hostile` takes texts of 100 kB. `cargo test --release --test hostile -- 1000000` takes 1 MB, and prints the
//! table of `benches/README.md`; seconds are shown there and never judged.

mod corpus;

use std::alloc::System;
use std::process::{Command, ExitCode};
use std::time::Instant;
use std::{env, fmt};

use cap::Cap;
use corpus::{CASES, Case};
use trackside::Outcome;
use trackside::diagnostic::sarif::Audience;
use trackside::diagnostic::{github, human, json, sarif};
use trackside::language::Selection;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// How big the texts are, where nothing else is said, in bytes.
const SIZE: usize = 100_000;

/// How much of the memory of a machine one text may take, in bytes.
const MOST_AT_ONCE: usize = 256_000_000;

/// How many bytes may be allocated, freed ones included, for each byte of the text: a bound on the work of all that makes
/// something. What reads a text again and again and makes nothing is not seen here; the parser counts the bytes that it looks at,
/// and its own tests hold it to them.
const MOST_PER_BYTE: usize = 2_500;

/// What a process is given whatever it reads: the tables of the language, the built-in templates.
const ALWAYS: usize = 20_000_000;

/// What came of a text.
#[derive(Debug)]
struct Work {
    /// Bytes of the text.
    text: usize,
    /// Bytes that were allocated in all.
    allocated: usize,
    /// Bytes that were allocated at the same time.
    peak: usize,
    /// Bytes of the longest report.
    told: usize,
    /// How many findings there are.
    findings: usize,
    milliseconds: u128,
}

#[expect(clippy::disallowed_methods, reason = "this is the command line of a program of its own")]
fn main() -> ExitCode {
    let mut arguments = env::args().filter(|it| !it.starts_with("--"));
    let this = arguments.next().expect("a program is called by its path");
    match arguments.collect::<Vec<_>>().as_slice() {
        [size, name] => {
            let case = CASES.iter().find(|it| it.name == name).expect("the case is there");
            println!("{}", compile(case, size.parse().expect("a size in bytes")));
            ExitCode::SUCCESS
        }
        [size] if size.parse::<usize>().is_ok() => judge_all(&this, size),
        _ => judge_all(&this, &SIZE.to_string()),
    }
}

fn judge_all(this: &str, size: &str) -> ExitCode {
    println!(
        "| text of {size} bytes | findings | longest report, kB | allocated, MB | at once, MB | ms |\n|---|---|---|---|---|---|"
    );
    let wrong: Vec<String> = CASES.iter().filter_map(|it| judge(this, it, size).err()).collect();
    for it in &wrong {
        eprintln!("{it}");
    }
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Compiles a text in another process and holds what it counted against the bounds.
fn judge(this: &str, case: &Case, size: &str) -> Result<(), String> {
    let output = Command::new(this).args([size, case.name]).output().expect("a test can be started");
    let printed = String::from_utf8_lossy(&output.stdout);
    let counts: Vec<usize> = printed.split_whitespace().filter_map(|it| it.parse().ok()).collect();
    let &[text, allocated, peak, told, findings, milliseconds] = counts.as_slice() else {
        return Err(format!("{}: {}\n{}", case.name, output.status, String::from_utf8_lossy(&output.stderr)));
    };
    println!(
        "| {} | {findings} | {} | {} | {} | {milliseconds} |",
        case.name,
        told / 1_000,
        allocated / 1_000_000,
        peak / 1_000_000
    );
    let most = ALWAYS + MOST_PER_BYTE * text;
    let bounds = [
        (allocated <= most, format!("{allocated} bytes allocated, of {most} at most")),
        (peak <= MOST_AT_ONCE, format!("{peak} bytes at once, of {MOST_AT_ONCE} at most")),
        ((findings == 0) == case.is_fine, format!("{findings} findings")),
    ];
    let broken: Vec<String> = bounds.into_iter().filter(|(holds, _)| !holds).map(|(_, what)| what).collect();
    if broken.is_empty() { Ok(()) } else { Err(format!("{}: {}", case.name, broken.join("; "))) }
}

#[expect(clippy::disallowed_methods, reason = "the time is shown to people and decides nothing")]
fn compile(case: &Case, size: usize) -> Work {
    let (tree, text) = (case.make)(size);
    let before = ALLOCATOR.total_allocated();
    let start = Instant::now();
    let outcome = trackside::compile(&tree, &Selection::default()).expect("no fault of ours");
    let told = longest_report(&outcome);
    Work {
        text,
        allocated: ALLOCATOR.total_allocated() - before,
        peak: ALLOCATOR.max_allocated(),
        told,
        findings: outcome.diagnostics.iter().filter(|it| it.fails()).count(),
        milliseconds: start.elapsed().as_millis(),
    }
}

fn longest_report(Outcome { sources, diagnostics, .. }: &Outcome) -> usize {
    let sarif =
        |audience| sarif::render(diagnostics, sources, &sarif::Run { audience, root: "", category: None });
    let reports = [
        human::render(diagnostics, sources, &human::Style::default()),
        json::render(diagnostics, sources),
        github::render(diagnostics, sources, "", github::PER_JOB),
        sarif(Audience::Everyone),
        sarif(Audience::GitHub),
    ];
    reports.iter().map(String::len).max().unwrap_or(0)
}

impl fmt::Display for Work {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, allocated, peak, told, findings, milliseconds } = self;
        write!(formatter, "{text} {allocated} {peak} {told} {findings} {milliseconds}")
    }
}
