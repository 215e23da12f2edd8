//! What `age` makes of what trackside seals, and the other way around.

use std::fs;
use std::path::Path;
use std::process::Command;

use trackside::envelope;
use trackside::envelope::label::{Label, Place, ValueId};
use trackside::secret::key::{Identities, NewIdentity, SigningKey};
use trackside::secret::seal::{self, NotOpened};

use super::component;
use crate::keys;
use crate::secrets::Desk;

fn age(arguments: &[&str], input: &[u8], folder: &Path) -> Result<Vec<u8>, String> {
    run(&mut Command::new(component("TRACKSIDE_AGE")?), arguments, input, folder)
}

fn run(command: &mut Command, arguments: &[&str], input: &[u8], folder: &Path) -> Result<Vec<u8>, String> {
    // Through a pipe, both could wait for each other.
    let file = folder.join("input");
    fs::write(&file, input).map_err(|it| it.to_string())?;
    let input = fs::File::open(&file).map_err(|it| it.to_string())?;
    let output =
        command.args(arguments).current_dir(folder).stdin(input).output().map_err(|it| it.to_string())?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

fn label() -> Label {
    let place = Place {
        environment: Some("live".into()),
        project: Some("shop".into()),
        name: "key".into(),
        holder: None,
    };
    Label { platform: "hello".into(), place, version: 3, value: ValueId::of([3; 16]) }
}

/// Values of every sort, and one of exactly a chunk of age's stream, one less and one more.
fn values() -> Vec<Vec<u8>> {
    let header = label().header().len();
    let chunk = (64 << 10) - header;
    let mut values = vec![b"sk_live".to_vec(), vec![0, 255, 10, 13], "ü\n\n".into()];
    values.extend([chunk - 1, chunk, chunk + 1, seal::LARGEST].map(|it| vec![b'x'; it]));
    values
}

#[test]
fn age_opens_what_trackside_seals_for_keys_of_every_kind() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = |name: &str| folder.path().join(name);
    let identity = NewIdentity::generate();
    let ssh = SigningKey::generate().expect("a key can be made");
    fs::write(path("age.key"), identity.secret.as_bytes()).expect("it is writable");
    fs::write(path("id_ed25519"), ssh.text().expect("it is a key").as_bytes()).expect("it is writable");
    for value in values() {
        let public = ssh.public();
        let sealed =
            seal::seal(&label(), &value, [identity.public.as_str(), public.trim()]).expect("it is sealed");
        assert_eq!(envelope::check(sealed.as_bytes()), Ok(2));
        for key in ["age.key", "id_ed25519"] {
            let plaintext = age(&["-d", "-i", key], sealed.as_bytes(), folder.path()).expect("age opens it");
            assert!(
                plaintext == [label().header().as_bytes(), &value].concat(),
                "{} bytes by {key}",
                value.len()
            );
        }
    }
}

#[test]
fn trackside_opens_what_age_seals_or_says_by_which_rule_not() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let identity = NewIdentity::generate();
    let mut identities = Identities::default();
    identities.add(&identity.secret).expect("it is a key");
    let place = label().place;
    let open = |sealed: &[u8]| {
        let opened = seal::open(sealed, &identities, "hello", &place);
        opened.map(|it| (it.label.version, it.value.to_vec()))
    };
    for armor in [&["-a"][..], &[]] {
        let encrypt = |plaintext: &[u8], recipient: &str| {
            let arguments = [&["-e"], armor, &["-r", recipient]].concat();
            age(&arguments, plaintext, folder.path()).expect("age seals it")
        };
        for value in values() {
            let sealed = encrypt(&[label().header().as_bytes(), &value].concat(), &identity.public);
            assert!(open(&sealed) == Ok((3, value)));
        }
        let unlabelled = open(&encrypt(b"sk_live", &identity.public));
        assert!(matches!(unlabelled, Err(NotOpened::Unlabelled(_))), "{unlabelled:?}");
        let too_large = vec![b'x'; seal::LARGEST + 1];
        let too_large = open(&encrypt(&[label().header().as_bytes(), &too_large].concat(), &identity.public));
        assert_eq!(too_large, Err(NotOpened::TooLarge));
        let other = NewIdentity::generate();
        assert_eq!(open(&encrypt(b"sk_live", &other.public)), Err(NotOpened::NoKey));
        let mut damaged = encrypt(&[label().header().as_bytes(), &b"sk_live"[..]].concat(), &identity.public);
        let at = damaged.len() - 60;
        damaged[at] = if damaged[at] == b'A' { b'B' } else { b'A' };
        assert_eq!(open(&damaged), Err(NotOpened::Damaged));
        damaged.truncate(at);
        assert_eq!(open(&damaged), Err(NotOpened::Damaged));
    }
}

