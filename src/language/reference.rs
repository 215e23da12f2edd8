//! References: which declaration a name means, and which declarations nobody means.
//!
//! A name is looked up in the project that uses it, then at the top; `project/name` leads into another project. What is
//! declared in both places is an error, so that no reference changes its meaning when something is added elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::diagnostic::code::Code;
use crate::diagnostic::suggest;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::language::item::Item;
use crate::language::kind::Kind;
use crate::language::name::{self, Name};
use crate::language::secret;
use crate::language::severity;
use crate::language::value::Parse as _;
use crate::language::value::refusal::{literal, quote};
use crate::language::value::text::SecretKey;
use crate::source::{Span, Spanned};

/// The kinds that references lead to, or should, as the tables say.
static TARGETS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let mut targets = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = crate::language::TOP.to_vec();
    while let Some(kind) = open.pop() {
        // A word may mean different things in different blocks; the table's own address tells them apart.
        if seen.insert(std::ptr::from_ref(kind)) {
            targets.extend(kind.properties.iter().filter_map(|it| it.reference));
            targets.extend(kind.unused.map(|_| kind.word));
            open.extend(kind.children.iter().copied().chain(kind.others));
        }
    }
    targets
});

/// All names of a platform by where they stand.
#[derive(Debug, Default)]
pub struct Names<'a> {
    declared: BTreeMap<Key<'a>, Declared>,
    /// How many names were looked at for what others could have meant.
    guesses: AtomicUsize,
}

/// A declaration that a reference leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key<'a> {
    /// The kind's word.
    pub kind: &'static str,
    /// The project it stands in; `None` at the top.
    pub project: Option<&'a str>,
    /// Its name.
    pub name: &'a str,
}

#[derive(Debug)]
struct Declared {
    span: Span,
    kind: &'static Kind,
    /// The name of its value, of a secret that has a single one.
    only_key: Option<SecretKey>,
    /// Whether it is a sealed secret that no person may read: that nobody does is said of all environments together.
    is_for_workloads: bool,
    /// Whether anything refers to it.
    used: AtomicBool,
}

/// What was used, and guessed, at some moment.
#[derive(Debug)]
pub struct Marks {
    used: Vec<bool>,
    guesses: usize,
}

/// Where a reference stands: names are looked up from here.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'n, 'a> {
    names: &'n Names<'a>,
    /// The project; `None` at the top.
    pub project: Option<&'a str>,
}

impl<'a> Names<'a> {
    /// Collects the names of a merged tree, and reports what shadows something.
    pub fn of(items: &[Item<'a>], sink: &mut Diagnostics) -> Self {
        let mut names = Self::default();
        for item in items.iter().filter(|it| TARGETS.contains(it.kind.word)) {
            let Some(name) = item.name() else { continue };
            names.add(None, name, item);
            if item.kind.word == "project" {
                for child in item.children.iter().filter(|it| TARGETS.contains(it.kind.word)) {
                    if let Some(inner) = child.name() {
                        names.add(Some(name.value), inner, child);
                    }
                }
            }
        }
        for (key, declared) in names.declared.iter().filter(|(key, _)| key.project.is_some()) {
            if let Some(top) = names.declared.get(&Key { project: None, ..*key }) {
                // Which of the two is used cannot be said.
                top.mark();
                declared.mark();
                let message = format!("{} {} is declared at the top as well", key.kind, quote(key.name));
                sink.report(
                    Diagnostic::new(Code::Shadowing, declared.span, message)
                        .related(top.span, "declared at the top here")
                        .help("give one of them another name: a reference must have one meaning"),
                );
            }
        }
        names
    }

    fn add(&mut self, project: Option<&'a str>, name: Spanned<&'a str>, item: &Item<'a>) {
        let kind = item.kind;
        let key = Key { kind: kind.word, project, name: name.value };
        let only_key = secret::only_key(item);
        let is_for_workloads = secret::is_for_workloads(item);
        self.declared.entry(key).or_insert(Declared {
            span: name.span,
            kind,
            only_key,
            is_for_workloads,
            used: AtomicBool::new(false),
        });
    }

    /// What is used so far.
    pub fn marks(&self) -> Marks {
        let used = self.declared.values().map(Declared::is_used).collect();
        Marks { used, guesses: self.guesses.load(Ordering::Relaxed) }
    }

    /// Goes back to what was used at a moment.
    pub fn go_back(&self, marks: &Marks) {
        for (declared, used) in self.declared.values().zip(&marks.used) {
            declared.used.store(*used, Ordering::Relaxed);
        }
        self.guesses.store(marks.guesses, Ordering::Relaxed);
    }

    /// Whether there was more to guess than is guessed: what comes first depends on the order then.
    pub fn is_guessed_out(&self) -> bool {
        self.guesses.load(Ordering::Relaxed) > MOST_COMPARED
    }

    /// Whether there is still time to look at all names of a kind.
    fn can_guess(&self, kind: &'static str) -> bool {
        let is_over = self.guesses.load(Ordering::Relaxed) >= MOST_COMPARED;
        let count = if is_over { 1 } else { self.of_kind(kind).count().max(MOST_COMPARED / MOST_GUESSES) };
        self.guesses.fetch_add(count, Ordering::Relaxed) < MOST_COMPARED
    }

    fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = Key<'a>> {
        let first = Key { kind, project: None, name: "" };
        self.declared.range(first..).map(|(key, _)| *key).take_while(move |it| it.kind == kind)
    }

