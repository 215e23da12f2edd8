//! What `age` makes of what trackside seals, and the other way around.

use std::path::Path;
use std::process::Command;

use trackside::envelope;
use trackside::envelope::label::{Label, Place};
use trackside::secret::key::{Identities, NewIdentity, SigningKey};
use trackside::secret::seal::{self, NotOpened};

use super::component;

fn age(arguments: &[&str], input: &[u8], folder: &Path) -> Result<Vec<u8>, String> {
    // Through a pipe, both could wait for each other.
    let file = folder.join("input");
    std::fs::write(&file, input).map_err(|it| it.to_string())?;
    let input = std::fs::File::open(&file).map_err(|it| it.to_string())?;
    let mut command = Command::new(component("TRACKSIDE_AGE")?);
    let output =
        command.args(arguments).current_dir(folder).stdin(input).output().map_err(|it| it.to_string())?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

fn label() -> Label {
    let place = Place { environment: Some("live".into()), project: Some("shop".into()), name: "key".into() };
    Label { platform: "hello".into(), place, version: 3 }
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
    std::fs::write(path("age.key"), identity.secret.as_bytes()).expect("it is writable");
    std::fs::write(path("id_ed25519"), ssh.text().expect("it is a key").as_bytes()).expect("it is writable");
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
