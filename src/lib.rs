//! trackside compiles one declarative tree, `platform.kdl`, into Kubernetes manifests and an OPA bundle.
//!
//! The modules stand in reading order, and none names one below itself; a test holds them to that.
//!
//! ```text
//! Tree ─load→ Documents ─declare→ Declarations ─resolve→ Platform ─target checks→ │barrier│ ─render→ Artifacts
//! Artifacts ─facts→ Facts ─prove→ Proof          anyone's files ─facts→ Facts ─posture→ findings
//! ```
//!
//! A [`tree`] of files is read by [`syntax`] into documents: flat trees of spans into the text. [`language`] holds every
//! node against the table of its kind, lays one environment over the base, expands the uses of components and checks what
//! is left against the whole; what comes out is a [`Platform`], in which every reference leads somewhere. [`render`] first says what a
//! target cannot express, and then makes the artifacts. Whoever watches a tree remembers what [`again`] needs.
//!
//! What the artifacts really allow, or anyone's manifests, [`facts`] compute from the files alone. [`posture`] looks for traps and
//! risks in them, and [`proof`] holds them against the [`Platform`], in both directions, before a build writes anything.
//!
//! Every mistake is a [`diagnostic`], reported to a sink, and stops nothing before the barrier: one run shows them all.
//! Past the barrier nothing that the author wrote can fail. [`mend`] makes the changes that diagnostics offer. The compiler is a pure function of the tree, the environment
//! and the date: it reads no clock, no environment variable and no network, and the same tree gives the same bytes on
//! every machine.

pub mod source;
pub mod diagnostic;
pub mod tree;
pub mod syntax;
pub mod envelope;
pub mod language;
pub mod render;
pub mod facts;
pub mod posture;
pub mod proof;
pub mod again;
pub mod mend;
pub mod output;
pub mod secret;
#[cfg(feature = "database")]
pub mod database;
pub mod cli;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::Diagnostics;
use crate::diagnostic::code::Code;
use crate::envelope::lock::{self, Lock};
use crate::language::auth::shared::SigningKeys;
use crate::language::include::{self, Parsed, Sources};
use crate::language::secret::sealed::AllSealed;
use crate::language::{Platform, Selection};
use crate::proof::{Proof, Rendered};
use crate::render::postgres::history::Histories;
use crate::render::template::Templates;
use crate::render::{Artifacts, Bug};
use crate::source::SourceMap;
use crate::tree::Tree;

/// What came of a tree.
#[derive(Debug)]
pub struct Outcome {
    /// The texts that diagnostics point into.
    pub sources: SourceMap,
    /// What there is to say, in its stable order.
    pub diagnostics: Diagnostics,
    /// The environments that the tree declares, in the order in which they are written.
    pub environments: Vec<String>,
    /// All that is sealed in it, as it is declared.
    pub sealed: AllSealed,
    /// What is known of all that is sealed; `None` where there is no lock file.
    pub lock: Option<Lock>,
    /// What it compiled to; `None` where the author has something to fix.
    pub compiled: Option<Compiled>,
}

/// A platform and what it renders to.
#[derive(Debug)]
pub struct Compiled {
    /// The platform as meant.
    pub platform: Platform,
    /// The files that other programs run by.
    pub artifacts: Artifacts,
}

impl Outcome {
    /// Holds the lock against the text that it had before, where it had any: no secret goes back.
    pub fn check_against(&mut self, before: Option<Arc<str>>) {
        let Some(text) = before else { return };
        // What was wrong with it then is of no account now.
        let (mut map, mut nobody) = (SourceMap::default(), Diagnostics::default());
        let before = Lock::read(map.add(lock::PATH, Arc::clone(&text)), text, &mut nobody);
        self.sealed.check_against(self.lock.as_ref(), &before, &mut self.diagnostics);
        self.diagnostics.sort();
    }
}

impl Outcome {
    /// Proves what was compiled, where it was and nobody wants to do without. What is not as it is declared is a finding, and
    /// nothing counts as compiled then.
    pub fn prove_unless(&mut self, is_left_out: bool) -> Option<Proof> {
        let proof = self.compiled.as_ref().filter(|_| !is_left_out)?.prove();
        self.diagnostics.extend(proof.findings.clone());
        self.diagnostics.sort();
        if proof.findings.fails() {
            self.compiled = None;
        }
        Some(proof)
    }
}

impl Compiled {
    /// Computes what the artifacts really allow, and holds it against what is declared: see [`proof`].
    pub fn prove(&self) -> Proof {
        let mut unread = Diagnostics::default();
        let rendered = Rendered::of(&self.artifacts, &mut unread);
        // We read what we write; if not, that is counted, and fails the proof.
        proof::prove(&self.platform, &rendered)
    }

    /// The files of the output folder by path: see [`render::index`].
    pub fn files(&self, proof: Option<&Proof>, sources: &SourceMap) -> BTreeMap<String, Cow<'_, [u8]>> {
        let proof = proof.map(|it| it.document(&self.platform));
        render::index::files(&self.platform, &self.artifacts, proof, sources)
    }
}

/// The environments that a tree declares, in the order in which they are written.
pub fn environments(tree: &Tree) -> Vec<String> {
    let mut sink = Diagnostics::default();
    let Sources { mut map, documents } = include::load(tree, &mut sink);
    let declarations = language::declare(&documents, tree, &mut map, &mut sink);
    declarations.environments().map(str::to_owned).collect()
}

/// What a compiler is at, for whoever waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The files of the tree are read.
    Read,
    /// What they say is held against the whole, and against what the targets can express.
    Check,
    /// The artifacts are made.
    Render,
}

