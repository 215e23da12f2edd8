//! The same platform gives the same bytes, whatever is around it: the order of files on the disk and in an `include`, line
//! endings, byte order marks, locale, time zone, threads, environment variables, and from where it is called.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fastrand::Rng;
use trackside::language::Selection;
use trackside::tree::Tree;

use crate::artifacts::{files_below, root};
use crate::examples;
use crate::generate::Shape;

/// The files of a tree by their path.
type Files = BTreeMap<String, Vec<u8>>;

/// How many generated platforms are tried; each is built several times.
const PLATFORMS: u64 = 3;
const BUILDS: u64 = 6;

/// How many generated platforms are compiled in all spellings.
const SPELT: u64 = 12;

#[test]
fn what_is_around_a_build_changes_nothing() {
    let generated = (0..PLATFORMS).map(|it| (format!("seed {it}"), generated(it)));
    let railway = ("railway".to_owned(), files_of(&root("examples/railway")));
    let mut rng = Rng::with_seed(5);
    for (name, files) in generated.chain([railway]) {
        let place = Place::new();
        let expected = place.build("first", &files, files.keys(), &Around::plain());
        assert!(expected.contains_key("index.json"), "{name}");
        for number in 0..BUILDS {
            let mut order: Vec<&String> = files.keys().collect();
            rng.shuffle(&mut order);
            let around = Around::any(&mut rng);
            let built = place.build(&format!("number {number}"), &files, order, &around);
            same(&built, &expected, &format!("{name}, {around:?}"));
        }
    }
}

#[test]
fn line_endings_and_byte_order_marks_change_nothing() {
    let spellings: [fn(&str) -> String; 3] = [
        |text| text.replace('\n', "\r\n"),
        |text| format!("\u{feff}{text}"),
        |text| format!("\u{feff}{}", text.replace('\n', "\r\n")),
    ];
    for (name, files) in platforms() {
        let expected = compiled(&files, &name);
        for (number, spelling) in spellings.iter().enumerate() {
            let texts = files.iter().map(|(path, bytes)| {
                let extension = Path::new(path).extension().unwrap_or_default();
                // What is mounted as a file is for its program, to the byte.
                let is_read = extension == "kdl" || number == 0 && READ.iter().any(|it| extension == *it);
                let text = str::from_utf8(bytes).ok().filter(|_| is_read);
                (path.clone(), text.map_or(bytes.clone(), |it| spelling(it).into_bytes()))
            });
            same(&compiled(&texts.collect(), &name), &expected, &format!("{name}, spelling {number}"));
        }
    }
}

#[test]
fn the_order_of_includes_changes_nothing() {
    let mut rng = Rng::with_seed(6);
    for (name, files) in platforms() {
        let text = String::from_utf8(files["platform.kdl"].clone()).expect("a platform is a text");
        let included: BTreeSet<String> =
            text.lines().filter_map(|it| it.strip_prefix("include ")).flat_map(arguments).collect();
        // In one line, so that all else stays in its own.
        let ordered = |order: &[&String]| {
            let order: Vec<String> = order.iter().map(|it| format!("{it:?}")).collect();
            let mut line = Some(format!("include {}", order.join(" ")));
            let lines = text.lines().map(|it| match it.starts_with("include ") {
                true => line.take().unwrap_or_default(),
                false => it.to_owned(),
            });
            let text = lines.collect::<Vec<_>>().join("\n");
            let mut files = files.clone();
            files.insert("platform.kdl".to_owned(), text.into_bytes());
            files
        };
        let mut order: Vec<&String> = included.iter().collect();
        if order.len() < 2 {
            continue;
        }
        let expected = compiled(&ordered(&order), &name);
        for _ in 0..3 {
            rng.shuffle(&mut order);
            same(&compiled(&ordered(&order), &name), &expected, &format!("{name}, {order:?}"));
        }
    }
}

/// Every example, and generated ones.
fn platforms() -> impl Iterator<Item = (String, Files)> {
    let examples = examples::folders().into_iter().map(|it| (it.display().to_string(), files_of(&it)));
    examples.chain((0..SPELT).map(|it| (format!("seed {it}"), generated(it))))
}

fn generated(seed: u64) -> Files {
    Shape::small(seed).files().into_iter().map(|(path, text)| (path, text.into_bytes())).collect()
}

fn files_of(folder: &Path) -> Files {
    let files = files_below(folder).into_iter().map(|path| {
        let below = path.strip_prefix(folder).expect("it is in there").to_string_lossy().into_owned();
        (below, fs::read(&path).expect("it can be read"))
    });
    files.collect()
}

/// What files are called that are read as text: sealed values, objects, templates.
const READ: &[&str] = &["age", "yaml", "j2"];

/// What a tree compiles to in each of its environments.
fn compiled(files: &Files, name: &str) -> Files {
    let tree = Tree::memory(files.clone());
    let mut made = Files::new();
    for environment in examples::environments(&tree) {
        let folder = environment.clone().unwrap_or_default();
        let selection = Selection { environment, date: None };
        let outcome = trackside::compile(&tree, &selection).expect("no fault of ours");
        let compiled = outcome.compiled.unwrap_or_else(|| panic!("{name}: {:#?}", outcome.diagnostics));
        let files = compiled.files(Some(&compiled.prove()), &outcome.sources);
        made.extend(files.into_iter().map(|(path, bytes)| (format!("{folder}/{path}"), bytes.into_owned())));
    }
    made
}

