//! The reference of the language as Markdown, made of the tables by which files are read.
//!
//! A kind that stands in several others has one section, under the first of them. Where two kinds share a word, each
//! section says where it belongs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ptr;

use crate::diagnostic::suggest;
use crate::language::TOP;
use crate::language::defaults::Defaults;
use crate::language::kind::{Class, Field, Kind, Presence};
use crate::language::value::Form;
use crate::language::waive::Safeguard;
use crate::language::workload::{self, Resources, RunAs};

/// Every kind, in reading order.
#[derive(Debug)]
pub struct Manual {
    entries: Vec<Entry>,
}

/// A kind and where it may stand.
#[derive(Debug)]
pub struct Entry {
    /// The table.
    pub kind: &'static Kind,
    /// The kinds it may stand in.
    pub parents: Vec<&'static Kind>,
    /// Whether it may stand at the top.
    pub is_top: bool,
    /// How far below the top it was met first.
    depth: usize,
}

/// That no kind has a word.
#[derive(Debug)]
pub struct Unknown {
    /// The word that was probably meant.
    pub meant: Option<&'static str>,
}

/// What a tree and its findings may have.
const BOUNDS: &str = "
## Bounds

Anybody may send a pull request, so everything that an author controls has a bound. A file has at most 16 MiB, all files of a \
tree together 256 MiB and 500,000 nodes; a tree reads at most 10,000 files, which include each other at most 16 deep, and its \
patterns are at most 10,000 and look at a million names. Blocks are at most 64 deep. Components \
come to at most 10,000 uses, 8 deep, with 100,000 declarations and 8 MiB of text. What declarations take of files that others take as \
well comes to at most 32 MiB. A tree comes to at most 600,000 nodes, counted for each of its environments. A platform has at most \
5,000 projects and 20,000 services and cron jobs; the ranges of \
addresses and the ports outside that they may reach are at most 500,000, the cluster's own ranges among them and counted for each of them, and grants 200,000, counted for each project in \
which they hold. Roles hold at most 200,000 permissions, counted for each of them, and as many those of the platform. Patterns of inputs have 500 characters, loops that come to 1,000 rounds, and 100,000 states together. A template of the user \
has at most 64 KiB, takes 100,000 steps and gives 1 MiB for one object; for all objects of a platform, templates take at most 20,000,000 steps and \
give 64 MiB, of which each project has its part by its workloads. A file of YAML has at most 250,000 values, 10,000 documents, 1,000 anchors, \
1,000 aliases and 10,000 merge keys, and is nested at most 64 deep; all its aliases together stand for at most 250,000 values, and from 100 aliases on there \
are at most 10 for each anchor. The tests of the policies ask at most 1,000,000 questions about roles, and look at 20,000,000 roles for those \
about people. How often a declaration may stand in a block is said with each, where that is bounded: 200 roles, 200 \
resources of 30 actions each, 64 environments. Of one code at most 1,000 findings are listed, and 10,000 in all: the others are counted, and \
every form of output says how many there are. Of one file at most 200 syntax errors are told, and what was meant by an \
unknown word or name is looked for where there are fewer than some hundred findings.
";

impl Default for Manual {
    fn default() -> Self {
        Self::new()
    }
}

impl Manual {
    /// Collects all kinds.
    pub fn new() -> Self {
        let mut manual = Self { entries: Vec::new() };
        for kind in TOP {
            manual.collect(kind, None, 0);
        }
        manual
    }

    /// All kinds, in reading order: those of the top, each with what may stand in it behind it.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The whole reference.
    pub fn whole(&self) -> String {
        let mut out = String::from(INTRODUCTION);
        out.push_str("## Declarations\n\n");
        for entry in &self.entries {
            let indent = "  ".repeat(entry.depth);
            line(
                &mut out,
                format_args!("{indent}- {}: {}", self.link(entry.kind), first_sentence(entry.kind.doc)),
            );
        }
        for entry in &self.entries {
            out.push('\n');
            self.section(entry, &mut out);
        }
        self.defaults(&mut out);
        self.forms(&mut out);
        out.push_str(BOUNDS);
        out
    }