    /// The scope of a project, or of the top.
    pub fn scope(&self, project: Option<&'a str>) -> Scope<'_, 'a> {
        Scope { names: self, project }
    }

    /// Whether anything refers to a secret.
    pub fn is_secret_used(&self, project: Option<&'a str>, name: &'a str) -> bool {
        let key = Key { kind: secret::KIND.word, project, name };
        self.declared.get(&key).is_some_and(Declared::is_used)
    }

    /// Reports every declaration that something should refer to and nothing does. An environment may well take away the only
    /// use of something, so this is worth a word only where it holds in all of them.
    pub fn report_unused(&self, sink: &mut Diagnostics) {
        let unused = self.declared.iter().filter(|(_, it)| !it.is_used() && !it.is_for_workloads);
        for (key, declared) in unused {
            if let Some(reason) = declared.kind.unused {
                let message = format!("{} {} is never used: {reason}", key.kind, quote(key.name));
                let mut diagnostic = Diagnostic::new(Code::Unused, declared.span, message);
                if key.kind == severity::KIND.word {
                    // All grades are agreed upon at once, often before there is an incident of each.
                    diagnostic.severity = Severity::Hint;
                }
                sink.report(diagnostic.help("use it, or remove it"));
            }
        }
    }
}

impl Declared {
    fn mark(&self) {
        self.used.store(true, Ordering::Relaxed);
    }

    fn is_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }
}

