//! The lock file: what is sealed in a tree, to whom, and who vouches for it.
//!
//! Anybody can seal something to a public key, and an age file shows neither its recipients nor who made it. So each sealed
//! value has an entry in `secrets.lock`, in KDL, one thing to a line, that says what it is ([`Label`]), which bytes it is,
//! for whom it is sealed and since when, and a signature over all of that by somebody who may write the secret. The entries
//! can be checked by everybody, without any secret key:
//!
//! ```text
//! lock "railway" version=1
//!
//! secret "stripe-key" project="shop" environment="production" version=3 sealed="2026-11-22" {
//!     value "5f0c…"
//!     digest "2f1c…"
//!     recipient "age1…"
//!     signature "U1NIU0lH…"
//! }
//! ```
//!
//! Of a secret that is no longer declared, `gone` keeps the last version: it cannot come back with an older one. A share says which
//! key it is a part of, and how many are needed (`split`), so that no other key takes the place of the one that people hold.
//!
//! The digest is the SHA-256 of the age file without its armor. A signature is an SSHSIG (PROTOCOL.sshsig of OpenSSH) in the
//! namespace [`NAMESPACE`], in base64, so `ssh-keygen -Y verify` checks it as well; its message is [`Entry::statement`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use jiff::civil::Date;
use rayon::prelude::*;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::envelope::label::{Label, Place, ValueId};
use crate::envelope::signer;
use crate::source::{FileId, Span};
use crate::syntax::{self, Node, Value};
use crate::tree::digest::Digest;

/// Where the lock file lies in a tree.
pub const PATH: &str = "secrets.lock";

/// What the signatures of entries are for: no signature of a commit or of anything else is one.
pub const NAMESPACE: &str = "trackside-lock";

/// What is known of all that is sealed in a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// The entries by where their secrets are declared.
    pub entries: BTreeMap<Place, Entry>,
    /// The last versions of what is no longer declared.
    pub gone: BTreeMap<Place, u32>,
    /// Whether some of it could not be read, which has been reported.
    pub is_damaged: bool,
}

/// What is known of one sealed value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub label: Label,
    /// When it was sealed with this value.
    pub sealed: Date,
    /// Which bytes it is, without armor.
    pub digest: Digest,
    /// For whom it is sealed, as they stand in the tree.
    pub recipients: BTreeSet<String>,
    /// Of a share, of which key it is a part.
    pub split: Option<Split>,
    /// The signature over the statement.
    pub signature: Signature,
    /// The public key that vouches for it, its type and its base64 as in a `.pub` file, or why none does.
    pub signer: Result<String, BadSignature>,
    /// Where it stands; nowhere in one that was made just now.
    pub span: Option<Span>,
}

/// A key that several people have together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Its public half.
    pub key: String,
    /// How many of its shares it takes.
    pub needs: u32,
}

/// An SSHSIG, in base64 on one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature(String);

impl Signature {
    /// That of a file of `ssh-keygen -Y sign`.
    pub fn of_pem(pem: &str) -> Option<Self> {
        let body = pem.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
        Some(Self(body.split_whitespace().collect()))
    }

    /// The base64 alone.
    pub(super) fn as_base64(&self) -> &str {
        &self.0
    }

    /// The file that `ssh-keygen -Y verify` reads.
    pub fn pem(&self) -> String {
        let lines = self.0.as_bytes().chunks(70).map(String::from_utf8_lossy);
        let lines: String = lines.map(|it| format!("{it}\n")).collect();
        format!("{BEGIN}\n{lines}{END}\n")
    }
}

#[cfg(test)]
impl Signature {
    /// One of any bytes.
    pub(super) fn of_blob(blob: &[u8]) -> Self {
        use base64::Engine as _;
        Self(base64::engine::general_purpose::STANDARD.encode(blob))
    }
}

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";

/// Why a signature vouches for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// It is none.
    #[error("its signature cannot be read")]
    Malformed,
    /// It was made for another use.
    #[error("its signature was made for something else")]
    Namespace,
    /// It is over something else.
    #[error("its signature does not fit: it was changed after it was signed")]
    Mismatch,
}

impl Entry {
    /// What is signed: every line that the entry says.
    pub fn statement(&self) -> String {
        let Self { label, sealed, digest, recipients, split, signature: _, signer: _, span: _ } = self;
        let mut statement = format!("trackside-lock v1\n{label}sealed {sealed}\ndigest {digest}\n");
        if let Some(Split { key, needs }) = split {
            let _ = writeln!(statement, "split {key} needs {needs}");
        }
        for recipient in recipients {
            let _ = writeln!(statement, "recipient {recipient}");
        }
        statement
    }
}