    /// What there is to say of a word: the sections of the kinds that are written with it, where it is a property, and the
    /// forms of values that are called so.
    pub fn of(&self, word: &str) -> Result<String, Unknown> {
        let kinds = self.entries.iter().filter(|it| it.kind.word == word).map(|it| {
            let mut out = String::new();
            self.section(it, &mut out);
            out
        });
        let forms = self.all_forms();
        let forms = forms.values().filter(|it| is_called(it.name, word)).map(|it| self.form(it));
        let parts: Vec<String> = kinds.chain(self.property(word)).chain(forms).collect();
        if parts.is_empty() {
            let kinds = self.entries.iter().map(|it| it.kind.word);
            let properties = self.entries.iter().flat_map(|it| it.kind.properties).map(|it| it.word);
            let forms = self.all_forms();
            let known = kinds.chain(properties).chain(forms.keys().copied());
            return Err(Unknown { meant: suggest::closest(word, known) });
        }
        Ok(parts.join("\n"))
    }

    /// The declarations that have a property of this name.
    fn property(&self, word: &str) -> Option<String> {
        let found = self.entries.iter().filter_map(|it| {
            let field = it.kind.property(word)?;
            Some(format!("{}: {}", self.link(it.kind), self::field(field, &format!("{word}="))))
        });
        let mut out = String::new();
        list(&format!("`{word}` is a property of these declarations"), found, &mut out);
        (!out.is_empty()).then(|| out.trim_start_matches('\n').to_owned())
    }

    /// A form, with what is written so.
    fn form(&self, form: &Form) -> String {
        let Form { name, expects, example } = form;
        let mut out = format!("## Form: {name}\n\n{}, as in `{example}`.\n", capitalised(expects.trim()));
        let places = self.entries.iter().flat_map(|entry| {
            let Kind { arguments, rest, properties, .. } = entry.kind;
            let is_it = |it: &&Field| it.form.name == *name;
            let arguments =
                arguments.iter().chain(rest).filter(is_it).map(|it| field(it, &it.word.to_uppercase()));
            let properties = properties.iter().filter(is_it).map(|it| field(it, &format!("{}=", it.word)));
            arguments.chain(properties).map(|it| format!("{}: {it}", self.link(entry.kind)))
        });
        list("Written so", places, &mut out);
        out
    }

    fn collect(&mut self, kind: &'static Kind, parent: Option<&'static Kind>, depth: usize) {
        if let Some(known) = self.entries.iter_mut().find(|it| ptr::eq(it.kind, kind)) {
            known.is_top |= parent.is_none();
            known.parents.extend(parent.filter(|new| !known.parents.iter().any(|it| ptr::eq(*it, *new))));
            return;
        }
        let (parents, is_top) = (parent.into_iter().collect(), parent.is_none());
        // What stands at the top is told there, however it is met first.
        let depth = if TOP.iter().any(|it| ptr::eq(*it, kind)) { 0 } else { depth };
        self.entries.push(Entry { kind, parents, is_top, depth });
        for child in kind.children.iter().copied().chain(kind.others) {
            self.collect(child, Some(kind), depth + 1);
        }
    }
}

