//! A tree in memory and the same tree in a folder answer alike; what only a folder can have is tried there.

use std::fs;
use std::path::Path;

use super::*;

const FILES: &[&str] = &[
    "platform.kdl",
    "projects/shop.kdl",
    "projects/web.kdl",
    "projects/old/blog.kdl",
    "teams/a/team.kdl",
    "teams/b/team.kdl",
    "secrets/stripe-key.age",
    ".hidden/x.kdl",
    "projects/.#shop.kdl",
    "projects/notes.txt",
];

fn in_folder(files: &[&str]) -> (tempfile::TempDir, Tree) {
    let root = tempfile::tempdir().unwrap();
    for file in files {
        put(root.path(), file);
    }
    let tree = Tree::folder(root.path()).unwrap();
    (root, tree)
}

fn put(root: &Path, file: &str) {
    let path = root.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, file).unwrap();
}

fn path(text: &str) -> TreePath {
    TreePath::parse(text).unwrap()
}

fn read(tree: &Tree, file: &str) -> String {
    match TreePath::parse(file).map_err(Unreadable::from).and_then(|it| tree.read_text(&it)) {
        Ok(text) => format!("{file} => {text}"),
        Err(error) => error.to_string(),
    }
}

fn glob(tree: &Tree, pattern: &str) -> String {
    let found = match tree.glob(pattern) {
        Ok(found) => found.iter().map(TreePath::as_str).collect::<Vec<_>>().join(" "),
        Err(error) => error.to_string(),
    };
    format!("{pattern} => {found}")
}

