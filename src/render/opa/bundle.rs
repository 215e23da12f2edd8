//! `bundle.tar.gz`: the bytes OPA loads, the same on every machine.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::{Compression, GzBuilder};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::render;
use crate::render::File;

/// All policies and all data live below this; nothing else is touched where bundles are loaded beside each other.
const ROOT: &str = "trackside";

/// Files below this are for `opa test`, not for the server.
const TESTS: &str = "tests/";

/// The operating system that gzip notes when it is not said.
const UNKNOWN_SYSTEM: u8 = 255;

#[derive(Serialize)]
struct Manifest<'a> {
    revision: &'a str,
    roots: [&'a str; 1],
    rego_version: u8,
}

/// Packs the files, less the tests, with the `.manifest` that follows from them.
///
/// Names are sorted, times are zero, owners are nobody in particular and modes are fixed; the revision is the digest of the
/// content, so two bundles with the same revision decide alike.
pub fn pack(files: &BTreeMap<String, File>) -> Vec<u8> {
    let served: BTreeMap<&str, &[u8]> = files
        .iter()
        .filter(|(path, _)| !path.starts_with(TESTS))
        .map(|(path, file)| (path.as_str(), file.bytes.as_slice()))
        .collect();
    let manifest = Manifest { revision: &revision(&served), roots: [ROOT], rego_version: 1 };
    let manifest = serde_json::to_vec(&manifest).expect("strings and a number serialize");
    let mut tar = tar::Builder::new(Vec::new());
    append(&mut tar, ".manifest", &manifest);
    for (path, bytes) in served {
        append(&mut tar, path, bytes);
    }
    let tar = tar.into_inner().expect("memory takes every byte");
    let mut gzip =
        GzBuilder::new().mtime(0).operating_system(UNKNOWN_SYSTEM).write(Vec::new(), Compression::best());
    gzip.write_all(&tar).expect("memory takes every byte");
    gzip.finish().expect("memory takes every byte")
}

/// The digest of names and content. Lengths stand before what they measure, so no two sets of files read the same.
fn revision(files: &BTreeMap<&str, &[u8]>) -> String {
    let mut digest = Sha256::new();
    for (path, bytes) in files {
        for part in [path.as_bytes(), bytes] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
    }
    let hex = render::hex(&digest.finalize());
    format!("sha256:{hex}")
}

fn append(tar: &mut tar::Builder<Vec<u8>>, path: &str, bytes: &[u8]) {
    let mut header = tar::Header::new_ustar();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    tar.append_data(&mut header, path, bytes).expect("our paths are short and relative");
}