impl<'a> Scope<'_, 'a> {
    /// What a reference to a kind means from here. One that means nothing is reported; where it is clear what was meant,
    /// that is what it leads to, so that the other half of an edge is not missing as well.
    pub fn find(
        &self,
        kind: &'static str,
        written: Spanned<&'a str>,
        sink: &mut Diagnostics,
    ) -> Option<Key<'a>> {
        let mut candidates = self.candidates(kind, written.value).into_iter();
        let found = candidates.find_map(|it| self.names.declared.get_key_value(&it));
        let key = match found {
            Some((key, _)) => Some(*key),
            None => self.guess(kind, written, sink),
        };
        if let Some(declared) = key.and_then(|it| self.names.declared.get(&it)) {
            declared.mark();
        }
        key
    }

    fn guess(
        &self,
        kind: &'static str,
        written: Spanned<&'a str>,
        sink: &mut Diagnostics,
    ) -> Option<Key<'a>> {
        let place = self.place(kind, written.value);
        if !self.names.can_guess(kind) {
            let (diagnostic, _) = unknown(kind, written, &place, None);
            let diagnostic = Self::without_value(kind, written, None, diagnostic, sink);
            sink.report(diagnostic);
            return None;
        }
        let known = self.spellings(kind);
        // A name that was refused where it is declared has been reported there. `P2` is none, and was not.
        let is_name = |key: &Key<'a>| {
            let declared = self.names.declared.get(key);
            declared.and_then(|it| it.kind.argument(0)).is_some_and(|it| it.form.name == Name::FORM.name)
        };
        let mended = known.iter().filter(|(_, key)| is_name(key)).find(|(_, key)| {
            let project = key.project.filter(|it| Some(*it) != self.project);
            let name = name::label_of(key.name);
            name != key.name && written.value == project.map_or(name.clone(), |it| format!("{it}/{name}"))
        });
        if let Some((_, key)) = mended {
            return Some(*key);
        }
        let spellings: Vec<&str> = known.iter().map(|(spelling, _)| spelling.as_str()).collect();
        let (diagnostic, meant) = unknown(kind, written, &place, Some(&spellings));
        let diagnostic = Self::without_value(kind, written, meant, diagnostic, sink);
        sink.report(diagnostic);
        meant.and_then(|meant| known.iter().find(|(spelling, _)| spelling == meant)).map(|(_, key)| *key)
    }

    /// What is no name and like none is most likely the secret itself, where the name of one belongs.
    fn without_value(
        kind: &str,
        written: Spanned<&str>,
        meant: Option<&str>,
        diagnostic: Diagnostic,
        sink: &mut Diagnostics,
    ) -> Diagnostic {
        if kind != "secret" || meant.is_some() || written.value.split('/').all(Name::is) {
            return diagnostic;
        }
        sink.hide(written.span);
        Diagnostic { message: "what stands here is no name of a secret".to_owned(), ..diagnostic }
    }

    /// The scope of a project below this one.
    pub fn inside(self, project: Option<&'a str>) -> Self {
        Self { project, ..self }
    }

    /// Whether the top declares the same name, which has been reported.
    pub fn is_at_the_top_as_well(&self, key: Key<'a>) -> bool {
        key.project.is_some() && self.names.declared.contains_key(&Key { project: None, ..key })
    }

    /// Says that the declaration of this kind and name at the top is used.
    pub fn mark_named(&self, kind: &'static str, name: &str) {
        if let Some(declared) = self.names.declared.get(&Key { kind, project: None, name }) {
            declared.mark();
        }
    }

    /// Where a declaration stands.
    pub fn span_of(&self, key: Key<'a>) -> Option<Span> {
        self.names.declared.get(&key).map(|it| it.span)
    }

    /// The name of the value of a secret that has a single one, by what it is called from here.
    pub fn only_key_of(&self, secret: &Name) -> Option<SecretKey> {
        let of = |project| Key { kind: "secret", project, name: secret.as_str() };
        let declared = [self.project, None].map(|it| self.names.declared.get(&of(it)));
        declared.into_iter().flatten().next()?.only_key.clone()
    }

    fn candidates(&self, kind: &'static str, written: &'a str) -> Vec<Key<'a>> {
        if let Some((project, name)) = written.split_once('/') {
            return vec![Key { kind, project: Some(project), name }];
        }
        let own = self.project.map(|project| Key { kind, project: Some(project), name: written });
        own.into_iter().chain([Key { kind, project: None, name: written }]).collect()
    }

    /// Where a name was looked for.
    fn place(&self, kind: &'static str, typed: &str) -> String {
        let in_projects = crate::language::project::KIND.child(kind).is_some();
        let at_top = crate::language::TOP.iter().any(|it| it.word == kind);
        match self.project.filter(|_| in_projects && !typed.contains('/')) {
            Some(project) if at_top => format!(" in project {} or at the top", quote(project)),
            Some(project) => format!(" in project {}", quote(project)),
            None => String::new(),
        }
    }

    /// How each declaration of a kind that may be meant from here would be written.
    fn spellings(&self, kind: &'static str) -> Vec<(String, Key<'a>)> {
        // A secret of another project is no help: nobody else may have it.
        let in_reach = self
            .names
            .of_kind(kind)
            .filter(|it| kind != "secret" || it.project.is_none() || it.project == self.project);
        in_reach
            .map(|it| match it.project {
                Some(project) if Some(project) != self.project => (format!("{project}/{}", it.name), it),
                _ => (it.name.to_owned(), it),
            })
            .collect()
    }
}

/// After how many findings nobody reads guesses any more. Each looks through all names, and the text is anybody's.
pub const MOST_GUESSES: usize = 200;

/// How many names are looked at for all guesses together: the more there are, the fewer mistakes are told what was meant.
const MOST_COMPARED: usize = 400_000;

/// A name that nothing has, and what was probably meant. `known` are the names that it could have been; `None` where there
/// is no time to look.
pub fn unknown<'k>(
    kind: &str,
    written: Spanned<&str>,
    place: &str,
    known: Option<&[&'k str]>,
) -> (Diagnostic, Option<&'k str>) {
    let typed = written.value;
    let message = format!("there is no {kind} {}{place}", quote(typed));
    let diagnostic = Diagnostic::new(Code::UnknownReference, written.span, message);
    let Some(known) = known else { return (diagnostic, None) };
    // `api` in another project is most often what was meant by a bare `api`.
    let is_same = |it: &&&str| it.rsplit_once('/').is_some_and(|(_, name)| name == typed);
    let elsewhere: Vec<&str> = known.iter().filter(is_same).copied().collect();
    let meant = match elsewhere.is_empty() {
        true => suggest::candidates(typed, known.iter().copied()),
        false => elsewhere,
    };
    let diagnostic = match (&*meant, known) {
        ([_, ..], _) => diagnostic.did_you_mean(written.span, &meant, literal),
        ([], []) => diagnostic.help(format!("this platform declares no {kind}")),
        ([], known) if known.len() <= 12 => {
            let known: Vec<String> = known.iter().map(|it| format!("`{it}`")).collect();
            diagnostic.help(format!("declared: {}", known.join(", ")))
        }
        ([], known) => diagnostic.help(format!("{} are declared, and none is called nearly so", known.len())),
    };
    let diagnostic = diagnostic.discreet(typed);
    (diagnostic, meant.first().copied())
}