#[test]
fn a_pattern_names_files_in_order() {
    let (_root, folder) = in_folder(FILES);
    let memory = Tree::memory(FILES.iter().map(|it| (*it, *it)));
    let patterns = [
        "platform.kdl",
        "*.kdl",
        "projects/*.kdl",
        "projects/*",
        "**/*.kdl",
        "**",
        "projects/**",
        "**/**/team.kdl",
        "teams/*/team.kdl",
        "teams/[!b]/t?am.kdl",
        "*/shop.kdl",
        ".hidden/*",
        "projects/.*",
        ".*/*.kdl",
        "projcts/*.kdl",
        "../*.kdl",
        "/etc/*",
        ".git/*",
        "a**/x",
        "{a,b}.kdl",
        "x/[a",
        "[a/b]",
    ];
    for pattern in patterns {
        assert_eq!(glob(&memory, pattern), glob(&folder, pattern));
    }
    insta::assert_snapshot!(patterns.map(|it| glob(&folder, it)).join("\n"), @r#"
    platform.kdl => platform.kdl
    *.kdl => platform.kdl
    projects/*.kdl => projects/shop.kdl projects/web.kdl
    projects/* => projects/notes.txt projects/shop.kdl projects/web.kdl
    **/*.kdl => platform.kdl projects/old/blog.kdl projects/shop.kdl projects/web.kdl teams/a/team.kdl teams/b/team.kdl
    ** => platform.kdl projects/notes.txt projects/old/blog.kdl projects/shop.kdl projects/web.kdl secrets/stripe-key.age teams/a/team.kdl teams/b/team.kdl
    projects/** => projects/notes.txt projects/old/blog.kdl projects/shop.kdl projects/web.kdl
    **/**/team.kdl => teams/a/team.kdl teams/b/team.kdl
    teams/*/team.kdl => teams/a/team.kdl teams/b/team.kdl
    teams/[!b]/t?am.kdl => teams/a/team.kdl
    */shop.kdl => projects/shop.kdl
    .hidden/* => .hidden/x.kdl
    projects/.* => projects/.#shop.kdl
    .*/*.kdl => .hidden/x.kdl
    projcts/*.kdl => 
    ../*.kdl => `../*.kdl` leaves the tree: paths are relative to the folder of platform.kdl and have no `..`
    /etc/* => `/etc/*` starts at the root of the machine: paths are relative to the folder of platform.kdl
    .git/* => `.git/*` leads into `.git`, which is no part of the tree
    a**/x => `a**/x` has a `**` that does not stand alone between slashes, as in `teams/**/*.kdl`
    {a,b}.kdl => `{a,b}.kdl` has a `{`, which patterns do not know: write several patterns
    x/[a => `x/[a` is no pattern: unclosed character class; missing ']'
    [a/b] => `[a/b]` is no pattern: unclosed character class; missing ']'
    "#);
}

#[test]
fn a_path_as_pattern_names_itself() {
    let tree = Tree::memory(FILES.iter().map(|it| (*it, *it)));
    for file in FILES {
        assert_eq!(tree.glob(file).unwrap(), [path(file)]);
        assert!(!path::is_pattern(file));
    }
}

#[test]
fn what_cannot_be_read_says_why() {
    let memory = Tree::memory([("a/b.kdl", b"text".to_vec()), ("bad.kdl", b"ab\xffc".to_vec())]);
    let files = ["a/b.kdl", "a", "a/c.kdl", "a/b.kdl/c", "bad.kdl", "../a"];
    insta::assert_snapshot!(files.map(|it| read(&memory, it)).join("\n"), @r#"
    a/b.kdl => text
    `a` is a folder, not a file
    there is no file `a/c.kdl`
    there is no file `a/b.kdl/c`
    `bad.kdl` is not UTF-8 text: its byte 2 does not belong there
    `../a` leaves the tree: paths are relative to the folder of platform.kdl and have no `..`
    "#);
    assert_eq!(memory.read(&path("bad.kdl")).unwrap(), b"ab\xffc");
    assert_eq!(read(&Tree::of("platform \"x\""), "platform.kdl"), "platform.kdl => platform \"x\"");
}

#[test]
fn a_folder_that_is_not_there_is_no_tree() {
    let (root, _) = in_folder(&["file"]);
    for path in ["missing", "file"] {
        let error = Tree::folder(&root.path().join(path)).unwrap_err();
        assert!(error.to_string().starts_with("could not open the folder `/"), "{error}");
    }
}

#[test]
fn a_missing_file_has_similar_ones() {
    let tree = Tree::memory(FILES.iter().map(|it| (*it, *it)));
    let similar = |it| tree.similar(&path(it)).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    assert_eq!(similar("projects/shpo.kdl"), "projects/shop.kdl");
    assert_eq!(similar("team.kdl"), "teams/a/team.kdl teams/b/team.kdl");
    assert_eq!(similar("secrets/stripe_key.age"), "secrets/stripe-key.age");
    assert_eq!(similar("Platform.kdl"), "platform.kdl");
    assert_eq!(similar("something/else.txt"), "");
}

#[test]
fn what_a_tree_reads_is_bounded() {
    let limits = Limits { file: 4, bytes: 6, files: 3, entries: 12, patterns: 100 };
    let tree = || {
        let files = [("a", "1234"), ("b", "12345"), ("c", "123"), ("d", ""), ("e", ""), ("f", "")];
        Tree::new(Origin::Memory(Memory::new(files)), limits)
    };
    let one = tree();
    let texts = ["a", "a", "b", "c", "d", "e", "f", "a"].map(|it| read(&one, it));
    insta::assert_snapshot!(texts.join("\n"), @r#"
    a => 1234
    a => 1234
    `b` is too large: a file has at most 4 bytes
    `c` makes the tree too large: all its files together have at most 6 bytes
    d => 
    e => 
    `f` is one file too many: a tree has at most 3
    a => 1234
    "#);
    let one = tree();
    insta::assert_snapshot!(["a", "*", "**"].map(|it| glob(&one, it)).join("\n"), @r#"
    a => a
    * => `*` looks through too much: name the folder it is meant for
    ** => `**` looks through too much: name the folder it is meant for
    "#);
}

#[test]
fn a_file_reads_the_same_all_the_time() {
    let (root, tree) = in_folder(&["a.kdl"]);
    assert_eq!(read(&tree, "a.kdl"), "a.kdl => a.kdl");
    fs::write(root.path().join("a.kdl"), "changed").unwrap();
    assert_eq!(read(&tree.clone(), "a.kdl"), "a.kdl => a.kdl");
    assert_eq!(read(&Tree::folder(root.path()).unwrap(), "a.kdl"), "a.kdl => changed");
}

#[cfg(unix)]
mod links {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    /// A tree with everything a stranger may put into it; beside it, what nobody may read.
    fn hostile() -> (tempfile::TempDir, Tree) {
        let (outer, _) =
            in_folder(&["outside/secret.kdl", "tree/a.kdl", "tree/sub/b.kdl", "tree/.git/config"]);
        let root = outer.path().join("tree");
        let secret = outer.path().join("outside/secret.kdl");
        let links: &[(&str, &Path)] = &[
            ("inside.kdl", Path::new("sub/b.kdl")),
            ("sub/up.kdl", Path::new("../a.kdl")),
            ("around.kdl", Path::new("sub/./..//sub/up.kdl")),
            ("absolute.kdl", &root.join("a.kdl")),
            ("folder", Path::new("sub")),
            ("out.kdl", Path::new("../outside/secret.kdl")),
            ("out-absolute.kdl", &secret),
            ("beside.kdl", &outer.path().join("tree-other/x")),
            ("outside", Path::new("../outside")),
            ("out-and-in.kdl", Path::new("../tree/a.kdl")),
            ("sub/far.kdl", Path::new("../../outside/secret.kdl")),
            ("loop.kdl", Path::new("loop.kdl")),
            ("ping.kdl", Path::new("pong.kdl")),
            ("pong.kdl", Path::new("ping.kdl")),
            ("sub/round", Path::new("..")),
            ("dangling.kdl", Path::new("nothing.kdl")),
            ("git.kdl", Path::new(".git/config")),
            ("git", Path::new(".git")),
            ("root", Path::new("/")),
        ];
        for (name, target) in links {
            symlink(target, root.join(name)).unwrap();
        }
        rustix::fs::mkfifoat(rustix::fs::CWD, root.join("pipe.kdl"), 0o600.into()).unwrap();
        symlink("pipe.kdl", root.join("to-pipe.kdl")).unwrap();
        symlink("/dev/zero", root.join("zero.kdl")).unwrap();
        UnixListener::bind(root.join("socket.kdl")).unwrap();
        let tree = Tree::folder(&root).unwrap();
        (outer, tree)
    }

    fn settled(outer: &tempfile::TempDir, text: &str) -> String {
        text.replace(outer.path().to_str().unwrap(), "[outer]")
    }

    #[test]
    fn a_symlink_is_followed_inside_the_tree_and_nowhere_else() {
        let (outer, tree) = hostile();
        let files = [
            "inside.kdl",
            "sub/up.kdl",
            "around.kdl",
            "absolute.kdl",
            "folder/b.kdl",
            "folder/up.kdl",
            "sub/round/sub/round/a.kdl",
            "out.kdl",
            "out-absolute.kdl",
            "beside.kdl",
            "outside/secret.kdl",
            "out-and-in.kdl",
            "sub/far.kdl",
            "folder/far.kdl",
            "loop.kdl",
            "ping.kdl",
            "dangling.kdl",
            "git.kdl",
            "git/config",
            "root/etc/passwd",
            "pipe.kdl",
            "to-pipe.kdl",
            "zero.kdl",
            "socket.kdl",
            "sub",
            "a.kdl/x",
        ];
        insta::assert_snapshot!(settled(&outer, &files.map(|it| read(&tree, it)).join("\n")), @r#"
        inside.kdl => tree/sub/b.kdl
        sub/up.kdl => tree/a.kdl
        around.kdl => tree/a.kdl
        absolute.kdl => tree/a.kdl
        folder/b.kdl => tree/sub/b.kdl
        folder/up.kdl => tree/a.kdl
        sub/round/sub/round/a.kdl => tree/a.kdl
        `out.kdl` leaves the tree through a symlink to `../outside/secret.kdl`
        `out-absolute.kdl` leaves the tree through a symlink to `[outer]/outside/secret.kdl`
        `beside.kdl` leaves the tree through a symlink to `[outer]/tree-other/x`
        `outside/secret.kdl` leaves the tree through a symlink to `../outside`
        `out-and-in.kdl` leaves the tree through a symlink to `../tree/a.kdl`
        `sub/far.kdl` leaves the tree through a symlink to `../../outside/secret.kdl`
        `folder/far.kdl` leaves the tree through a symlink to `../../outside/secret.kdl`
        `loop.kdl` leads from symlink to symlink without an end
        `ping.kdl` leads from symlink to symlink without an end
        `dangling.kdl` leads through a symlink to `nothing.kdl`, where there is nothing
        `git.kdl` leads through a symlink into `.git`, which is no part of the tree
        `git/config` leads through a symlink into `.git`, which is no part of the tree
        `root/etc/passwd` leaves the tree through a symlink to `/`
        `pipe.kdl` is a named pipe, not a file
        `to-pipe.kdl` is a named pipe, not a file
        `zero.kdl` leaves the tree through a symlink to `/dev/zero`
        `socket.kdl` is a socket, not a file
        `sub` is a folder, not a file
        there is no file `a.kdl/x`
        "#);
    }

    #[test]
    fn a_pattern_does_not_go_round_or_out() {
        let (outer, tree) = hostile();
        let patterns =
            ["**/b.kdl", "*/b.kdl", "*/*/a.kdl", "outside/*", "git/*", "*/secret.kdl", "sub/*", "*.kdl"];
        insta::assert_snapshot!(settled(&outer, &patterns.map(|it| glob(&tree, it)).join("\n")), @r#"
        **/b.kdl => sub/b.kdl
        */b.kdl => folder/b.kdl sub/b.kdl
        */*/a.kdl => folder/round/a.kdl sub/round/a.kdl
        outside/* => `outside` leaves the tree through a symlink to `../outside`
        git/* => `git` leads through a symlink into `.git`, which is no part of the tree
        */secret.kdl => 
        sub/* => sub/b.kdl sub/far.kdl sub/up.kdl
        *.kdl => a.kdl absolute.kdl around.kdl beside.kdl dangling.kdl git.kdl inside.kdl loop.kdl out-absolute.kdl out-and-in.kdl out.kdl ping.kdl pipe.kdl pong.kdl socket.kdl to-pipe.kdl zero.kdl
        "#);
    }

    #[test]
    fn a_folder_may_itself_be_reached_by_a_symlink() {
        let (outer, _) = hostile();
        symlink(outer.path().join("tree"), outer.path().join("link")).unwrap();
        symlink(outer.path().join("link/a.kdl"), outer.path().join("tree/through.kdl")).unwrap();
        let tree = Tree::folder(&outer.path().join("link")).unwrap();
        assert_eq!(read(&tree, "a.kdl"), "a.kdl => tree/a.kdl");
        assert_eq!(read(&tree, "through.kdl"), "through.kdl => tree/a.kdl");
        assert!(read(&tree, "out.kdl").contains("leaves the tree"));
    }

    #[test]
    fn a_name_that_no_path_can_have_is_refused_where_it_matters() {
        let (root, tree) = in_folder(&["sub/a.kdl", "odd/b\\c.kdl", "odd/d\ne.kdl"]);
        fs::write(root.path().join("sub").join(OsStr::from_bytes(b"x\xff.kdl")), "").unwrap();
        let patterns = ["sub/*.kdl", "sub/a*.kdl", "odd/b*", "odd/d*"];
        insta::assert_snapshot!(patterns.map(|it| glob(&tree, it)).join("\n"), @r#"
        sub/*.kdl => the name of `sub/x�.kdl` is not UTF-8
        sub/a*.kdl => sub/a.kdl
        odd/b* => `odd/b\c.kdl` has a backslash: write `/` between the parts of a path
        odd/d* => `odd/d\u{a}e.kdl` has a character that does not show: U+000A
        "#);
    }

    #[test]
    fn a_swap_while_reading_reads_the_tree_or_nothing() {
        let (outer, _) = in_folder(&["tree/sub/a.kdl", "outside/a.kdl"]);
        let root = outer.path().join("tree");
        symlink("../outside", root.join("link")).unwrap();
        let (sub, link) = (root.join("sub"), root.join("link"));
        let swaps = std::thread::spawn(move || {
            for _ in 0..20_000 {
                let flags = rustix::fs::RenameFlags::EXCHANGE;
                if rustix::fs::renameat_with(rustix::fs::CWD, &sub, rustix::fs::CWD, &link, flags).is_err() {
                    return; // Not every file system can; then nothing is swapped.
                }
            }
        });
        let mut both = [0, 0];
        while !swaps.is_finished() {
            let read = read(&Tree::folder(&root).unwrap(), "sub/a.kdl");
            assert!(!read.ends_with("outside/a.kdl"), "{read}");
            both[usize::from(read.ends_with("tree/sub/a.kdl"))] += 1;
        }
        swaps.join().unwrap();
        assert_ne!(both[1], 0);
    }
}
