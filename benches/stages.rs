//! How fast each step of a compilation is, each at three sizes, so that growth is seen to be linear:
//! `cargo bench --bench stages`. The size of the work is in each name; the platforms are [`generate`]d.

#[expect(dead_code, reason = "other targets use the rest of it")]
mod generate;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use generate::Shape;
use trackside::Outcome;
use trackside::again::Memory;
use trackside::diagnostic::Diagnostics;
use trackside::envelope;
use trackside::envelope::label::{Label, Place, ValueId};
use trackside::envelope::lock::{BadSignature, Entry, Lock, Signature};
use trackside::language::include::{self, Sources};
use trackside::language::{self, Platform, Selection};
use trackside::render::postgres::history::Histories;
use trackside::render::postgres::migration;
use trackside::render::postgres::schema::{
    Column, Constraint, Index, Method, Policy, Privilege, Role, Schema, Table, TableName,
};
use trackside::render::template::Templates;
use trackside::render::{self, index, opa};
use trackside::secret::key::{NewIdentity, SigningKey};
use trackside::secret::seal::seal;
use trackside::source::FileId;
use trackside::syntax::{format, parse};
use trackside::tree::Tree;
use trackside::tree::digest::Digest;

criterion_group!(benches, read, mean, make, whole, again, secrets, plan);
criterion_main!(benches);

/// Projects of the three sizes, ten services each.
const SIZES: [usize; 3] = [10, 100, 1_000];