impl Manual {
    fn section(&self, entry: &Entry, out: &mut String) {
        let Entry { kind, parents, is_top, depth } = entry;
        // No `..`: what a table says, the reference tells.
        let Kind {
            word: _,
            doc,
            class,
            arguments,
            rest,
            properties,
            children,
            others,
            requires,
            most,
            default,
            unused,
            // What people bring from elsewhere is answered where they write it.
            habits: _,
        } = kind;
        let level = if *depth == 0 { "##" } else { "###" };
        line(out, format_args!("{level} {}\n\n{doc}\n", self.heading(entry)));
        let mut places: Vec<String> = parents.iter().map(|it| self.link(it)).collect();
        if *is_top {
            places.insert(0, "at the top".to_owned());
        }
        line(out, format_args!("Stands {}. {}.", listed(&places), identity(*class)));
        if let Some(default) = default {
            line(out, format_args!("Where it is not written, this holds: `{default}`."));
        }
        if let Some(most) = most {
            let what = if *class == Class::List { "It lists" } else { "One block has" };
            line(out, format_args!("{what} at most {most}."));
        }
        if let Some(unused) = unused {
            line(out, format_args!("A warning says so where {unused}."));
        }
        let fields = arguments.iter().map(|it| field(it, &it.word.to_uppercase()));
        let rest = rest.iter().map(|it| field(it, &format!("{}…", it.word.to_uppercase())));
        list("Arguments", fields.chain(rest), out);
        list("Properties", properties.iter().map(|it| field(it, &format!("{}=", it.word))), out);
        let children = children.iter().map(|it| {
            let need = if requires.contains(&it.word) { " (required)" } else { "" };
            format!("{}{need}: {}", self.link(it), first_sentence(it.doc))
        });
        let others =
            others.iter().map(|it| format!("any other word, {}: {}", self.link(it), first_sentence(it.doc)));
        list("In its block", children.chain(others), out);
    }

    /// `service`, or ``allow` in `route`` where several kinds are called so.
    fn heading(&self, entry: &Entry) -> String {
        let word = entry.kind.word;
        if self.entries.iter().filter(|it| it.kind.word == word).count() == 1 {
            return format!("`{word}`");
        }
        let mut parents: Vec<&str> = entry.parents.iter().map(|it| it.word).collect();
        parents.dedup();
        match parents.as_slice() {
            [] => format!("`{word}`"),
            parents => format!(
                "`{word}` in {}",
                parents.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
            ),
        }
    }

    fn link(&self, kind: &'static Kind) -> String {
        let entry = self.entries.iter().find(|it| ptr::eq(it.kind, kind)).expect("all kinds were collected");
        format!("[`{}`](#{})", kind.word, anchor(&self.heading(entry)))
    }

    /// What holds without being written: leaving the first needs a waiver, the last are no field's.
    fn defaults(&self, out: &mut String) {
        line(out, format_args!("\n## Defaults of edition 2026\n\nThey hold without being written.\n"));
        line(out, format_args!("Leaving one of these takes a `waive`:\n"));
        for safeguard in Safeguard::ALL {
            line(out, format_args!("- `{}`: {}", safeguard.word(), safeguard.doc()));
        }
        list("These are not left at all", ALWAYS.iter().map(|it| (*it).to_owned()), out);
        let kinds = self.entries.iter().filter_map(|it| {
            it.kind.default.map(|default| format!("{}: `{} {default}`", self.link(it.kind), it.kind.word))
        });
        let fields = self.entries.iter().flat_map(|it| {
            let arguments = it.kind.arguments.iter().map(|it| (it, " "));
            let fields = arguments.chain(it.kind.properties.iter().map(|it| (it, "=")));
            fields.filter_map(|(field, sign)| match field.presence {
                Presence::Default(value) if sign == " " => {
                    Some(format!("{}: `{} {value}`", self.link(it.kind), it.kind.word))
                }
                Presence::Default(value) => Some(format!("{}: `{}={value}`", self.link(it.kind), field.word)),
                Presence::Required | Presence::Optional => None,
            })
        });
        let Resources { cpu, memory } = Defaults::default().service.resources;
        let RunAs { user, group, fs_group } = workload::DEFAULT_RUN_AS;
        let of_workloads = [
            format!("{}: `resources cpu=\"{cpu}\" memory=\"{memory}\"`", self.link(&workload::RESOURCES)),
            format!("{}: `run-as {user} group={group} fs-group={fs_group}`", self.link(&workload::RUN_AS)),
        ];
        list(
            "These are overridden by writing another value",
            of_workloads.into_iter().chain(kinds).chain(fields),
            out,
        );
    }

    fn forms(&self, out: &mut String) {
        line(out, format_args!("\n## Forms\n"));
        for Form { name, expects, example } in self.all_forms().into_values() {
            line(out, format_args!("- {name}: {}, as in `{example}`", expects.trim()));
        }
    }