/// Seals by the one and opens by the other, with keys of a plugin.
fn check_plugin(folder: &Path, path: &str, recipients: &[&str], key: &str) {
    fs::write(folder.join("plugin.key"), key).expect("it is writable");
    let desk = Desk::new();
    let declared: String = recipients
        .iter()
        .enumerate()
        .map(|(at, it)| format!("recipient \"reader-{at}\" key=\"{it}\"\n"))
        .collect();
    let ana = desk.person("ana");
    let ana: String =
        ana.lines().filter(|it| !it.contains("reads-with")).map(|it| format!("{it}\n")).collect();
    let platform = Desk::platform(&[&ana], &[]);
    let controller = platform.lines().find(|it| it.starts_with("recipient ")).expect("it is declared");
    desk.write("platform.kdl", platform.replace(&format!("{controller}\n"), &declared));
    let trackside = |arguments: &[&str], input: &[u8]| {
        let mut command = desk.command("ana", env!("CARGO_BIN_EXE_trackside"), &[]);
        command.env("PATH", path).env("TRACKSIDE_AGE_KEY_FILE", folder.join("plugin.key"));
        run(&mut command, &[&["secrets"], arguments].concat(), input, &desk.tree())
    };
    let age = |arguments: &[&str], input: &[u8]| {
        let mut command = Command::new(component("TRACKSIDE_AGE")?);
        run(command.env("PATH", path), arguments, input, folder)
    };
    fs::remove_file(desk.tree().join("../ana/trackside/age.key")).expect("it was made");

    trackside(&["set", "shop/stripe-key"], b"sk_live").expect("it is sealed");
    assert_eq!(trackside(&["show", "shop/stripe-key"], b""), Ok(b"sk_live".to_vec()));
    let sealed = desk.tree().join("secrets/stripe-key.age");
    let plaintext = age(&["-d", "-i", "plugin.key"], &fs::read(&sealed).expect("it is there"));
    let plaintext = plaintext.expect("age opens it");
    assert!(plaintext.ends_with(b"\n\nsk_live"), "{}", String::from_utf8_lossy(&plaintext));

    let arguments: Vec<&str> =
        ["-e"].into_iter().chain(recipients.iter().flat_map(|it| ["-r", it])).collect();
    let again = age(&arguments, &plaintext).expect("age seals it");
    assert_eq!(envelope::check(&again), Ok(recipients.len()));
    fs::write(&sealed, again).expect("it is writable");
    trackside(&["lock"], b"").expect("it is taken over");
    assert_eq!(trackside(&["show", "shop/stripe-key"], b""), Ok(b"sk_live".to_vec()));
    assert_eq!(desk.found(), ["TS050"], "the other secret has no value, and that is all");
}

#[test]
fn a_plugin_serves_age_and_trackside() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = keys::install(folder.path(), &["test"]);
    let other = NewIdentity::generate();
    check_plugin(folder.path(), &path, &[&keys::recipient("test"), &other.public], &keys::identity("test"));
}

#[test]
fn post_quantum_keys_of_age_are_sealed_for_and_open_by_the_plugin_of_age() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let programs = component("TRACKSIDE_AGE").expect("it is there");
    let programs = programs.parent().expect("it lies in a folder");
    let made = Command::new(programs.join("age-keygen")).arg("-pq").output().expect("it starts");
    let key = String::from_utf8(made.stdout).expect("it is text");
    let public = key.lines().find_map(|it| it.strip_prefix("# public key: ")).expect("it says so");
    let path = format!("{}:/usr/bin:/bin", programs.display());
    check_plugin(folder.path(), &path, &[public], &key);

    // What is mixed would be no safer than the weakest of it.
    let desk = Desk::new();
    let ana = desk.person("ana");
    let own = ana.split('"').find(|it| it.starts_with("age1")).expect("it is declared");
    desk.write("platform.kdl", Desk::platform(&[&ana.replace(own, public)], &["ana"]));
    let mut command = desk.command("ana", env!("CARGO_BIN_EXE_trackside"), &[]);
    let refused = run(command.env("PATH", path), &["secrets", "set", "shop/stripe-key"], b"x", &desk.tree());
    let refused = refused.expect_err("both are declared");
    assert!(refused.contains("some of its recipients are safe from quantum computers"), "{refused}");
}
