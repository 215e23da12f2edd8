//! How many bytes the steps of a compilation allocate, and how many at once: counts, the same on every machine however busy
//! it is, so they are asserted. `cargo bench --bench allocations` prints the table of `benches/README.md`; `cargo test` runs
//! the two smaller sizes without rendering, which in a debug build is held against the types of Kubernetes object by object.

#[expect(dead_code, reason = "other targets use the rest of it")]
mod generate;

use std::alloc::System;

use cap::Cap;
use generate::Shape;
use serde_json::json;
use trackside::diagnostic::Diagnostics;
use trackside::language::pod_security::Level;
use trackside::language::{Selection, include};
use trackside::render::kubernetes::pod_security::version::Minor;
use trackside::render::kubernetes::pod_security::{Standard, violations};
use trackside::tree::Tree;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Projects of the sizes, ten services each.
const SIZES: [usize; 3] = [10, 100, 1_000];

/// What a process is given whatever it reads: the tables of the language, the built-in templates.
const ALWAYS: usize = 4_000_000;

/// Bytes that may be allocated for each byte of text, freed ones included.
const PARSE: usize = 8;
const CHECK: usize = 60;
const BUILD: usize = 260;
/// Bytes that may be there at once for each byte of text.
const PEAK: usize = 60;
/// Bytes that may be allocated for each container of a pod that has nothing wrong, to judge it.
const JUDGE: usize = 48;

fn main() {
    judge();
    println!(
        "| services | text, kB | read, MB | `check`, MB | `build`, MB | at once, MB |\n|---|---|---|---|---|---|"
    );
    let sizes = if cfg!(debug_assertions) { &SIZES[..2] } else { &SIZES };
    for projects in sizes {
        let files = Shape::of_projects(*projects).files();
        let text: usize = files.values().map(String::len).sum();
        let tree = Tree::memory(files);
        let read = counted(|| drop(include::load(&tree, &mut Diagnostics::default())));
        let check = counted(|| drop(trackside::check(&tree, &Selection::default())));
        let build = if cfg!(debug_assertions) { 0 } else { counted(|| build(&tree)) };
        let peak = ALLOCATOR.max_allocated();
        println!(
            "| {} | {} | {} | {} | {} | {} |",
            10 * projects,
            text / 1_000,
            mega(read),
            mega(check),
            mega(build),
            mega(peak)
        );
        for (step, bytes, most) in
            [("read", read, PARSE), ("check", check, CHECK), ("build", build, BUILD), ("at once", peak, PEAK)]
        {
            let most = ALWAYS + most * text;
            assert!(bytes <= most, "{step} of {text} bytes: {bytes} bytes, of {most} at most");
        }
    }
}

/// Bytes that are allocated by some work.
fn counted(work: impl FnOnce()) -> usize {
    let before = ALLOCATOR.total_allocated();
    work();
    ALLOCATOR.total_allocated() - before
}

/// Judges a pod that is right: there is nothing to write down but where its containers are.
fn judge() {
    const CONTAINERS: usize = 10;
    let security = json!({ "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } });
    let container = json!({ "name": "a", "ports": [{ "containerPort": 80 }], "securityContext": security });
    let security = json!({ "runAsNonRoot": true, "seccompProfile": { "type": "RuntimeDefault" } });
    let pod = json!({ "spec": { "securityContext": security, "containers": vec![container; CONTAINERS], "volumes": [{ "secret": {} }] } });
    let standard = Standard { level: Level::Restricted, version: Minor::LATEST };
    let bytes = counted(|| assert!(violations(&pod, standard).is_empty(), "the pod is right"));
    let most = JUDGE * CONTAINERS;
    assert!(bytes <= most, "judging a pod: {bytes} bytes, of {most} at most");
}

fn build(tree: &Tree) {
    let outcome = trackside::compile(tree, &Selection::default()).expect("no fault of ours");
    let compiled = outcome.compiled.as_ref().expect("the platform has no mistakes");
    drop(compiled.files(None, &outcome.sources));
}

fn mega(bytes: usize) -> usize {
    bytes / 1_000_000
}