    /// All forms, by their names. Where a field shows another example than its form has, the form's own is told.
    fn all_forms(&self) -> BTreeMap<&'static str, Form> {
        let mut forms: BTreeMap<&'static str, Form> = BTreeMap::new();
        for Entry { kind, .. } in &self.entries {
            for field in kind.arguments.iter().chain(&kind.rest).chain(kind.properties) {
                forms.insert(field.form.name, field.told_form());
            }
        }
        forms
    }
}

const INTRODUCTION: &str = "\
# The language of platform.kdl

Each declaration is `kind \"argument\" property=value { … }`; what may stand in its block is declared the same way. What a
declaration does not know is an error.

";

/// What holds in every platform of edition 2026 and is no field's default.
const ALWAYS: &[&str] = &[
    "Nothing may talk to anything that is not declared, in either direction, inside a project and across: tenants are apart.",
    "What is declared as outside never includes the cluster's own addresses, private or link-local ones, nor the address \
     of a cloud's metadata service.",
    "Pods get no token for the API server.",
    "What no role allows is refused, and so is every request that no route names.",
];

fn identity(class: Class) -> &'static str {
    match class {
        Class::Named => "There may be many, each known by its first argument",
        Class::Single => "There is at most one",
        Class::Edge => {
            "There may be many, each known by what it refers to; each argument is an edge of its own"
        }
        Class::List => "There is at most one, and its arguments are a set",
        Class::Own => "There may be many, each known by the word it is written with",
    }
}

fn field(field: &Field, name: &str) -> String {
    // What is written by mistake is answered where it is.
    let Field {
        word: _,
        doc,
        form,
        usual: _,
        presence,
        identity,
        beside: _,
        reference,
        annotations,
        // Its sentence says so.
        is_inherited: _,
        aliases: _,
        unit: _,
        accepts: _,
    } = field;
    let mut facts = vec![match reference {
        Some(kind) => format!("the name of a `{kind}`"),
        None => form.name.to_owned(),
    }];
    match presence {
        Presence::Required => facts.push("required".to_owned()),
        Presence::Optional => {}
        Presence::Default(value) => facts.push(format!("`{value}` where it is not written")),
    }
    if *identity {
        facts.push("part of what it is known by".to_owned());
    }
    if !annotations.is_empty() {
        let marks: Vec<String> = annotations.iter().map(|it| format!("`({it})`")).collect();
        facts.push(format!("may be marked {}", marks.join(" or ")));
    }
    format!("`{name}` ({}): {doc}", facts.join(", "))
}

fn list(title: &str, items: impl Iterator<Item = String>, out: &mut String) {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return;
    }
    line(out, format_args!("\n{title}:\n"));
    for item in items {
        line(out, format_args!("- {item}"));
    }
}

/// `at the top, or in a or b`.
fn listed(places: &[String]) -> String {
    let (top, others): (Vec<&String>, Vec<&String>) = places.iter().partition(|it| *it == "at the top");
    let others: Vec<&str> = others.into_iter().map(String::as_str).collect();
    let others = match others.as_slice() {
        [] => String::new(),
        [one] => format!("in {one}"),
        [first @ .., last] => format!("in {} or {last}", first.join(", ")),
    };
    match (top.is_empty(), others.is_empty()) {
        (false, false) => format!("at the top or {others}"),
        (false, true) => "at the top".to_owned(),
        (true, _) => others,
    }
}

/// Whether a form is called by a word, or by several of which it is one.
fn is_called(name: &str, word: &str) -> bool {
    name == word || name.split(' ').any(|it| it == word)
}

fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or(String::new(), |first| first.to_uppercase().chain(rest).collect())
}

fn first_sentence(doc: &str) -> &str {
    doc.split_once(". ").map_or(doc.trim_end_matches('.'), |(first, _)| first)
}

/// The anchor that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|it| it.is_alphanumeric() || " -_".contains(*it));
    kept.map(|it| if it == ' ' { '-' } else { it.to_ascii_lowercase() }).collect()
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("a string takes every text");
}
