//! The command of sqlx, taking turns with ours on one database.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::component;
use super::postgres::{Connection, Server};

struct Turns {
    folder: tempfile::TempDir,
    database: Connection,
}

impl Turns {
    fn tree(&self) -> PathBuf {
        self.folder.path().join("library")
    }

    fn migrations(&self) -> PathBuf {
        self.tree().join("migrations/library.books")
    }

    /// Writes a migration by hand, under the next number.
    fn write(&self, number: u32, sql: &str) {
        let path = self.migrations().join(format!("{number:04}_step.up.sql"));
        fs::write(path, sql).expect("it can be written");
        self.ours(&["hash"], true);
    }

    fn ours(&self, arguments: &[&str], is_fine: bool) -> String {
        if arguments == ["hash"] {
            // Some of the files come later; sums that know them would miss them.
            let _gone = fs::remove_file(self.migrations().join("migrations.sum"));
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_trackside"));
        command.arg("migrate").args(arguments).current_dir(self.tree());
        ended(command.env("DATABASE_URL", self.database.url()), is_fine)
    }

    fn sqlx(&self, verb: &str, is_fine: bool) -> String {
        let mut command =
            Command::new(component("TRACKSIDE_SQLX").unwrap_or_else(|problem| panic!("{problem}")));
        command.args(["migrate", verb, "--source"]).arg(self.migrations()).current_dir(self.folder.path());
        ended(command.env("DATABASE_URL", self.database.url()).env("NO_COLOR", "1"), is_fine)
    }
}

/// What a command prints, once it has ended as it should.
fn ended(command: &mut Command, is_fine: bool) -> String {
    let output = command.output().expect("it starts");
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.success(), is_fine, "{text}");
    text
}

#[test]
fn the_command_of_sqlx_and_ours_take_turns_on_one_database() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let turns = Turns { folder, database: Server::shared().database() };
    crate::secrets::copy(Path::new("examples/database"), &turns.tree());
    Server::shared().is_declared(&turns.tree());
    for number in 3..=8 {
        turns.write(
            number,
            &match number % 3 {
                0 => format!(
                    "-- no-transaction\ncreate index concurrently by_{number} on public.readers (name);\n"
                ),
                _ => format!(
                    "create table public.t{number} (id int);\ninsert into public.t{number} values (1);\n"
                ),
            },
        );
    }
    let rest: Vec<(PathBuf, Vec<u8>)> = crate::artifacts::files_below(&turns.migrations())
        .into_iter()
        .filter(|it| it.extension().is_some_and(|it| it == "sql"))
        .map(|it| (it.clone(), fs::read(&it).expect("it is there")))
        .collect();
    let (mut by_sqlx, mut by_us) = (0, 0);
    for number in 1..=8 {
        // sqlx runs all that there is, so there is only what is to run.
        for (path, text) in &rest {
            let is_later =
                path.file_name().is_some_and(|it| it.to_string_lossy()[..4] > *format!("{number:04}"));
            match is_later {
                true => drop(fs::remove_file(path)),
                false => fs::write(path, text).expect("it can be written"),
            }
        }
        match number % 2 {
            0 => {
                turns.sqlx("run", true);
                by_sqlx += 1;
            }
            _ => {
                turns.ours(&["hash"], true);
                turns.ours(&["apply"], true);
                by_us += 1;
            }
        }
        let info = turns.sqlx("info", true);
        let lines: Vec<&str> = info.lines().filter(|it| !it.trim().is_empty()).collect();
        assert_eq!(lines.len(), number, "{info}");
        assert!(lines.iter().all(|it| it.contains("installed") && !it.contains("mismatch")), "{info}");
        turns.ours(&["hash"], true);
        let status = turns.ours(&["status"], true);
        assert!(!status.contains("has not run") && status.lines().count() == number, "{status}");
    }
    let noted = turns.database.run("select count(*), bool_and(success), (select count(*) from pg_class where relname ~ '^(t[0-9]|by_[0-9])$') from _sqlx_migrations");
    assert_eq!(noted, Ok("8|t|6".to_owned()));
    println!("{by_us} by trackside, {by_sqlx} by sqlx");
    // What one of them began and did not end, both refuse to go on from.
    turns.database.run("update _sqlx_migrations set success = false where version = 8").expect("it can be");
    let (theirs, ours) = (turns.sqlx("run", false), turns.ours(&["apply"], false));
    assert!(theirs.contains("dirty") || theirs.contains("partially applied"), "{theirs}");
    assert!(ours.contains("migration 8 `step` is noted as begun and failed"), "{ours}");
    // What was changed after it ran, the other way round.
    turns
        .database
        .run("update _sqlx_migrations set success = true, checksum = '' where version = 8")
        .expect("it can be");
    let (theirs, ours) = (turns.sqlx("run", false), turns.ours(&["apply"], false));
    assert!(theirs.contains("modified"), "{theirs}");
    assert!(ours.contains("was changed after it ran here"), "{ours}");
}