/// Compiles a platform. Pure: the same tree and selection give the same bytes, on any machine.
///
/// # Errors
///
/// Only by a fault of ours; the author's mistakes are in the outcome.
pub fn compile(tree: &Tree, selection: &Selection) -> Result<Outcome, Bug> {
    compile_again(tree, selection, &mut Parsed::default(), |_| {})
}

/// The same where some of its texts may have been parsed before. Says what is next before each step.
///
/// # Errors
///
/// As [`compile`].
pub fn compile_again(
    tree: &Tree,
    selection: &Selection,
    parsed: &mut Parsed,
    watch: impl Fn(Step),
) -> Result<Outcome, Bug> {
    compile_whole(tree, selection, parsed, watch, true)
}

/// Compiles what is declared whether or not there are migrations that make it true, for whoever writes them.
///
/// # Errors
///
/// As [`compile`].
pub fn compile_ahead(tree: &Tree, selection: &Selection) -> Result<Outcome, Bug> {
    compile_whole(tree, selection, &mut Parsed::default(), |_| {}, false)
}

fn compile_whole(
    tree: &Tree,
    selection: &Selection,
    parsed: &mut Parsed,
    watch: impl Fn(Step),
    is_migrated: bool,
) -> Result<Outcome, Bug> {
    watch(Step::Read);
    let mut sink = Diagnostics::default();
    let Sources { mut map, documents } = include::load_again(tree, parsed, &mut sink);
    let declarations = language::declare(&documents, tree, &mut map, &mut sink);
    let templates = Templates::load(tree, &mut map, &mut sink);
    let histories = Histories::load_if(is_migrated && !sink.fails(), tree);
    watch(Step::Check);
    let (mut found, mut sealed) = (Diagnostics::default(), AllSealed::default());
    let platform = language::resolve(&declarations, selection, &mut map, &mut found);
    if let Some(platform) = &platform {
        sealed.add(platform, &map);
        sealed.check(declarations.lock(), selection.date, &mut found);
        render::check(platform, &templates, &map, &mut found);
        render::postgres::check::check(platform, &histories, selection.date, &mut found);
        found.settle(&map);
    }
    let environments: Vec<String> = declarations.environments().map(str::to_owned).collect();
    if !environments.is_empty() {
        found.forget_what_is_of_the_whole();
    }
    sink.extend(found);
    sink.mask_known(&map);
    sink.sort();
    // Past this line nothing the author wrote can fail.
    let compiled = match platform.filter(|_| !sink.fails()) {
        None => None,
        Some(platform) => {
            watch(Step::Render);
            let artifacts = render::render(&platform, &templates, &histories, &map)?;
            Some(Compiled { platform, artifacts })
        }
    };
    let lock = declarations.into_lock();
    Ok(Outcome { sources: map, diagnostics: sink, environments, sealed, lock, compiled })
}

/// Checks a platform in every environment that it has, or in one. Nothing is rendered.
///
/// What is found in some environments only says in which.
pub fn check(tree: &Tree, selection: &Selection) -> Outcome {
    check_again(tree, selection, &mut Parsed::default())
}

/// The same where some of its texts may have been parsed before.
pub fn check_again(tree: &Tree, selection: &Selection, parsed: &mut Parsed) -> Outcome {
    let mut sink = Diagnostics::default();
    let Sources { mut map, documents } = include::load_again(tree, parsed, &mut sink);
    let declarations = language::declare(&documents, tree, &mut map, &mut sink);
    let templates = Templates::load(tree, &mut map, &mut sink);
    let histories = Histories::load_if(!sink.fails(), tree);
    let environments: Vec<String> = declarations.environments().map(str::to_owned).collect();
    let of_environment = |it: &String| Selection { environment: Some(it.clone()), ..selection.clone() };
    let selections = match &selection.environment {
        None if !environments.is_empty() => environments.iter().map(of_environment).collect(),
        _ => vec![selection.clone()],
    };
    let is_one_of_several = selection.environment.is_some();
    let (mut keys, mut sealed) = (SigningKeys::default(), AllSealed::default());
    let mut is_too_large = false;
    let found = selections.iter().map_while(|selection| {
        // It is so in all of them, most likely, and each takes its time.
        if is_too_large {
            return None;
        }
        let mut sink = Diagnostics::default();
        if let Some(platform) = language::resolve(&declarations, selection, &mut map, &mut sink) {
            keys.add(&platform);
            sealed.add(&platform, &map);
            render::check(&platform, &templates, &map, &mut sink);
            render::postgres::check::check(&platform, &histories, selection.date, &mut sink);
            // Whether a user's policy allows what is declared shows in what is rendered alone.
            if templates.has_users_of("network/")
                && !sink.fails()
                && let Ok(artifacts) = render::render(&platform, &templates, &histories, &map)
            {
                let compiled = Compiled { platform, artifacts };
                sink.extend(compiled.prove().findings);
                rayon::spawn(|| drop(compiled));
            } else {
                // Nothing needs it any more, and so much takes its time to be let go.
                rayon::spawn(|| drop(platform));
            }
            sink.settle(&map);
        }
        map.forget_expansions();
        if is_one_of_several {
            sink.forget_what_is_of_the_whole();
        }
        is_too_large = sink.iter().any(|it| it.code == Code::TooMany);
        Some((selection.environment.clone().unwrap_or_default(), sink))
    });
    sink.extend(Diagnostics::of_environments(found));
    keys.report(&mut sink);
    sealed.check(declarations.lock(), selection.date, &mut sink);
    sink.mask_known(&map);
    sink.sort();
    let lock = declarations.into_lock();
    Outcome { sources: map, diagnostics: sink, environments, sealed, lock, compiled: None }
}