/// The strings that are the arguments of a node.
fn arguments(text: &str) -> Vec<String> {
    text.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

fn same(made: &Files, expected: &Files, what: &str) {
    assert_eq!(made.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{what}");
    // The index has the digest of each, and so differs wherever another one does.
    let (index, others): (Vec<_>, Vec<_>) = made.iter().partition(|(path, _)| path.ends_with("index.json"));
    for (path, bytes) in others.into_iter().chain(index) {
        let [made, expected] = [bytes, &expected[path]].map(|it| String::from_utf8_lossy(it));
        let lines = made.lines().zip(expected.lines()).find(|(made, expected)| made != expected);
        assert!(made == expected, "{what}: {path} differs: {lines:#?}");
    }
}

/// What is around a build.
#[derive(Debug)]
struct Around {
    variables: Vec<(&'static str, &'static str)>,
    from: From,
    /// Whether another platform is built there already.
    is_over_another: bool,
    /// Whether its files are from 1970.
    is_old: bool,
}

/// From where the program is called, and how it is told where the platform is.
#[derive(Clone, Copy, Debug)]
enum From {
    Root,
    Inside,
    Beside,
    Link,
}

impl Around {
    fn plain() -> Self {
        Self { variables: Vec::new(), from: From::Root, is_over_another: false, is_old: false }
    }

    fn any(rng: &mut Rng) -> Self {
        let mut variables = Vec::new();
        for (name, values) in VARIABLES {
            let value = rng.choice(values.iter()).expect("each has some");
            variables.extend(rng.bool().then_some((*name, *value)));
        }
        let from = rng.choice([From::Root, From::Inside, From::Beside, From::Link]).expect("there are some");
        Self { variables, from, is_over_another: rng.bool(), is_old: rng.bool() }
    }
}

/// What programs read out of their environment, and some that this one does not know.
const VARIABLES: &[(&str, &[&str])] = &[
    ("LC_ALL", &["C", "C.UTF-8", "tr_TR.UTF-8", "de_DE.ISO-8859-1", "nowhere", ""]),
    ("LANG", &["POSIX", "ja_JP.eucJP", "sv_SE.UTF-8"]),
    ("LC_COLLATE", &["C", "et_EE.UTF-8"]),
    ("TZ", &["UTC", "Pacific/Kiritimati", "America/Los_Angeles", "Nowhere/Nothing", ":", "EST5EDT"]),
    ("RAYON_NUM_THREADS", &["1", "2", "7", "0", "many"]),
    ("HOME", &["/nonexistent", ""]),
    ("TMPDIR", &["/nonexistent"]),
    ("TERM", &["dumb", "xterm-256color"]),
    ("COLUMNS", &["3", "1000"]),
    ("NO_COLOR", &["1"]),
    ("CLICOLOR_FORCE", &["1"]),
    ("SOURCE_DATE_EPOCH", &["0", "4102444800"]),
    ("CI", &["true"]),
    ("GITHUB_ACTIONS", &["true"]),
    ("GITHUB_SHA", &["0000000000000000000000000000000000000000"]),
    ("KUBECONFIG", &["/nonexistent"]),
    ("RUST_BACKTRACE", &["full"]),
    ("RUST_LOG", &["trace"]),
    ("USER", &["somebody"]),
    ("PWD", &["/nonexistent"]),
];

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder can be made") }
    }

    /// Writes a platform in some order, and builds it.
    fn build<'a>(
        &self,
        name: &str,
        files: &Files,
        order: impl IntoIterator<Item = &'a String>,
        around: &Around,
    ) -> Files {
        let top = self.folder.path().join(name);
        let tree = top.join("platform");
        for path in order {
            write(&tree.join(path), &files[path], around.is_old);
        }
        let out = top.join("out");
        if around.is_over_another {
            Self::write_other(&top);
            Self::run(&top, Path::new("other"), &out, &Around::plain());
        }
        let (cwd, dir) = match around.from {
            From::Root => (Path::new("/"), tree.clone()),
            From::Inside => (&*tree, PathBuf::from(".")),
            From::Beside => (&*top, PathBuf::from("./platform/")),
            From::Link => {
                symlink("platform", top.join("link")).expect("the folder is ours");
                (&*top, PathBuf::from("link"))
            }
        };
        Self::run(cwd, &dir, &out, around);
        files_of(&out)
    }

    fn run(cwd: &Path, dir: &Path, out: &Path, around: &Around) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trackside"));
        command.arg("build").arg(dir).arg("-o").arg(out).current_dir(cwd).stdin(Stdio::null());
        let variables = around.variables.iter().copied();
        let output = command.env_clear().envs(variables).output().expect("it was built");
        assert!(output.status.success(), "{around:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn write_other(top: &Path) {
        for (path, text) in Shape::small(99).files() {
            write(&top.join("other").join(path), text.as_bytes(), false);
        }
    }
}

fn write(path: &Path, bytes: &[u8], is_old: bool) {
    fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder is ours");
    fs::write(path, bytes).expect("the folder is ours");
    if is_old {
        let file = fs::File::options().write(true).open(path).expect("it is there");
        let then = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_hours(24);
        file.set_modified(then).expect("it is ours");
    }
}