impl Lock {
    /// One of which nothing could be read, which has been reported.
    pub fn damaged() -> Self {
        Self { is_damaged: true, ..Self::default() }
    }

    /// Reads a lock file. What is wrong with it is reported, and what is right of it is there.
    pub fn read(file: FileId, text: Arc<str>, sink: &mut Diagnostics) -> Self {
        if let Some(at) = conflict(&text) {
            let message = format!("the merge of `{PATH}` is not finished");
            sink.report(
                Diagnostic::new(Code::LockDamaged, Span::new(file, at, at), message).help(HOW_TO_MERGE),
            );
            return Self::damaged();
        }
        let before = sink.len();
        let document = syntax::parse(file, text, sink);
        let mut nodes = document.nodes();
        let platform = match nodes.next().map(|it| (it, read_head(it))) {
            None => return Self { is_damaged: sink.len() > before, ..Self::default() },
            Some((_, Ok(platform))) => platform,
            Some((_, Err(problem))) => {
                sink.report(*problem);
                return Self::damaged();
            }
        };
        let mut entries: BTreeMap<Place, Entry> = BTreeMap::new();
        let mut gone = BTreeMap::new();
        let (tombs, nodes): (Vec<Node<'_>>, Vec<Node<'_>>) = nodes.partition(|it| it.name() == "gone");
        for node in tombs {
            match read_gone(node) {
                Err(problem) => sink.report(*problem),
                Ok((place, version)) => {
                    let known = gone.entry(place).or_insert(version);
                    *known = version.max(*known);
                }
            }
        }
        let read = nodes.par_iter().map(|it| read_entry(*it, platform));
        for (node, entry) in nodes.iter().zip(read.collect::<Vec<Result<Entry, Box<Diagnostic>>>>()) {
            match entry {
                Err(problem) => sink.report(*problem),
                Ok(entry) => {
                    if let Some(first) = entries.get(&entry.label.place) {
                        let diagnostic = damaged(node.head_span(), "stands twice").help(HOW_TO_MERGE);
                        sink.report(
                            first
                                .span
                                .into_iter()
                                .fold(diagnostic, |it, span| it.related(span, "first here")),
                        );
                    } else {
                        entries.insert(entry.label.place.clone(), entry);
                    }
                }
            }
        }
        // Most of the time goes here.
        signer::verify(entries.values_mut());
        Self { entries, gone, is_damaged: sink.len() > before }
    }

    /// The text of the lock file of a platform.
    pub fn text(&self, platform: &str) -> String {
        let entries = self.entries.values().fold(head(platform), |text, it| text + &written(it));
        // What came back has a later version, which says as much.
        let came_back = |place: &Place, version: u32| {
            self.entries.get(place).is_some_and(|it| it.label.version > version)
        };
        let gone = self.gone.iter().filter(|(place, version)| !came_back(place, **version));
        entries + &written_gone(&gone.map(|(place, version)| (place.clone(), *version)).collect())
    }
}

/// Two lock files in one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The text, with git's markers around what both changed.
    pub text: String,
    /// What both changed, each to something else.
    pub conflicts: Vec<Place>,
}

/// Merges what two branches made of one lock file, entry by entry.
pub fn merge(base: &Lock, ours: &Lock, theirs: &Lock) -> Merged {
    let places: BTreeSet<&Place> = ours.entries.keys().chain(theirs.entries.keys()).collect();
    let first = ours.entries.values().chain(theirs.entries.values()).next();
    let mut text = head(first.map_or("", |it| it.label.platform.as_str()));
    let mut conflicts = Vec::new();
    for place in places {
        let of = |lock: &Lock| lock.entries.get(place).map(written);
        let [base, ours, theirs] = [base, ours, theirs].map(of);
        let chosen = match (ours == theirs || theirs == base, ours == base) {
            (true, _) => ours,
            (false, true) => theirs,
            (false, false) => {
                conflicts.push(place.clone());
                let [ours, theirs] = [ours, theirs].map(Option::unwrap_or_default);
                Some(format!("\n<<<<<<< ours{ours}=======\n{}>>>>>>> theirs\n", theirs.trim_start()))
            }
        };
        text += &chosen.unwrap_or_default();
    }
    let mut gone = ours.gone.clone();
    for (place, version) in &theirs.gone {
        let known = gone.entry(place.clone()).or_insert(*version);
        *known = (*known).max(*version);
    }
    text += &written_gone(&gone);
    Merged { text, conflicts }
}

