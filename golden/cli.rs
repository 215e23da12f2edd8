//! What the program says to a person: the transcripts of `golden/cli/*.md`, and the blocks of the READMEs.
//!
//! A transcript is a Markdown file. A block like ```` ```kdl bad/platform.kdl ```` writes that file; in a ```` ```console ````
//! block each line after `$ ` is run by a shell, and what follows is what it says: its standard output, then its standard
//! error with `2> ` before each line, then its exit code if that is not 0. Everything runs in a folder of its own that
//! holds a copy of `examples/`. `INSTA_UPDATE=always` rewrites what follows the commands. A README shows what a person sees
//! at a terminal; where a block of it has commands alone, they have to succeed, whatever they say.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use trackside::language::Selection;
use trackside::tree::Tree;

use crate::artifacts::{files_below, first_difference, root, update};

#[test]
fn every_transcript_says_what_is_expected() {
    let mut wrong = Vec::new();
    // What commands there are depends on what the program was built with.
    let is_here = |it: &PathBuf| cfg!(feature = "database") || !it.ends_with("help.md");
    for path in files_below(&root("golden/cli")).into_iter().filter(is_here) {
        wrong.extend(run(&path, Streams::Apart));
    }
    assert!(wrong.is_empty(), "look at it, and run with INSTA_UPDATE=always:\n{}", wrong.join("\n"));
}

#[test]
fn the_commands_of_every_readme_say_what_it_promises() {
    let mut wrong = Vec::new();
    let examples = files_below(&root("examples")).into_iter().filter(|it| it.ends_with("README.md"));
    for path in examples.chain([root("README.md")]) {
        wrong.extend(run(&path, Streams::Together));
    }
    assert!(wrong.is_empty(), "look at it, and run with INSTA_UPDATE=always:\n{}", wrong.join("\n"));
}

#[test]
fn the_platforms_of_the_readme_compile() {
    let readme = fs::read_to_string(root("README.md")).expect("the README is a text");
    let minimal = fs::read_to_string(root("examples/minimal/platform.kdl")).expect("the example is a text");
    let (head, _) =
        minimal.split_once("\n// A tenant").expect("the example begins with the platform and its cluster");
    let blocks: Vec<&str> =
        readme.split("\n```kdl\n").skip(1).filter_map(|it| it.split("\n```").next()).collect();
    assert!(!blocks.is_empty(), "the README shows what the language looks like");
    for block in blocks {
        let tree = Tree::of(&format!("{head}\n{block}\n"));
        let found = trackside::check(&tree, &Selection::default()).diagnostics;
        assert!(found.is_empty(), "{block}\n{found:#?}");
    }
}

/// How a transcript shows what comes out of a command.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Streams {
    /// Marked, with the exit code.
    Apart,
    /// As a person sees it at a terminal: standard error first, because a build says first what it found.
    Together,
}

/// Runs a file; says where it does not say what it did before.
fn run(path: &Path, streams: Streams) -> Vec<String> {
    let expected = fs::read_to_string(path).expect("a transcript is a text");
    let place = Place::new();
    let mut said = String::new();
    let mut wrong = Vec::new();
    let mut lines = expected.lines();
    while let Some(line) = lines.next() {
        said.extend([line, "\n"]);
        let Some(block) = Block::opened(line) else { continue };
        let body: Vec<&str> = lines.by_ref().take_while(|it| *it != "```").collect();
        let commands = body.iter().filter_map(|it| it.strip_prefix("$ "));
        match block {
            Block::Console if streams == Streams::Together && commands.clone().count() == body.len() => {
                let failed = commands.filter(|it| !place.output(it).status.success());
                wrong.extend(failed.map(|it| format!("{}: `{it}` fails", path.display())));
                said.extend(body.iter().flat_map(|it| [*it, "\n"]));
            }
            Block::Console => {
                said.extend(commands.map(|it| format!("$ {it}\n{}", place.run(it, streams))));
            }
            Block::File(name) => {
                place.write(&name, body.iter().flat_map(|it| [*it, "\n"]).collect::<String>());
                said.extend(body.iter().flat_map(|it| [*it, "\n"]));
            }
            Block::Other => said.extend(body.iter().flat_map(|it| [*it, "\n"])),
        }
        said += "```\n";
    }
    if said != expected && update() {
        fs::write(path, said).expect("the transcript is written");
    } else if said != expected {
        wrong.push(first_difference(path, &said));
    }
    wrong
}

enum Block {
    Console,
    /// A file by this name.
    File(String),
    Other,
}

impl Block {
    /// The block that a line opens.
    fn opened(line: &str) -> Option<Self> {
        let info = line.strip_prefix("```")?;
        Some(match info.split_once(' ') {
            Some((_, path)) => Self::File(path.to_owned()),
            None if info == "console" => Self::Console,
            None => Self::Other,
        })
    }
}

/// Where a transcript runs.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().expect("a folder can be made") };
        let (work, bin) = (place.folder.path().join("work"), place.folder.path().join("bin"));
        fs::create_dir(&work).expect("the folder is new");
        fs::create_dir(&bin).expect("the folder is new");
        symlink(env!("CARGO_BIN_EXE_trackside"), bin.join("trackside")).expect("the folder is new");
        // `cargo run --release -- check` runs what cargo has built for this test.
        let cargo = "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\nshift\nexec trackside \"$@\"\n";
        fs::write(bin.join("cargo"), cargo).expect("the folder is new");
        fs::set_permissions(bin.join("cargo"), fs::Permissions::from_mode(0o755)).expect("it is ours");
        let examples = root("examples");
        for file in files_below(&examples) {
            let below = file.strip_prefix(&examples).expect("it is in there");
            let bytes = fs::read(&file).expect("an example can be read");
            place.write(&Path::new("examples").join(below).to_string_lossy(), bytes);
        }
        place
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("work").join(path)
    }

    pub(crate) fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder is ours");
        fs::write(path, bytes).expect("the folder is ours");
    }

    pub(crate) fn output(&self, command: &str) -> Output {
        let top = self.top();
        let environment = BTreeMap::from([
            ("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", top.join("bin").display())),
            ("HOME", top.display().to_string()),
            ("LC_ALL", "C".to_owned()),
        ]);
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", command]).current_dir(top.join("work")).stdin(Stdio::null());
        shell.env_clear().envs(environment).output().expect("there is a shell")
    }

    pub(crate) fn run(&self, command: &str, streams: Streams) -> String {
        let output = self.output(command);
        let here = self.top().join("work");
        let [out, err] = [&output.stdout, &output.stderr].map(|it| {
            let text = String::from_utf8_lossy(it).replace(&*here.to_string_lossy(), "/here");
            text.lines().map(|it| it.trim_end().to_owned()).collect::<Vec<_>>()
        });
        let line = |it: String| format!("{it}\n");
        if streams == Streams::Together {
            return err.into_iter().chain(out).map(line).collect();
        }
        let mut said: String = out.into_iter().map(line).collect();
        said.extend(err.into_iter().map(|it| format!("2> {it}").trim_end().to_owned() + "\n"));
        match output.status.code() {
            Some(0) => {}
            Some(code) => said.extend(["[exit ", &code.to_string(), "]\n"]),
            None => said += "[killed]\n",
        }
        said
    }

    fn top(&self) -> PathBuf {
        self.folder.path().canonicalize().expect("it is there")
    }
}