fn read(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    for projects in SIZES {
        let text: Arc<str> = Shape::of_projects(projects).text().into();
        in_bytes(&mut group, text.len()).bench_function(kilobytes(&text), |bencher| {
            bencher.iter(|| parse(FileId(0), black_box(Arc::clone(&text)), &mut Diagnostics::default()));
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("fmt");
    for projects in SIZES {
        let text: Arc<str> = Shape::of_projects(projects).text().into();
        in_bytes(&mut group, text.len()).bench_function(kilobytes(&text), |bencher| {
            bencher.iter(|| format::format(FileId(0), black_box(&text)).expect("it is KDL"));
        });
    }
    group.finish();
}

fn mean(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("declare");
    for projects in SIZES {
        let tree = tree(projects);
        let Sources { map, documents } = include::load(&tree, &mut Diagnostics::default());
        in_services(&mut group, projects).bench_function(services(projects), |bencher| {
            bencher.iter_batched_ref(
                || map.clone(),
                |map| {
                    let declared = language::declare(&documents, &tree, map, &mut Diagnostics::default());
                    declared.environments().count()
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("resolve");
    for projects in SIZES {
        let tree = tree(projects);
        let Sources { mut map, documents } = include::load(&tree, &mut Diagnostics::default());
        let declared = language::declare(&documents, &tree, &mut map, &mut Diagnostics::default());
        in_services(&mut group, projects).bench_function(services(projects), |bencher| {
            bencher.iter_batched_ref(
                || map.clone(),
                |map| language::resolve(&declared, &Selection::default(), map, &mut Diagnostics::default()),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn make(criterion: &mut Criterion) {
    let outcomes = SIZES.map(|projects| compile(&tree(projects)));
    let mut group = criterion.benchmark_group("render");
    for (projects, outcome) in SIZES.iter().zip(&outcomes) {
        let platform = platform(outcome);
        let templates = Templates::built_in();
        let objects = objects(outcome);
        group.throughput(Throughput::Elements(objects as u64));
        group.bench_function(format!("{objects}_objects_of_{}_services", 10 * projects), |bencher| {
            bencher.iter(|| {
                render::render(platform, &templates, &Histories::default(), &outcome.sources)
                    .expect("no fault of ours")
            });
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("emit");
    for outcome in &outcomes {
        let objects = objects(outcome);
        group.throughput(Throughput::Elements(objects as u64));
        group.bench_function(format!("{objects}_objects"), |bencher| {
            bencher.iter(|| files(outcome));
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("write");
    for outcome in &outcomes {
        let (objects, files) = (objects(outcome), files(outcome));
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let tree = folder.path().join("tree");
        std::fs::create_dir(&tree).expect("a folder can be made");
        let out = folder.path().join("out");
        group.throughput(Throughput::Elements(objects as u64));
        group.bench_function(format!("{objects}_objects"), |bencher| {
            bencher.iter_batched(
                || _ = std::fs::remove_dir_all(&out),
                |()| trackside::output::write(&out, &tree, &files).expect("it can be written"),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("bundle");
    for roles in [10, 50, 190] {
        let shape = Shape { roles, ..Shape::of_projects(1) };
        let outcome = compile(&Tree::memory(shape.files()));
        let Platform { roles, resources, .. } = platform(&outcome);
        let permissions: usize = resources.values().map(|it| it.actions.len()).sum();
        let pairs = roles.len() * permissions;
        group.throughput(Throughput::Elements(pairs as u64));
        group.bench_function(format!("{pairs}_roles_x_permissions"), |bencher| {
            bencher.iter(|| opa::files(platform(&outcome)));
        });
    }
    group.finish();
}

fn whole(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("check");
    for projects in SIZES {
        let tree = tree(projects);
        in_services(&mut group, projects).bench_function(services(projects), |bencher| {
            bencher.iter(|| trackside::check(&tree, &Selection::default()));
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("build");
    for projects in SIZES {
        let tree = tree(projects);
        let objects = objects(&compile(&tree));
        group.throughput(Throughput::Elements(objects as u64)).sample_size(10);
        group.bench_function(format!("{objects}_objects"), |bencher| {
            bencher.iter(|| files(&compile(&tree)).len());
        });
    }
    group.finish();
}

/// One file of a thousand is saved: what `check --watch` then does, once it has been told.
fn again(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("recheck");
    for services in [1, 10] {
        let shape = Shape { services, ..Shape::of_projects(1_000) };
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut changed = None;
        for (path, text) in shape.files() {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("it can be made");
            std::fs::write(&path, &text).expect("it can be written");
            changed = changed.max(Some((path, text)));
        }
        let (path, text) = changed.expect("a platform has files");
        let mut round = 0;
        let mut save = || {
            round += 1;
            std::fs::write(&path, format!("{text}\n// {round}\n")).expect("it can be written");
        };
        let mut memory = Memory::default();
        let mut check = || {
            let tree = Tree::folder(folder.path()).expect("the folder is there");
            memory.look(&tree).expect("a file has changed");
            let tree = tree.again();
            let outcome = trackside::check_again(&tree, &Selection::default(), &mut memory.parsed);
            memory.keep(&tree);
            outcome
        };
        check();
        group.sample_size(20).bench_function(format!("1000_files_of_{services}_services"), |bencher| {
            bencher.iter_batched(&mut save, |()| check(), BatchSize::PerIteration);
        });
    }
    group.finish();
}

fn secrets(criterion: &mut Criterion) {
    const PLATFORM: &str = "generated";
    let signing = SigningKey::generate().expect("a key can be made");
    let identity = NewIdentity::generate();
    let recipients = || std::iter::once(identity.public.as_str());
    let label = |number: usize| {
        let name = format!("key-{number}");
        let place = Place { environment: None, project: Some("shop".into()), name, holder: None };
        Label { platform: PLATFORM.into(), place, version: 1, value: ValueId::of([1; 16]) }
    };
    let mut group = criterion.benchmark_group("secrets");
    group.throughput(Throughput::Elements(1));
    group.bench_function("seal_1_value_of_32_bytes", |bencher| {
        bencher.iter(|| seal(&label(1), black_box(&[7; 32]), recipients()).expect("it is sealed"));
    });
    for count in [100, 1_000, 10_000] {
        let sealed = seal(&label(0), &[7; 32], recipients()).expect("it is sealed");
        let mut lock = Lock::default();
        for number in 0..count {
            let label = label(number);
            let mut entry = Entry {
                digest: Digest::of(number.to_string().as_bytes()),
                sealed: jiff::civil::date(2026, 11, 22),
                recipients: recipients().map(str::to_owned).collect(),
                split: None,
                signature: Signature::default(),
                signer: Err(BadSignature::Malformed),
                span: None,
                label,
            };
            entry.signature = signing.sign(&entry.statement()).expect("it can sign");
            lock.entries.insert(entry.label.place.clone(), entry);
        }
        let text: Arc<str> = lock.text(PLATFORM).into();
        group.throughput(Throughput::Elements(count as u64)).sample_size(10);
        group.bench_function(format!("read_and_verify_a_lock_of_{count}"), |bencher| {
            bencher.iter(|| {
                let lock = Lock::read(FileId(0), black_box(Arc::clone(&text)), &mut Diagnostics::default());
                assert!(lock.entries.values().all(|it| it.signer.is_ok()));
            });
        });
        group.bench_function(format!("look_at_{count}_envelopes_from_outside"), |bencher| {
            bencher.iter(|| {
                for _ in 0..count {
                    let it = black_box(&sealed);
                    black_box((
                        envelope::check(it.as_bytes()).expect("it is one"),
                        envelope::digest(it.as_bytes()),
                    ));
                }
            });
        });
    }
    group.finish();
}

/// A database of many tables, each with ten columns, keys, an index and the policies of an owner.
fn many_tables(count: usize) -> Schema {
    let tables = (0..count).map(|at| {
        let column = |n: usize| Column {
            name: format!("column_{n}"),
            was: None,
            from: None,
            column_type: if n == 0 { "uuid" } else { "text" }.to_owned(),
            not_null: n < 5,
            default: None,
            comment: None,
        };
        let policy = |command| Policy {
            is_restrictive: false,
            command: Some(command),
            role: "application_role".to_owned(),
            using: Some(
                "\"column_0\" = (select nullif(current_setting('app.me', true), '')::uuid)".to_owned(),
            ),
            with_check: None,
        };
        let commands = [Privilege::Select, Privilege::Update, Privilege::Delete];
        let table = Table {
            copies: BTreeMap::new(),
            columns: (0..10).map(column).collect(),
            constraints: [(
                format!("table_{at}_pkey"),
                Constraint::PrimaryKey { columns: vec!["column_0".to_owned()] },
            )]
            .into(),
            indexes: [(format!("table_{at}_idx"), Index::plain(Method::Btree, vec!["column_1".to_owned()]))]
                .into(),
            policies: commands.map(|it| (format!("users_{}", it.word()), policy(it))).into(),
            grants: [("application_role".to_owned(), commands.into())].into(),
            ..Table::default()
        };
        (TableName::public(format!("table_{at}")), table)
    });
    Schema {
        roles: [("application_role".to_owned(), Role::Application)].into(),
        tables: tables.collect(),
        ..Schema::default()
    }
}

fn plan(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("migrate");
    for count in [200, 2_000] {
        let before = many_tables(count);
        let mut after = before.clone();
        for table in after.tables.values_mut().step_by(10) {
            let column = Column { name: "more".to_owned(), ..table.columns[9].clone() };
            table.columns.push(column);
        }
        group.bench_function(format!("plan_{count}_tables_of_which_a_tenth_changes"), |bencher| {
            bencher.iter(|| migration::between(&before, &after, 1, "more", &|_| None));
        });
        group.bench_function(format!("plan_{count}_new_tables"), |bencher| {
            bencher.iter(|| migration::between(&Schema::default(), &after, 1, "init", &|_| None));
        });
    }
    group.finish();
}

fn in_bytes<'a, 'b>(
    group: &'a mut BenchmarkGroup<'b, WallTime>,
    bytes: usize,
) -> &'a mut BenchmarkGroup<'b, WallTime> {
    group.throughput(Throughput::Bytes(bytes as u64)).sample_size(10)
}

fn in_services<'a, 'b>(
    group: &'a mut BenchmarkGroup<'b, WallTime>,
    projects: usize,
) -> &'a mut BenchmarkGroup<'b, WallTime> {
    group.throughput(Throughput::Elements(10 * projects as u64)).sample_size(10)
}

fn kilobytes(text: &str) -> String {
    format!("{}_kB", text.len() / 1_000)
}

fn services(projects: usize) -> String {
    format!("{}_services", 10 * projects)
}

fn tree(projects: usize) -> Tree {
    Tree::memory(Shape::of_projects(projects).files())
}

fn compile(tree: &Tree) -> Outcome {
    trackside::compile(tree, &Selection::default()).expect("no fault of ours")
}

fn platform(outcome: &Outcome) -> &Platform {
    &outcome.compiled.as_ref().expect("the platform has no mistakes").platform
}

fn objects(outcome: &Outcome) -> usize {
    let compiled = outcome.compiled.as_ref().expect("the platform has no mistakes");
    compiled.artifacts.manifests.iter().map(|it| it.manifests.len()).sum()
}

fn files(outcome: &Outcome) -> BTreeMap<String, Cow<'_, [u8]>> {
    let compiled = outcome.compiled.as_ref().expect("the platform has no mistakes");
    index::files(&compiled.platform, &compiled.artifacts, None, &outcome.sources)
}