/// What is kept of what is no longer declared, with the empty line above it.
fn written_gone(gone: &BTreeMap<Place, u32>) -> String {
    let lines =
        gone.iter().map(|(place, version)| format!("gone{} version={version}\n", written_place(place)));
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

fn written_place(place: &Place) -> String {
    let Place { environment, project, name, holder } = place;
    let mut text = format!(" {}", quoted(name));
    for (word, value) in [("holder", holder), ("project", project), ("environment", environment)] {
        if let Some(value) = value {
            let _ = write!(text, " {word}={}", quoted(value));
        }
    }
    text
}

/// How a lock file begins.
fn head(platform: &str) -> String {
    format!("{ABOVE}lock {} version=1\n", quoted(platform))
}

/// An entry as it is written, with the empty line above it.
fn written(entry: &Entry) -> String {
    let Entry { label, sealed, digest, recipients, split, signature, signer: _, span: _ } = entry;
    let Label { platform: _, place, version, value } = label;
    let mut text = format!("\nsecret{} version={version} sealed=\"{sealed}\" {{\n", written_place(place));
    let _ = writeln!(text, "    value \"{value}\"\n    digest \"{digest}\"");
    if let Some(Split { key, needs }) = split {
        let _ = writeln!(text, "    split {} needs={needs}", quoted(key));
    }
    for recipient in recipients {
        let _ = writeln!(text, "    recipient {}", quoted(recipient));
    }
    let _ = writeln!(text, "    signature \"{}\"\n}}", signature.0);
    text
}

const ABOVE: &str = "\
// What is sealed in this tree, to whom, and who vouches for it. Written by `trackside secrets`, and checked by\n\
// `trackside check` without any key. By hand only lines can be taken out.\n";

const HOW_TO_MERGE: &str = "keep the whole entry of one side; `trackside secrets setup` has git merge what two branches did to different secrets";

/// A text in KDL. Names, keys and base64 have nothing to escape, and what people write in a lock by hand may have.
fn quoted(text: &str) -> String {
    let escaped = text.chars().fold(String::new(), |mut escaped, it| {
        match it {
            '"' | '\\' => escaped.extend(['\\', it]),
            it if it.is_control() => {
                let _ = write!(escaped, "\\u{{{:x}}}", u32::from(it));
            }
            it => escaped.push(it),
        }
        escaped
    });
    format!("\"{escaped}\"")
}

/// Where a conflict of git begins.
fn conflict(text: &str) -> Option<u32> {
    let begins = |it: &str| it.starts_with("<<<<<<< ") || it.starts_with(">>>>>>> ");
    let lines = text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line))
    });
    let found = lines.into_iter().find(|(_, line)| begins(line));
    found.and_then(|(at, _)| u32::try_from(at).ok())
}

fn damaged(span: Span, what: &str) -> Diagnostic {
    let message = format!("an entry of `{PATH}` {what}");
    Diagnostic::new(Code::LockDamaged, span, message)
}

/// The name of the platform whose lock it is.
fn read_head(node: Node<'_>) -> Result<&str, Box<Diagnostic>> {
    let refused = |what: &str| {
        let message = format!("`{PATH}` {what}");
        let diagnostic = Diagnostic::new(Code::LockDamaged, node.head_span(), message);
        Box::new(diagnostic.help("take it as it was from git"))
    };
    if node.name() != "lock" {
        return Err(refused("does not begin with `lock`"));
    }
    let mut head = Fields::of(node, &refused)?;
    let platform = head.argument()?;
    match head.number("version")? {
        1 => {}
        _ => return Err(refused("was written by a newer version of trackside")),
    }
    head.end()?;
    Ok(platform)
}

