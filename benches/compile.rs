//! How fast a platform is checked and built: `cargo bench --bench compile`. The size of the work is in each name.

use std::fmt::{self, Write as _};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use trackside::Outcome;
use trackside::language::Selection;
use trackside::tree::Tree;

criterion_group!(benches, check, build);
criterion_main!(benches);

fn check(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("check");
    group.sample_size(10);
    for projects in [100, 1_000] {
        let tree = tree(projects);
        group.throughput(Throughput::Elements(10 * projects as u64));
        group.bench_function(format!("{}_services", 10 * projects), |bencher| {
            bencher.iter(|| {
                let outcome = trackside::check(&tree, &Selection::default());
                assert!(!outcome.diagnostics.fails(), "the platform has no mistakes");
                outcome
            });
        });
    }
    group.finish();
}

fn build(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("build");
    group.sample_size(10);
    for projects in [100, 1_000] {
        let tree = tree(projects);
        let objects = files(&compile(&tree)).0;
        group.throughput(Throughput::Elements(objects as u64));
        group.bench_function(format!("{objects}_objects"), |bencher| {
            bencher.iter(|| files(&compile(&tree)));
        });
    }
    group.finish();
}

fn compile(tree: &Tree) -> Outcome {
    trackside::compile(tree, &Selection::default()).expect("no fault of ours")
}

/// How many objects there are, and the bytes of all files.
fn files(outcome: &Outcome) -> (usize, usize) {
    let compiled = outcome.compiled.as_ref().expect("the platform has no mistakes");
    let bytes = compiled.files(&outcome.sources).values().map(Vec::len).sum();
    (compiled.artifacts.manifests.len(), bytes)
}

fn tree(projects: usize) -> Tree {
    let mut text = String::new();
    write_platform(&mut text, projects).expect("a string takes everything");
    Tree::of(&text)
}

/// Projects of ten services each, every service with the edges, variables and replicas that one usually has.
fn write_platform(text: &mut String, projects: usize) -> fmt::Result {
    text.push_str(
        r#"platform "bench" edition="2026" { domain "bench.example" }
cluster {
    kubernetes "1.35"
    pods "10.244.0.0/16"
    services "10.96.0.0/12"
    dns namespace="kube-system" label="k8s-app=kube-dns"
    gateway "public" implementation="envoy-gateway" namespace="envoy-gateway-system" { certificate by-hand=#true }
}
external "https" { ports "443/tcp" }
resource "project" in="project" {
    action "read" { kubernetes "core/pods" "get" "list" "watch" }
    action "delete"
}
role "viewer" { allow "*:read" }
role "owner" { allow "*:*" }
"#,
    );
    for project in 0..projects {
        writeln!(text, "team \"team-{project}\" {{")?;
        writeln!(text, "    member \"owner-{project}@bench.example\" role=\"owner\"")?;
        writeln!(text, "    member \"viewer-{project}@bench.example\" role=\"viewer\"\n}}")?;
        writeln!(text, "project \"project-{project}\" team=\"team-{project}\" {{")?;
        for service in 0..10 {
            writeln!(
                text,
                "    // Service {service} of project {project}.\n    service \"service-{service}\" {{"
            )?;
            writeln!(text, "        image \"ghcr.io/acme/service@sha256:{:064x}\"", project * 10 + service)?;
            text.push_str("        port 8080\n        replicas \"2..6\"\n        health \"/healthz\"\n");
            text.push_str("        resources cpu=\"100m..1\" memory=\"128Mi..512Mi\"\n");
            writeln!(text, "        env \"REGION\" \"eu-central-{service}\"")?;
            text.push_str("        reaches external=\"https\"\n");
            match service {
                0 => writeln!(text, "        public host=\"p{project}\"\n    }}")?,
                _ => writeln!(text, "        reaches service=\"service-{}\"\n    }}", service - 1)?,
            }
        }
        text.push_str("}\n");
    }
    Ok(())
}