#[cfg(test)]
mod tests {
    use crate::language::tests::check;

    #[test]
    fn a_name_is_looked_up_in_the_project_and_then_at_the_top() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" { image @web; port 80; reaches service="api"; reaches external="mail"; reaches service="numbers/api" }
                service "api" { image @web; port 80 }
            }
            project "numbers" {
                service "api" { image @web; port 80; offers project="shop" }
            }
            external "mail" { ports "587/tcp" }
        "#), @r"");
    }

    #[test]
    fn an_unknown_name_finds_the_one_that_was_meant() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" { image @web; reaches service="apii"; reaches service="collector"; reaches external="mial"; reaches service="shop/nothing-like-it" }
                service "api" { image @web; port 80 }
            }
            project "numbers" {
                service "collector" { image @web; port 80; offers project="shpo" }
            }
            external "mail" { ports "587/tcp" }
        "#), @r"
        TS110 error 2: there is no service `apii` in project `shop`
        TS110 error 2: there is no service `collector` in project `shop`
        TS110 error 2: there is no external `mial`
        TS110 error 2: there is no service `shop/nothing-like-it`
        TS110 error 6: there is no project `shpo`
        ");
    }

    #[test]
    fn what_depends_on_a_misspelt_name_is_not_wrong_as_well() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" { image @web; reaches service="numbers/apj"; env "API" service="numbers/api"; env "KEY" secret="kye" }
            }
            project "numbers" {
                service "api" { image @web; port 80; offers project="shop" }
            }
            secret "key" file="secret.age" { offers project="shop" }
        "#), @r"
        TS110 error 2: there is no service `numbers/apj`
        TS110 error 2: there is no secret `kye` in project `shop` or at the top
        ");
    }

    #[test]
    fn a_name_that_was_refused_is_still_a_name() {
        insta::assert_snapshot!(check(r#"
            project "shop" team="Ops" {
                service "Web" { image @web; port 80 }
                service "api" { image @web; reaches service="Web"; reaches service="web"; reaches service="Shop/Web" }
            }
            team "ops" { }
            team "My Team" { }
            project "Shop" team="my-team" { service "Web" { image @web; port 80; offers project="shop" } }
        "#), @r"
        TS110 error 1: there is no team `Ops`
        TS105 error 2: `Web` has `W`, which a name cannot have
        TS105 error 6: `My Team` has `M`, which a name cannot have
        TS105 error 7: `Shop` has `S`, which a name cannot have
        TS105 error 7: `Web` has `W`, which a name cannot have
        ");
    }

    #[test]
    fn what_is_no_name_is_referred_to_as_it_is_declared() {
        insta::assert_snapshot!(check(r#"
            severity "P1" answer-in="15m" { escalate channel="page" }
            channel "page" webhook="https://alerts.acme.example/page" { signature secret="key" }
            secret "key" file="secret.age"
            incident "down" severity="p1" { by-hand; alert channel="page" }
        "#), @r"TS110 error 4: there is no severity `p1`");
    }

    #[test]
    fn what_stands_in_a_project_and_at_the_top_has_two_meanings() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" { image @web; env "KEY" secret="key" }
                secret "key" file="secret.age"
            }
            secret "key" file="secret.age" { offers project="shop" }
        "#), @r"TS111 error 3: secret `key` is declared at the top as well");
    }

    #[test]
    fn what_nothing_refers_to_is_named() {
        insta::assert_snapshot!(check(r#"
            external "mail" { ports "587/tcp" }
            condition "mine" field="owner_id" is="user"
            resource "thing" in="project" { action "read" }
            secret "key" file="secret.age"
            project "shop" { secret "own" file="secret.age" }
        "#), @r#"
        TS112 warning 1: external `mail` is never used: no workload reaches it
        TS112 warning 2: condition `mine` is never used: no permission depends on it
        TS112 warning 3: resource `thing` is never used: no role allows any of its actions, and no route needs one
        TS339 error 4: nobody reads secret `key`
        TS339 error 5: nobody reads secret `own` of project `shop`
        "#);
    }

    #[test]
    fn a_reference_is_a_string() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" { image @web; reaches service=5; reaches external=#true; reaches; reaches service="web" external="mail" }
            }
        "#), @r"
        TS105 error 2: `5` names no service
        TS105 error 2: `#true` names no external
        TS104 error 2: `reaches` does not say what it refers to
        TS115 error 2: `reaches` says two things, `service=` and `external=`
        ");
    }
}