fn read_entry(node: Node<'_>, platform: &str) -> Result<Entry, Box<Diagnostic>> {
    let refused = |what: &str| {
        let diagnostic = damaged(node.head_span(), what);
        Box::new(diagnostic.help("take it as it was from git, or seal the secret again"))
    };
    if node.name() != "secret" {
        return Err(refused("is called otherwise than `secret`"));
    }
    let mut head = Fields::of(node, &refused)?;
    let (place, version) = head.place()?;
    let sealed = head.text("sealed")?.and_then(|it| it.parse::<Date>().ok());
    let sealed = sealed.ok_or_else(|| refused("does not say since when it is sealed"))?;
    head.end()?;
    let (mut id, mut digest, mut recipients, mut split, mut signature) =
        (None, None, BTreeSet::new(), None, None);
    for child in node.children() {
        let mut fields = Fields::of(child, &refused)?;
        let value = fields.argument()?;
        let needs = if child.name() == "split" { Some(fields.number("needs")?) } else { None };
        fields.end()?;
        let is_new = match child.name() {
            "value" => {
                let read = ValueId::read(value).ok_or_else(|| refused("does not say which value it has"))?;
                id.replace(read).is_none()
            }
            "split" => {
                let needs = needs.unwrap_or_default();
                split.replace(Split { key: value.to_owned(), needs }).is_none()
            }
            "digest" => {
                digest.replace(value.parse::<Digest>().map_err(|_| refused("has no SHA-256"))?).is_none()
            }
            "recipient" => recipients.insert(value.to_owned()),
            "signature" => signature.replace(Signature(value.to_owned())).is_none(),
            _ => return Err(refused("says something that no entry says")),
        };
        if !is_new {
            return Err(refused("says something twice"));
        }
    }
    let value = id.ok_or_else(|| refused("does not say which value it has"))?;
    Ok(Entry {
        label: Label { platform: platform.to_owned(), place, version, value },
        sealed,
        digest: digest.ok_or_else(|| refused("has no digest"))?,
        recipients,
        split,
        signature: signature.ok_or_else(|| refused("has no signature"))?,
        signer: Err(BadSignature::Malformed),
        span: Some(node.head_span()),
    })
}

fn read_gone(node: Node<'_>) -> Result<(Place, u32), Box<Diagnostic>> {
    let refused = |what: &str| {
        let diagnostic = damaged(node.head_span(), what);
        Box::new(diagnostic.help("take it as it was from git"))
    };
    let mut fields = Fields::of(node, &refused)?;
    let read = fields.place()?;
    fields.end()?;
    match node.children().next() {
        None => Ok(read),
        Some(_) => Err(refused("says something that no entry says")),
    }
}

/// What is written beside the name of a node. Each is taken once, and nothing is left.
struct Fields<'n, 'r> {
    argument: Option<&'n str>,
    properties: BTreeMap<&'n str, Value<'n>>,
    refused: &'r dyn Fn(&str) -> Box<Diagnostic>,
}

impl<'n, 'r> Fields<'n, 'r> {
    fn of(node: Node<'n>, refused: &'r dyn Fn(&str) -> Box<Diagnostic>) -> Result<Self, Box<Diagnostic>> {
        let (mut argument, mut properties) = (None, BTreeMap::new());
        for entry in node.entries() {
            let is_new = match (entry.name(), entry.value()) {
                (Some(name), value) => properties.insert(name.value, value).is_none(),
                (None, Value::String(text)) => argument.replace(text).is_none(),
                (None, _) => false,
            };
            if !is_new || entry.annotation().is_some() {
                return Err(refused("says more than an entry says"));
            }
        }
        Ok(Self { argument, properties, refused })
    }

    fn place(&mut self) -> Result<(Place, u32), Box<Diagnostic>> {
        let place = Place {
            name: self.argument()?.to_owned(),
            holder: self.text("holder")?.map(str::to_owned),
            project: self.text("project")?.map(str::to_owned),
            environment: self.text("environment")?.map(str::to_owned),
        };
        Ok((place, self.number("version")?))
    }

    fn argument(&mut self) -> Result<&'n str, Box<Diagnostic>> {
        self.argument.take().ok_or_else(|| (self.refused)("does not say what it is about"))
    }

    fn text(&mut self, word: &str) -> Result<Option<&'n str>, Box<Diagnostic>> {
        match self.properties.remove(word) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err((self.refused)("has no text where one belongs")),
        }
    }

    fn number(&mut self, word: &str) -> Result<u32, Box<Diagnostic>> {
        let number = match self.properties.remove(word) {
            Some(Value::Integer(number)) => {
                u32::try_from(number).ok().filter(|it| (1..=Label::LATEST).contains(it))
            }
            _ => None,
        };
        number.ok_or_else(|| (self.refused)("has no version"))
    }

    fn end(self) -> Result<(), Box<Diagnostic>> {
        match self.argument.is_none() && self.properties.is_empty() {
            true => Ok(()),
            false => Err((self.refused)("says more than an entry says")),
        }
    }
}
