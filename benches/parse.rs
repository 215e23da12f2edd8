//! How fast a platform is read: `cargo bench --bench parse`.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use trackside::diagnostic::Diagnostics;
use trackside::source::FileId;
use trackside::syntax::parse;

criterion_group!(benches, read);
criterion_main!(benches);

fn read(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    for megabytes in [1, 10] {
        let text = platform(megabytes * 1_000_000);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.sample_size(20);
        group.bench_function(format!("{megabytes}_MB"), |bencher| {
            bencher.iter(|| {
                let mut sink = Diagnostics::default();
                let document = parse(FileId(0), black_box(text.clone()), &mut sink);
                assert!(sink.is_empty(), "the text has no mistakes");
                document
            });
        });
        let document = parse(FileId(0), text.clone(), &mut Diagnostics::default());
        #[expect(clippy::cast_precision_loss, reason = "for people to read")]
        let times = document.memory() as f64 / text.len() as f64;
        println!("parse/{megabytes}_MB: the tree takes {times:.2} times the text");
    }
    group.finish();
}

/// A platform of about so many bytes, written as people write one.
fn platform(length: usize) -> Arc<str> {
    let mut text = String::from("platform \"bench\" edition=\"2026\" { domain \"bench.example\" }\n");
    let mut number = 0_u32;
    while text.len() < length {
        number += 1;
        let digest = format!("{:064x}", u128::from(number) * 0x9e37_79b9_7f4a_7c15_f39c);
        text.extend([format!(
            r#"
// What the team of project {number} runs.
project "shop-{number}" {{
    service "web" {{
        image "ghcr.io/acme/web@sha256:{digest}"
        replicas "2..10"
        port 8080
        public host="shop-{number}"
        reaches service="api"
        memory "64Mi..256Mi" // measured in March
        probe path="/healthz" every="10s" answer-in="2s"
        env "GREETING" "hello\n\tworld"
    }}
    cron "sweep" schedule="*/15 * * * *" {{ image "ghcr.io/acme/sweep@sha256:{digest}"; keep 3 }}
    secret "stripe-key" file="secrets/stripe-{number}.age" enabled=#true
    role "owner" {{
        allow "shop:read" "shop:write" when="member"
        /- allow "shop:delete"
    }}
}}
"#
        )]);
    }
    text.into()
}
